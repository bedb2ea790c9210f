// WorkerListener: one listener's part on one worker: its listening socket and the connections
// accepted from it. On its worker only, owned by it; made there by a posted task.
//
// A connection that no listener filter wants to look at goes to its filter chain at once; the
// others are pending first.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "source/base/intrusive_list.h"
#include "source/event/worker_context.h"
#include "source/listener/connection_balance.h"
#include "source/listener/connection_log.h"
#include "source/listener/listener_config.h"
#include "source/listener/listeners_by_address.h"
#include "source/listener/pending_connection.h"
#include "source/net/network.h"
#include "source/sdk/downstream.h"

namespace sluice {

class WorkerListener final : private ReadyObserver, private DownstreamOwner {
 public:
  // `socket`: none where others hand it their connections. `others`: of the worker; outlives it.
  // `balance`: shared with its parts on other workers, and outlives them; none: who accepts keeps.
  struct Place {
    std::unique_ptr<ListenSocket> socket;
    const ListenersByAddress* others = nullptr;
    ConnectionBalance* balance = nullptr;
  };
  WorkerListener(WorkerContext& worker, std::shared_ptr<const ListenerConfig> config, Place place);
  ~WorkerListener();  // closes what is left

  void Start();
  // Takes what waits in the socket's queue, then closes it: who has connected is served, who comes
  // later is refused at once instead of waiting.
  void StopAccepting();
  // Its connections end as they become idle; pending ones get their chain yet. `on_empty` is called
  // whenever the last one has gone: another listener may hand over one more.
  void StartDrain(std::function<void()> on_empty);
  void CloseAll();

  const ListenerConfig& config() const { return *config_; }
  size_t connections() const { return connections_; }  // pending ones, too

  // For its pending connections.
  char* PeekBuffer(size_t bytes);  // until the next call
  void OnPendingEnd(PendingConnection& pending, PendingConnection::Outcome outcome);

 private:
  void OnReady(Readiness ready) override;
  void OnDownstreamClosed(Downstream& downstream, CloseCause cause) override;
  bool AcceptOne();
  void Take(std::unique_ptr<IoHandle> io, std::unique_ptr<AcceptedFacts> known);
  void Open(std::unique_ptr<IoHandle> io, std::unique_ptr<const AcceptedFacts> accepted,
            MonotonicTime accepted_at);
  WorkerListener* ListenerMeant(const AcceptedFacts& facts) const;
  void OnOneLess();

  WorkerContext& worker_;
  const std::shared_ptr<const ListenerConfig> config_;
  std::unique_ptr<ListenSocket> socket_;  // null: does not accept, or no longer
  const ListenersByAddress* const others_;
  ConnectionBalance* const balance_;
  ConnectionLog log_;
  IntrusiveList<Downstream> downstreams_;     // owned
  IntrusiveList<PendingConnection> pending_;  // owned
  std::vector<char> peek_buffer_;             // as large as a filter has asked for
  size_t connections_ = 0;
  bool draining_ = false;
  std::function<void()> on_empty_;
};

}  // namespace sluice
