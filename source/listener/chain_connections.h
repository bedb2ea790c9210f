// ChainConnections: the connections that one filter chain has on one worker: made, counted, and
// ended when the chain is no more. Holds the chain as long as it has a connection.
//
// On its worker, owned by its WorkerListener. A chain that leaves tells its connections one after
// another to end, gives their requests the drain's time, and then, where the listener says so, ends
// its tunnels, too. Nothing of that is done for a chain that stays, whatever becomes of others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "source/base/intrusive_list.h"
#include "source/event/timer.h"
#include "source/event/worker_context.h"
#include "source/listener/drain_pace.h"
#include "source/listener/filter_chains.h"
#include "source/listener/listener_stats.h"
#include "source/net/accepted_facts.h"
#include "source/net/io_handle.h"
#include "source/sdk/downstream.h"

namespace sluice {

class WorkerListener;

class ChainConnections final : public Deferred, private DownstreamOwner {
 public:
  ChainConnections(WorkerContext& worker, WorkerListener& listener,
                   std::shared_ptr<const FilterChain> chain, const ListenerStats& stats);
  ~ChainConnections() override;  // what is left is closed before, by CloseAll

  // `draining`: the connection is to be short from the start.
  void Open(std::unique_ptr<IoHandle> io, std::unique_ptr<const AcceptedFacts> accepted,
            MonotonicTime accepted_at, size_t buffer_bytes_max, bool draining);
  // All are told to end as they become idle, now, and are given all the time they want.
  void TellAll();
  // The chain is no more.
  void Leave(const DrainPace& pace);
  void CloseAll();

  const FilterChain& chain() const { return *chain_; }
  size_t size() const { return size_; }
  bool leaving() const { return leaving_; }
  // Of every connection.
  void ForEach(const std::function<void(Downstream&)>& visit);

 private:
  static constexpr MonotonicTime kNever = MonotonicTime::max();

  void OnDownstreamClosed(Downstream& downstream, CloseCause cause) override;
  void OnTime();
  void Tell(Downstream& downstream);
  void TellThoseDue();
  void EndRequests();
  void EndTunnelsDue();
  void FindTunnels();
  Duration Jittered(Duration step);
  MonotonicTime now() const { return worker_.loop.now(); }

  WorkerContext& worker_;
  WorkerListener& listener_;
  const std::shared_ptr<const FilterChain> chain_;
  const ListenerStats stats_;  // they count where they were counted in
  // All of them owned.
  IntrusiveList<Downstream> open_;
  IntrusiveList<Downstream> told_;         // to end
  IntrusiveList<Downstream> tunnels_;      // whose tunnels are to be ended, each in its turn
  IntrusiveList<Downstream> tunnels_end_;  // and have been told so
  size_t size_ = 0;
  Timer timer_;
  MonotonicTime next_tell_ = kNever;
  MonotonicTime requests_end_ = kNever;
  Duration requests_time_{0};  // from when the chain is no more
  MonotonicTime next_tunnel_end_ = kNever;
  Duration tell_step_{0};
  Duration tunnel_step_{0};
  bool ends_tunnels_ = false;
  bool leaving_ = false;
};

}  // namespace sluice
