#include "source/net/racing_io_handle.h"

#include <algorithm>
#include <utility>

namespace sluice {

std::vector<Address> Interleave(const std::vector<Address>& addresses) {
  std::vector<Address> turns[2];
  for (const Address& address : addresses) {
    turns[address.family() != addresses.front().family()].push_back(address);
  }
  std::vector<Address> all;
  for (size_t i = 0; all.size() < addresses.size(); ++i) {
    for (const std::vector<Address>& of_family : turns) {
      if (i < of_family.size()) all.push_back(of_family[i]);
    }
  }
  return all;
}

std::unique_ptr<IoHandle> ConnectToAny(Network& network, EventLoop& loop,
                                       absl::Span<const Address> addresses,
                                       const SocketOptions& options) {
  if (addresses.size() == 1) return network.Connect(loop.poller(), addresses[0], options);
  return std::make_unique<RacingIoHandle>(network, loop, addresses, options);
}

RacingIoHandle::RacingIoHandle(Network& network, EventLoop& loop,
                               absl::Span<const Address> addresses, const SocketOptions& options)
    : network_(network),
      loop_(loop),
      addresses_(addresses.begin(), addresses.end()),
      options_(options),
      delay_(loop, this, kMethod<&RacingIoHandle::OnDelay>) {}

bool RacingIoHandle::Watch(ReadyObserver& observer) {
  observer_ = &observer;
  if (winner_ != nullptr) return winner_->Watch(observer);
  if (tries_.empty()) StartNext();
  return !lost();
}

void RacingIoHandle::Unwatch() {
  observer_ = nullptr;
  if (winner_ != nullptr) winner_->Unwatch();
}

void RacingIoHandle::StartNext() {
  while (tries_.size() < addresses_.size()) {
    tries_.push_back(std::make_unique<Try>(
        *this, network_.Connect(loop_.poller(), addresses_[tries_.size()], options_)));
    Try& one = *tries_.back();
    if (one.io->Watch(one)) break;
    one.failed = true;
    error_ = one.io->ConnectError();
  }
  if (tries_.size() < addresses_.size()) return delay_.Arm(kDelay);
  delay_.Disarm();
}

bool RacingIoHandle::lost() const {
  return winner_ == nullptr && tries_.size() == addresses_.size() &&
         std::all_of(tries_.begin(), tries_.end(), [](const auto& one) { return one->failed; });
}

void RacingIoHandle::OnDelay() {
  StartNext();
  if (lost() && observer_ != nullptr) observer_->OnReady({.writable = true});
}

void RacingIoHandle::OnReady(Try& one, Readiness ready) {
  if (!ready.writable || one.failed || winner_ != nullptr) return;
  const int error = one.io->ConnectError();
  if (error != 0) {
    // It goes with this object: it is its own call that says so.
    one.io->Unwatch();
    one.failed = true;
    error_ = error;
    StartNext();
    if (lost() && observer_ != nullptr) observer_->OnReady({.writable = true});
    return;
  }
  delay_.Disarm();
  winner_ = std::move(one.io);
  for (const auto& other : tries_) other->io.reset();
  if (observer_ == nullptr) return winner_->Unwatch();
  // What is there already may bring no edge to a new observer.
  if (winner_->Watch(*observer_)) observer_->OnReady(ready);
}

int RacingIoHandle::ConnectError() {
  if (winner_ != nullptr) return winner_->ConnectError();
  return lost() ? error_ : 0;
}

IoResult RacingIoHandle::Read(absl::Span<const iovec> into) {
  return winner_ == nullptr ? IoResult{IoResult::State::kAgain} : winner_->Read(into);
}

IoResult RacingIoHandle::Write(absl::Span<const iovec> from) {
  return winner_ == nullptr ? IoResult{IoResult::State::kAgain} : winner_->Write(from);
}

IoResult RacingIoHandle::Peek(absl::Span<const iovec> into) {
  return winner_ == nullptr ? IoResult{IoResult::State::kAgain} : winner_->Peek(into);
}

void RacingIoHandle::ShutdownWrite() {
  if (winner_ != nullptr) winner_->ShutdownWrite();
}

void RacingIoHandle::AbortOnClose() {
  if (winner_ != nullptr) winner_->AbortOnClose();
}

const Address& RacingIoHandle::local_address() {
  static const Address* const kNone = new Address();
  return winner_ == nullptr ? *kNone : winner_->local_address();
}

const Address& RacingIoHandle::peer_address() {
  return winner_ == nullptr ? addresses_.front() : winner_->peer_address();
}

}  // namespace sluice
