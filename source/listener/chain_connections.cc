#include "source/listener/chain_connections.h"

#include <algorithm>
#include <utility>

#include "source/listener/worker_listener.h"

namespace sluice {

ChainConnections::ChainConnections(WorkerContext& worker, WorkerListener& listener,
                                   std::shared_ptr<const FilterChain> chain,
                                   const ListenerStats& stats)
    : worker_(worker),
      listener_(listener),
      chain_(std::move(chain)),
      stats_(stats),
      timer_(worker.loop, this, kMethod<&ChainConnections::OnTime>) {}

ChainConnections::~ChainConnections() = default;

void ChainConnections::Open(std::unique_ptr<IoHandle> io,
                            std::unique_ptr<const AcceptedFacts> accepted,
                            MonotonicTime accepted_at, size_t buffer_bytes_max, bool draining) {
  stats_.cx_total.Add(worker_.stats);
  stats_.cx_active.Add(worker_.stats);
  std::unique_ptr<TransportSocket> transport;
  if (chain_->transport != nullptr) transport = chain_->transport->Create(worker_);
  std::unique_ptr<Downstream> downstream =
      chain_->downstream->Create({.worker = worker_,
                                  .owner = *this,
                                  .io = std::move(io),
                                  .transport = std::move(transport),
                                  .accepted = std::move(accepted),
                                  .handshake_timeout = chain_->handshake_timeout,
                                  .buffer_bytes_max = buffer_bytes_max,
                                  .draining = draining});
  Downstream& taken = *downstream.release();
  taken.accepted_at = accepted_at;
  ++size_;
  (draining ? told_ : open_).PushBack(taken);
  taken.Start();
  // It was pending when the others were given their time.
  if (leaving_ && size_ > 0 && requests_end_ == kNever) {
    requests_end_ = now() + requests_time_;
    OnTime();
  }
}

void ChainConnections::OnDownstreamClosed(Downstream& downstream, CloseCause cause) {
  if (cause == CloseCause::kConnectTimeout) {
    stats_.cx_transport_socket_connect_timeout.Add(worker_.stats);
  }
  listener_.LogClosed(downstream, cause);
  static_cast<ListNode<>&>(downstream).Unlink();
  worker_.loop.DeleteLater(std::unique_ptr<Deferred>(&downstream));
  stats_.cx_destroy.Add(worker_.stats);
  stats_.cx_active.Subtract(worker_.stats);
  --size_;
  if (size_ == 0) timer_.Disarm();
  listener_.OnConnectionGone(*this);
}

void ChainConnections::ForEach(const std::function<void(Downstream&)>& visit) {
  for (IntrusiveList<Downstream>* list : {&open_, &told_, &tunnels_, &tunnels_end_}) {
    list->ForEach(visit);
  }
}

void ChainConnections::CloseAll() {
  ForEach([](Downstream& downstream) { downstream.CloseNow(); });
}

// ---- The end of a chain.

void ChainConnections::Tell(Downstream& downstream) {
  told_.PushBack(downstream);
  downstream.StartDrain();
}

void ChainConnections::TellAll() {
  while (!open_.empty()) Tell(open_.PopFront());
}

void ChainConnections::Leave(const DrainPace& pace) {
  leaving_ = true;
  requests_time_ = pace.time;
  if (size_ == 0) return;
  const auto connections = static_cast<Duration::rep>(size_);
  if (pace.gradual) tell_step_ = pace.time / 2 / connections;
  next_tell_ = now();
  requests_end_ = now() + requests_time_;
  if (pace.tunnels_end_after.has_value()) {
    next_tunnel_end_ = now() + *pace.tunnels_end_after;
    ends_tunnels_ = true;
    tunnel_step_ = std::chrono::duration_cast<Duration>(
        std::chrono::duration<double>(1 / pace.tunnels_per_second));
  }
  OnTime();
}

void ChainConnections::OnTime() {
  TellThoseDue();
  if (now() >= requests_end_) EndRequests();
  EndTunnelsDue();
  if (size_ == 0) return;
  const MonotonicTime next = std::min({next_tell_, requests_end_, next_tunnel_end_});
  if (next != kNever) timer_.Arm(std::max(Duration{0}, Duration(next - now())));
}

// Half a step to one and a half.
Duration ChainConnections::Jittered(Duration step) {
  if (step.count() <= 1) return step;
  const auto half = static_cast<uint64_t>(step.count() / 2);
  return Duration(static_cast<Duration::rep>(half + worker_.random.Below(2 * half)));
}

void ChainConnections::TellThoseDue() {
  while (next_tell_ <= now()) {
    if (open_.empty()) {
      next_tell_ = kNever;
      return;
    }
    next_tell_ += Jittered(tell_step_);
    Tell(open_.PopFront());
  }
}

// What is left then are tunnels.
void ChainConnections::EndRequests() {
  requests_end_ = kNever;
  TellAll();
  ForEach([](Downstream& downstream) { downstream.EndRequests(); });
  if (ends_tunnels_ && next_tunnel_end_ == kNever) next_tunnel_end_ = now();
}

void ChainConnections::EndTunnelsDue() {
  while (next_tunnel_end_ <= now()) {
    if (tunnels_.empty()) FindTunnels();
    if (tunnels_.empty()) {
      next_tunnel_end_ = kNever;  // a request that is under way may become one yet
      return;
    }
    next_tunnel_end_ += Jittered(tunnel_step_);
    Downstream& downstream = tunnels_.PopFront();
    tunnels_end_.PushBack(downstream);
    downstream.EndTunnels();
  }
}

void ChainConnections::FindTunnels() {
  for (IntrusiveList<Downstream>* list : {&open_, &told_}) {
    list->ForEach([this](Downstream& downstream) {
      if (downstream.load().tunnels > 0) tunnels_.PushBack(downstream);
    });
  }
}

}  // namespace sluice
