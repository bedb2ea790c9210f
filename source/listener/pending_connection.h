// PendingConnection: an accepted connection while its listener's filters look at its first bytes
// and no filter chain has been chosen for it. It ends by being handed on or closed, and tells its
// listener of that once.
//
// On its worker, owned by its WorkerListener. However slow and broken up the bytes come: they wait
// in the socket, looked at in the listener's one buffer, and listener_filters_timeout bounds the
// whole.
#pragma once

#include <cstddef>
#include <memory>

#include "absl/strings/string_view.h"
#include "source/base/intrusive_list.h"
#include "source/event/event_loop.h"
#include "source/event/timer.h"
#include "source/event/worker_context.h"
#include "source/listener/listener_config.h"
#include "source/net/accepted_facts.h"
#include "source/net/io_handle.h"
#include "source/sdk/listener_filter.h"

namespace sluice {

class WorkerListener;

class PendingConnection final : public ListNode<>, public Deferred, private ReadyObserver {
 public:
  // What a filter may ask to see. More would not be in the socket's buffer either.
  static constexpr size_t kPeekBytesMax = 64_KiB;
  enum class Outcome : uint8_t { kHandedOn, kClosed };

  // `known`: what another listener's filters have found out; may be null.
  // `config`: of the listener at its time; another version's filters are not this connection's.
  PendingConnection(WorkerContext& worker, WorkerListener& listener,
                    std::shared_ptr<const ListenerConfig> config, std::unique_ptr<IoHandle> io,
                    std::unique_ptr<AcceptedFacts> known);

  // Once, after it is in its listener's list. Its end may come in this call.
  void Start();
  void CloseNow() { Finish(Outcome::kClosed); }

  // For the listener, at its end.
  std::unique_ptr<IoHandle> TakeIo() { return std::move(io_); }
  std::unique_ptr<AcceptedFacts> TakeFacts() { return std::move(facts_); }
  MonotonicTime accepted_at() const { return accepted_at_; }
  const ListenerConfig& config() const { return *config_; }

 private:
  enum class Step : uint8_t { kNext, kAgain, kWait, kClose };

  void OnReady(Readiness ready) override;
  void OnTimeout();
  void RunFilters();
  bool LeavesOut(const ListenerConfig::Filter& filter);
  Step RunFilter();
  Step Ask(absl::string_view bytes, size_t bytes_max);
  bool Consume(size_t bytes);
  void Finish(Outcome outcome);

  WorkerContext& worker_;
  WorkerListener& listener_;
  const std::shared_ptr<const ListenerConfig> config_;
  std::unique_ptr<IoHandle> io_;
  std::unique_ptr<AcceptedFacts> facts_;
  std::unique_ptr<ListenerFilter> filter_;  // that is being asked
  size_t next_ = 0;                         // its place in the configuration
  const MonotonicTime accepted_at_;
  Timer timer_;
  bool peer_ended_ = false;  // no more bytes will come than there are
  bool finished_ = false;
};

}  // namespace sluice
