#include "source/listener/pending_connection.h"

#include <algorithm>
#include <utility>

#include "source/base/check.h"
#include "source/listener/worker_listener.h"

namespace sluice {

PendingConnection::PendingConnection(WorkerContext& worker, WorkerListener& listener,
                                     std::shared_ptr<const ListenerConfig> config,
                                     std::unique_ptr<IoHandle> io,
                                     std::unique_ptr<AcceptedFacts> known)
    : worker_(worker),
      listener_(listener),
      config_(std::move(config)),
      io_(std::move(io)),
      facts_(known != nullptr ? std::move(known) : std::make_unique<AcceptedFacts>()),
      accepted_at_(worker.loop.now()),
      timer_(worker.loop, this, kMethod<&PendingConnection::OnTimeout>) {}

void PendingConnection::Start() {
  const Duration timeout = config_->listener_filters_timeout;
  if (timeout > Duration(0)) timer_.Arm(timeout);
  // The first look comes before the watch: what is decided by it is never registered.
  RunFilters();
  if (!finished_ && !io_->Watch(*this)) Finish(Outcome::kClosed);
}

void PendingConnection::OnReady(Readiness ready) {
  if (finished_) return;
  peer_ended_ = peer_ended_ || ready.ended;
  if (ready.readable || ready.ended) RunFilters();
}

void PendingConnection::OnTimeout() {
  config_->stats.pre_cx_timeout.Add(worker_.stats);
  Finish(config_->continue_on_listener_filters_timeout ? Outcome::kHandedOn : Outcome::kClosed);
}

void PendingConnection::RunFilters() {
  const auto& filters = config_->listener_filters;
  while (next_ < filters.size()) {
    if (filter_ == nullptr && LeavesOut(filters[next_])) {
      ++next_;
      continue;
    }
    if (filter_ == nullptr) filter_ = filters[next_].factory->Create(worker_);
    switch (RunFilter()) {
      case Step::kWait:
        return;
      case Step::kClose:
        return Finish(Outcome::kClosed);
      case Step::kNext:
        filter_.reset();
        ++next_;
        break;
      case Step::kAgain:
        break;
    }
  }
  Finish(Outcome::kHandedOn);
}

// By the port that is known when it is the filter's turn: an original destination counts behind the
// filter that finds it.
bool PendingConnection::LeavesOut(const ListenerConfig::Filter& filter) {
  if (!filter.disabled.has_value()) return false;
  const bool found = facts_->local_address.family() != Address::Family::kNone;
  return filter.disabled->Holds((found ? facts_->local_address : io_->local_address()).port());
}

PendingConnection::Step PendingConnection::RunFilter() {
  const size_t bytes_max = std::min(filter_->peek_bytes_max(), kPeekBytesMax);
  if (bytes_max == 0) return Ask({}, 0);
  char* const view = listener_.PeekBuffer(bytes_max);
  const iovec into = {.iov_base = view, .iov_len = bytes_max};
  const IoResult seen = io_->Peek({&into, 1});
  const ListenerStats& stats = config_->stats;
  switch (seen.state) {
    case IoResult::State::kAgain:
      return Step::kWait;
    case IoResult::State::kEof:
      stats.listener_filter_remote_close.Add(worker_.stats);
      return Step::kClose;
    case IoResult::State::kError:
      stats.listener_filter_error.Add(worker_.stats);
      return Step::kClose;
    case IoResult::State::kOk:
      break;
  }
  return Ask({view, seen.bytes}, bytes_max);
}

PendingConnection::Step PendingConnection::Ask(absl::string_view bytes, size_t bytes_max) {
  size_t consume = 0;
  switch (filter_->OnBytes(bytes, *io_, *facts_, consume)) {
    case ListenerVerdict::kContinue:
      SLUICE_CHECK(consume <= bytes.size());
      return Consume(consume) ? Step::kNext : Step::kClose;
    case ListenerVerdict::kClose:
      return Step::kClose;
    case ListenerVerdict::kWait:
      break;
  }
  // It has seen all it may. Its maximum may have grown by what it saw.
  if (bytes.size() >= std::min(filter_->peek_bytes_max(), kPeekBytesMax)) return Step::kClose;
  if (bytes.size() == bytes_max) return Step::kAgain;
  if (!peer_ended_) return Step::kWait;
  config_->stats.listener_filter_remote_close.Add(worker_.stats);
  return Step::kClose;
}

// They have been seen, so they are there.
bool PendingConnection::Consume(size_t bytes) {
  while (bytes > 0) {
    const iovec into = {.iov_base = listener_.PeekBuffer(bytes), .iov_len = bytes};
    const IoResult read = io_->Read({&into, 1});
    if (read.state != IoResult::State::kOk) return false;
    bytes -= read.bytes;
  }
  return true;
}

void PendingConnection::Finish(Outcome outcome) {
  if (finished_) return;
  finished_ = true;
  timer_.Disarm();
  if (outcome == Outcome::kHandedOn) io_->Unwatch();
  listener_.OnPendingEnd(*this, outcome);
}

}  // namespace sluice
