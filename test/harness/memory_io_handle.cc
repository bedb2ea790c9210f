#include "test/harness/memory_io_handle.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "source/base/check.h"

namespace sluice {

MemoryIoHandle::MemoryIoHandle(MemoryNetwork& network, SimPoller& poller,
                               std::shared_ptr<MemoryLink> link, MemoryLink::End end,
                               IoCounts& counts, bool failed)
    : network_(network),
      poller_(poller),
      link_(std::move(link)),
      end_(end),
      counts_(counts),
      fd_(poller.Open(*this)),
      failed_(failed) {
  ++network_.open_handles_;
  link_->OnChange(end_, [this] { poller_.Notify(fd_); });
}

MemoryIoHandle::~MemoryIoHandle() {
  Unwatch();
  poller_.Close(fd_);
  const MonotonicTime now = network_.clock_.now();
  abort_ ? link_->Reset(end_, now) : link_->Close(end_, now);
  --network_.open_handles_;
}

IoResult MemoryIoHandle::Read(absl::Span<const iovec> into) {
  ++counts_.reads;
  const std::optional<FaultKind> fault = network_.NextCall();
  if (fault == FaultKind::kReset) return ResetByFault();
  if (reset_by_fault_) return {IoResult::State::kEof};
  size_t left = fault == FaultKind::kShort ? 1 : link_->shape().read_bytes_max;
  size_t taken = 0;
  for (const iovec& piece : into) {
    const size_t asked = std::min(piece.iov_len, left);
    const size_t n = link_->Read(end_, static_cast<char*>(piece.iov_base), asked);
    taken += n;
    left -= n;
    if (n < piece.iov_len) break;
  }
  if (taken > 0) {
    // A short count means "drained, an edge will tell": what was held back must raise one.
    if (link_->readable(end_) && left == 0) poller_.Notify(fd_);
    return {IoResult::State::kOk, taken};
  }
  if (link_->TakeReset(end_)) return {IoResult::State::kError, 0, ECONNRESET};
  if (link_->fin_arrived(end_) || link_->reset_arrived(end_)) return {IoResult::State::kEof};
  ++counts_.empty_reads;
  return {IoResult::State::kAgain};
}

IoResult MemoryIoHandle::Write(absl::Span<const iovec> from) {
  ++counts_.writes;
  const std::optional<FaultKind> fault = network_.NextCall();
  if (fault == FaultKind::kReset) return ResetByFault();
  if (reset_by_fault_ || link_->reset_arrived(end_)) {
    return {IoResult::State::kError, 0, link_->TakeReset(end_) ? ECONNRESET : EPIPE};
  }
  std::string& bytes = written_;
  bytes.clear();
  for (const iovec& piece : from) bytes.append(static_cast<char*>(piece.iov_base), piece.iov_len);
  SLUICE_CHECK(!bytes.empty());  // a wasted call
  const size_t most =
      std::min(bytes.size(), fault == FaultKind::kShort ? 1 : link_->shape().write_bytes_max);
  size_t n = link_->Write(end_, absl::string_view(bytes).substr(0, most), network_.clock_.now());
  if (n == 0) {
    ++counts_.full_writes;
    return {IoResult::State::kAgain};
  }
  if (n < bytes.size() && n == most) {
    poller_.Notify(fd_);
    // Too full for an edge now, and none would come later, as the link has refused nothing yet.
    if (!link_->writable(end_)) {
      n += link_->Write(end_, absl::string_view(bytes).substr(n), network_.clock_.now());
    }
  }
  return {IoResult::State::kOk, n};
}

IoResult MemoryIoHandle::Peek(absl::Span<const iovec> into) {
  const std::optional<FaultKind> fault = network_.NextCall();
  if (fault == FaultKind::kReset) return ResetByFault();
  if (reset_by_fault_) return {IoResult::State::kEof};
  size_t left = fault == FaultKind::kShort ? 1 : SIZE_MAX;
  size_t seen = 0;
  for (const iovec& piece : into) {
    const size_t asked = std::min(piece.iov_len, left);
    const size_t n = link_->Peek(end_, seen, static_cast<char*>(piece.iov_base), asked);
    seen += n;
    left -= n;
    if (n < piece.iov_len) break;
  }
  // Held back by a fault, not by the network: it must raise an edge.
  if (left == 0) poller_.Notify(fd_);
  if (seen > 0) return {IoResult::State::kOk, seen};
  if (link_->TakeReset(end_)) return {IoResult::State::kError, 0, ECONNRESET};
  if (link_->fin_arrived(end_) || link_->reset_arrived(end_)) return {IoResult::State::kEof};
  return {IoResult::State::kAgain};
}

IoResult MemoryIoHandle::ResetByFault() {
  reset_by_fault_ = true;
  link_->Reset(end_, network_.clock_.now());
  return {IoResult::State::kError, 0, ECONNRESET};
}

void MemoryIoHandle::ShutdownWrite() { link_->ShutdownWrite(end_, network_.clock_.now()); }

bool MemoryIoHandle::Watch(ReadyObserver& observer) {
  if (failed_) return false;
  Unwatch();
  watch_ = poller_.Watch(fd_, WatchMode::kEdgeReadWrite, observer);
  return true;
}

void MemoryIoHandle::Unwatch() {
  if (watch_ != nullptr) poller_.Unwatch(watch_);
  watch_ = nullptr;
}

Address MemoryIoHandle::OriginalDestination() {
  const auto at = network_.redirected_.find(local_address().text());
  return at == network_.redirected_.end() ? Address() : at->second;
}

int MemoryIoHandle::ConnectError() { return failed_ || link_->refused() ? ECONNREFUSED : 0; }

}  // namespace sluice
