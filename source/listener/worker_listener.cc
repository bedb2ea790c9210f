#include "source/listener/worker_listener.h"

#include <utility>

#include "absl/container/flat_hash_set.h"

namespace sluice {
namespace {

// Deleted right behind what was put aside before it.
class FreedNotice final : public Deferred {
 public:
  explicit FreedNotice(std::function<void()> call) : call_(std::move(call)) {}
  ~FreedNotice() override { call_(); }

 private:
  const std::function<void()> call_;
};

// How many connections there were; nothing is counted where there is no limit.
int64_t Count(OverloadState* overload) {
  if (overload == nullptr || overload->connections_max == 0) return 0;
  return overload->connections.fetch_add(1, std::memory_order_relaxed);
}

void Uncount(OverloadState* overload) {
  if (overload == nullptr || overload->connections_max == 0) return;
  overload->connections.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace

WorkerListener::WorkerListener(WorkerContext& worker, std::shared_ptr<const ListenerConfig> config,
                               Place place)
    : worker_(worker),
      config_(std::move(config)),
      socket_(std::move(place.socket)),
      others_(place.others),
      balance_(place.balance),
      log_(worker, config_),
      pending_end_(worker.loop, this, kMethod<&WorkerListener::ClosePending>) {
  if (balance_ != nullptr) balance_->listener(worker_.index) = this;
}

WorkerListener::~WorkerListener() {
  on_empty_ = nullptr;  // it looks at other listeners, and they may be gone
  on_freed_ = nullptr;
  CloseAll();
  if (balance_ != nullptr) balance_->listener(worker_.index) = nullptr;
}

void WorkerListener::Start() {
  if (socket_ != nullptr) socket_->Watch(*this);
}

void WorkerListener::StopAccepting() {
  if (socket_ == nullptr) return;
  while (AcceptOne()) {
  }
  socket_.reset();
}

void WorkerListener::StartDrain(std::function<void()> on_empty) {
  draining_ = true;
  on_empty_ = std::move(on_empty);
  ForEachChain([](ChainConnections& chain) { chain.TellAll(); });
}

void WorkerListener::ClosePending() {
  pending_.ForEach([](PendingConnection& pending) { pending.CloseNow(); });
}

void WorkerListener::CloseAll() {
  ClosePending();
  ForEachChain([](ChainConnections& chain) { chain.CloseAll(); });
}

// `visit` may end connections, and with them chains.
void WorkerListener::ForEachChain(const std::function<void(ChainConnections&)>& visit) {
  std::vector<ChainConnections*> chains;
  chains.reserve(chains_.size());
  for (const auto& [key, chain] : chains_) chains.push_back(chain.get());
  for (ChainConnections* chain : chains) visit(*chain);
}

// ---- Other versions.

void WorkerListener::SetSocket(std::unique_ptr<ListenSocket> socket) {
  StopAccepting();
  socket_ = std::move(socket);
}

void WorkerListener::SetBalance(ConnectionBalance& balance) {
  if (balance_ != nullptr) return;  // it is the place's, and there is one at most
  balance_ = &balance;
  balance.listener(worker_.index) = this;
  for (size_t i = 0; i < connections_; ++i) balance.TakePlaceOf(worker_.index);
}

void WorkerListener::Replace(std::shared_ptr<const ListenerConfig> config, const DrainPace& pace) {
  config_ = std::move(config);
  absl::flat_hash_set<const FilterChain*> kept;
  config_->filter_chains.ForEach(
      [&kept](const std::shared_ptr<const FilterChain>& chain) { kept.insert(chain.get()); });
  ForEachChain([&](ChainConnections& chain) {
    if (!kept.contains(&chain.chain())) LeaveChain(chain, pace);
  });
  NoteFreed();
}

void WorkerListener::Leave(const DrainPace& pace, std::function<void()> on_empty) {
  draining_ = true;
  leaves_at_ = pace;
  on_empty_ = std::move(on_empty);
  ForEachChain([&](ChainConnections& chain) { LeaveChain(chain, pace); });
  if (!pending_.empty()) pending_end_.Arm(pace.time);
}

void WorkerListener::LeaveChain(ChainConnections& chain, const DrainPace& pace) {
  if (!chain.leaving()) chain.Leave(pace);
  DropIfOver(chain);
}

void WorkerListener::DropIfOver(ChainConnections& chain) {
  if (!chain.leaving() || chain.size() > 0) return;
  const auto at = chains_.find(&chain.chain());
  if (at == chains_.end()) return;
  worker_.loop.DeleteLater(std::move(at->second));
  chains_.erase(at);
  NoteFreed();
}

void WorkerListener::NoteFreed() {
  if (on_freed_ != nullptr) worker_.loop.DeleteLater(std::make_unique<FreedNotice>(on_freed_));
}

// ---- Connections.

void WorkerListener::OnReady(Readiness ready) {
  for (uint32_t i = 0; i < config_->accepts_per_event_max; ++i) {
    if (!AcceptOne()) return;
  }
}

// False: nobody waits.
bool WorkerListener::AcceptOne() {
  if (balance_ == nullptr || !config_->exact_balance) {
    std::unique_ptr<IoHandle> io = socket_->Accept();
    if (io == nullptr) return false;
    if (!Admits()) return true;
    if (balance_ != nullptr) balance_->TakePlaceOf(worker_.index);
    Take(std::move(io), nullptr);
    return true;
  }
  const uint32_t chosen = balance_->TakePlace(worker_.index);
  WorkerContext& worker = balance_->worker(chosen);
  std::unique_ptr<IoHandle> io = socket_->AcceptFor(worker.loop.poller());
  if (io == nullptr) {
    balance_->LeavePlace(chosen);
    return false;
  }
  if (!Admits()) {
    balance_->LeavePlace(chosen);
    return true;
  }
  if (chosen == worker_.index) {
    Take(std::move(io), nullptr);
    return true;
  }
  worker.loop.Post(
      [balance = balance_, chosen, io = std::move(io), overload = config_->overload]() mutable {
        WorkerListener* const listener = balance->listener(chosen);
        if (listener != nullptr) return listener->Take(std::move(io), nullptr);
        balance->LeavePlace(chosen);
        Uncount(overload);
      });
  return true;
}

// Whether there is room for one more connection, which is counted then.
bool WorkerListener::Admits() {
  OverloadState* const overload = config_->overload;
  if (overload == nullptr) return true;
  if (overload->refuses_connections.load(std::memory_order_relaxed) &&
      !config_->bypasses_overload) {
    config_->stats.cx_overload_reject.Add(worker_.stats);
    return false;
  }
  const int64_t others = Count(overload);
  if (overload->connections_max == 0 || others < overload->connections_max ||
      config_->ignores_connections_max) {
    return true;
  }
  Uncount(overload);
  config_->stats.global_cx_overflow.Add(worker_.stats);
  return false;
}

// Its place is taken.
void WorkerListener::Take(std::unique_ptr<IoHandle> io, std::unique_ptr<AcceptedFacts> known) {
  ++connections_;
  if (config_->listener_filters.empty()) {
    return Open(std::move(io), std::move(known), worker_.loop.now());
  }
  config_->stats.pre_cx_active.Add(worker_.stats);
  auto* const pending =
      new PendingConnection(worker_, *this, config_, std::move(io), std::move(known));
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
  if (&pending.config() != config_.get()) NoteFreed();
  pending.config().stats.pre_cx_active.Subtract(worker_.stats);
  std::unique_ptr<IoHandle> io = pending.TakeIo();
  std::unique_ptr<AcceptedFacts> facts = pending.TakeFacts();
  if (outcome == PendingConnection::Outcome::kClosed) {
    log_.OnRefused(*io, std::move(facts), pending.accepted_at(),
                   ConnectionLog::Refusal::kByListenerFilter);
    io.reset();
    return OnOneLess();
  }
  WorkerListener* const meant = ListenerMeant(*facts);
  if (meant == nullptr) return Open(std::move(io), std::move(facts), pending.accepted_at());
  Count(config_->overload);  // while both have it
  if (meant->balance_ != nullptr) meant->balance_->TakePlaceOf(worker_.index);
  meant->Take(std::move(io), std::move(facts));
  OnOneLess();  // after: the two of them are never empty meanwhile
}

// The listener for which a redirected connection was meant; null: this one. That listener asks the
// same question, and finds itself.
WorkerListener* WorkerListener::ListenerMeant(const AcceptedFacts& facts) const {
  if (!config_->hand_off_original_dst || others_ == nullptr || !facts.local_address.is_ip()) {
    return nullptr;
  }
  WorkerListener* const found = others_->Find(facts.local_address);
  return found == this ? nullptr : found;
}

// Gives it to the filter chain that asks for it.
void WorkerListener::Open(std::unique_ptr<IoHandle> io,
                          std::unique_ptr<const AcceptedFacts> accepted,
                          MonotonicTime accepted_at) {
  const auto* const chain = config_->filter_chains.Choose(*io, accepted.get());
  if (chain == nullptr) {
    config_->stats.no_filter_chain_match.Add(worker_.stats);
    log_.OnRefused(*io, std::move(accepted), accepted_at, ConnectionLog::Refusal::kNoChain);
    io.reset();
    return OnOneLess();
  }
  ChainConnections& connections = ConnectionsOf(*chain);
  connections.Open(std::move(io), std::move(accepted), accepted_at, config_->buffer_bytes_max,
                   draining_);
  if (leaves_at_.has_value()) LeaveChain(connections, *leaves_at_);
}

ChainConnections& WorkerListener::ConnectionsOf(const std::shared_ptr<const FilterChain>& chain) {
  std::unique_ptr<ChainConnections>& connections = chains_[chain.get()];
  if (connections == nullptr) {
    connections = std::make_unique<ChainConnections>(worker_, *this, chain, config_->stats);
  }
  return *connections;
}

void WorkerListener::OnConnectionGone(ChainConnections& chain) {
  DropIfOver(chain);
  OnOneLess();
}

void WorkerListener::OnOneLess() {
  --connections_;
  if (balance_ != nullptr) balance_->LeavePlace(worker_.index);
  Uncount(config_->overload);
  if (connections_ == 0 && on_empty_ != nullptr) on_empty_();
}

}  // namespace sluice
