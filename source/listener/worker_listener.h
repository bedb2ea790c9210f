// WorkerListener: one listener's part on one worker at one address: its listening socket and the
// connections accepted from it. On its worker only, owned by it; made there by a posted task.
//
// A connection that no listener filter wants to look at goes to its filter chain at once; the
// others are pending first. A new version of the listener takes the place of the old one between
// two turns: the socket stays, and so do the connections of chains that both versions have.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "source/base/intrusive_list.h"
#include "source/event/timer.h"
#include "source/event/worker_context.h"
#include "source/listener/chain_connections.h"
#include "source/listener/connection_balance.h"
#include "source/listener/connection_log.h"
#include "source/listener/drain_pace.h"
#include "source/listener/listener_config.h"
#include "source/listener/listeners_by_address.h"
#include "source/listener/pending_connection.h"
#include "source/net/network.h"
#include "source/sdk/downstream.h"

namespace sluice {

class WorkerListener final : public Deferred, private ReadyObserver {
 public:
  // `socket`: none where others hand it their connections. `others`: of the worker; outlives it.
  // `balance`: shared with its parts on other workers, and outlives them; none: nobody counts.
  struct Place {
    std::unique_ptr<ListenSocket> socket;
    const ListenersByAddress* others = nullptr;
    ConnectionBalance* balance = nullptr;
  };
  WorkerListener(WorkerContext& worker, std::shared_ptr<const ListenerConfig> config, Place place);
  ~WorkerListener() override;  // closes what is left

  void Start();
  // As in Place. Who waits in the queue of the socket before is served.
  void SetSocket(std::unique_ptr<ListenSocket> socket);
  void SetBalance(ConnectionBalance& balance);
  // Connections of chains that this version does not have leave at this pace.
  void Replace(std::shared_ptr<const ListenerConfig> config, const DrainPace& pace);
  // Takes what waits in the socket's queue, then closes it: who has connected is served, who comes
  // later is refused at once instead of waiting.
  void StopAccepting();
  // The listener is no more: all of its connections leave at this pace, and who still gets a chain
  // is told from the start. `on_empty` as below.
  void Leave(const DrainPace& pace, std::function<void()> on_empty);
  // Its connections end as they become idle; pending ones get their chain yet. `on_empty` is called
  // whenever the last one has gone: another listener may hand over one more.
  void StartDrain(std::function<void()> on_empty);
  void CloseAll();

  const ListenerConfig& config() const { return *config_; }
  size_t connections() const { return connections_; }  // pending ones, too
  // Of every chain that has, or had, connections here.
  void ForEachChain(const std::function<void(ChainConnections&)>& visit);

  // For its pending connections.
  char* PeekBuffer(size_t bytes);  // until the next call
  void OnPendingEnd(PendingConnection& pending, PendingConnection::Outcome outcome);
  // Called, in a later phase of a turn, when something that it held of a version is let go: that
  // may have been the worker's last hold on it.
  void TellFreed(std::function<void()> on_freed) { on_freed_ = std::move(on_freed); }

  // For its chains.
  void LogClosed(const Downstream& downstream, CloseCause cause) {
    log_.OnClosed(downstream, cause);
  }
  void OnConnectionGone(ChainConnections& chain);

 private:
  void OnReady(Readiness ready) override;
  bool AcceptOne();
  void Take(std::unique_ptr<IoHandle> io, std::unique_ptr<AcceptedFacts> known);
  void Open(std::unique_ptr<IoHandle> io, std::unique_ptr<const AcceptedFacts> accepted,
            MonotonicTime accepted_at);
  ChainConnections& ConnectionsOf(const std::shared_ptr<const FilterChain>& chain);
  void LeaveChain(ChainConnections& chain, const DrainPace& pace);
  void DropIfOver(ChainConnections& chain);
  WorkerListener* ListenerMeant(const AcceptedFacts& facts) const;
  bool Admits();
  void OnOneLess();
  void NoteFreed();
  void ClosePending();

  WorkerContext& worker_;
  std::shared_ptr<const ListenerConfig> config_;
  std::unique_ptr<ListenSocket> socket_;  // null: does not accept, or no longer
  const ListenersByAddress* const others_;
  ConnectionBalance* balance_;
  ConnectionLog log_;
  absl::flat_hash_map<const FilterChain*, std::unique_ptr<ChainConnections>> chains_;
  IntrusiveList<PendingConnection> pending_;  // owned
  std::vector<char> peek_buffer_;             // as large as a filter has asked for
  size_t connections_ = 0;
  bool draining_ = false;
  std::optional<DrainPace> leaves_at_;  // the listener is no more
  Timer pending_end_;                   // then: of those that still have no chain
  std::function<void()> on_empty_;
  std::function<void()> on_freed_;
};

}  // namespace sluice
