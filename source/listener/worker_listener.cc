#include "source/listener/worker_listener.h"

#include <utility>

namespace sluice {

WorkerListener::WorkerListener(WorkerContext& worker, std::shared_ptr<const ListenerConfig> config,
                               std::unique_ptr<ListenSocket> socket)
    : worker_(worker), config_(std::move(config)), socket_(std::move(socket)) {}

WorkerListener::~WorkerListener() { CloseAll(); }

void WorkerListener::Start() { socket_->Watch(*this); }

void WorkerListener::StopAccepting() {
  if (socket_ == nullptr) return;
  while (std::unique_ptr<IoHandle> io = socket_->Accept()) Take(std::move(io));
  socket_.reset();
}

void WorkerListener::StartDrain(std::function<void()> on_empty) {
  draining_ = true;
  on_empty_ = std::move(on_empty);
  downstreams_.ForEach([](Downstream& downstream) { downstream.StartDrain(); });
  TellIfEmpty();
}

void WorkerListener::CloseAll() {
  pending_.ForEach([](PendingConnection& pending) { pending.CloseNow(); });
  downstreams_.ForEach([](Downstream& downstream) { downstream.CloseNow(); });
}

void WorkerListener::OnReady(Readiness ready) {
  for (uint32_t i = 0; i < config_->accepts_per_event_max; ++i) {
    std::unique_ptr<IoHandle> io = socket_->Accept();
    if (io == nullptr) return;
    Take(std::move(io));
  }
}

void WorkerListener::Take(std::unique_ptr<IoHandle> io) {
  ++connections_;
  if (config_->listener_filters.empty()) return Open(std::move(io), nullptr);
  config_->stats.pre_cx_active.Add(worker_.stats);
  auto* const pending = new PendingConnection(worker_, *this, std::move(io));
  pending_.PushBack(*pending);
  pending->Start();
}

char* WorkerListener::PeekBuffer(size_t bytes) {
  if (peek_buffer_.size() < bytes) peek_buffer_.resize(bytes);
  return peek_buffer_.data();
}

void WorkerListener::OnPendingEnd(PendingConnection& pending, PendingConnection::Outcome outcome) {
  static_cast<ListNode<>&>(pending).Unlink();
  worker_.loop.DeleteLater(std::unique_ptr<Deferred>(&pending));
  config_->stats.pre_cx_active.Subtract(worker_.stats);
  std::unique_ptr<IoHandle> io = pending.TakeIo();
  if (outcome == PendingConnection::Outcome::kHandedOn) {
    return Open(std::move(io), pending.TakeFacts());
  }
  io.reset();
  --connections_;
  TellIfEmpty();
}

// Gives it to the filter chain that asks for it.
void WorkerListener::Open(std::unique_ptr<IoHandle> io,
                          std::unique_ptr<const AcceptedFacts> accepted) {
  const FilterChain* chain = config_->filter_chains.Choose(*io, accepted.get());
  if (chain == nullptr) {
    config_->stats.no_filter_chain_match.Add(worker_.stats);
    io.reset();
    --connections_;
    return TellIfEmpty();
  }
  config_->stats.cx_total.Add(worker_.stats);
  config_->stats.cx_active.Add(worker_.stats);
  std::unique_ptr<TransportSocket> transport;
  if (chain->transport != nullptr) transport = chain->transport->Create(worker_);
  std::unique_ptr<Downstream> downstream =
      chain->downstream->Create({.worker = worker_,
                                 .owner = *this,
                                 .io = std::move(io),
                                 .transport = std::move(transport),
                                 .accepted = std::move(accepted),
                                 .handshake_timeout = chain->handshake_timeout,
                                 .buffer_bytes_max = config_->buffer_bytes_max,
                                 .draining = draining_});
  Downstream& taken = *downstream.release();
  downstreams_.PushBack(taken);
  taken.Start();
}

void WorkerListener::OnDownstreamClosed(Downstream& downstream, CloseCause cause) {
  if (cause == CloseCause::kConnectTimeout) {
    config_->stats.cx_transport_socket_connect_timeout.Add(worker_.stats);
  }
  static_cast<ListNode<>&>(downstream).Unlink();
  worker_.loop.DeleteLater(std::unique_ptr<Deferred>(&downstream));
  config_->stats.cx_destroy.Add(worker_.stats);
  config_->stats.cx_active.Subtract(worker_.stats);
  --connections_;
  TellIfEmpty();
}

void WorkerListener::TellIfEmpty() {
  if (!draining_ || connections_ > 0 || on_empty_ == nullptr) return;
  std::exchange(on_empty_, nullptr)();
}

}  // namespace sluice
