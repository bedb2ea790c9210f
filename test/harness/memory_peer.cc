#include "test/harness/memory_peer.h"

#include <algorithm>
#include <utility>

namespace sluice {

MemoryPeer::MemoryPeer(SimClock& clock, std::shared_ptr<MemoryLink> link, MemoryLink::End end)
    : clock_(clock), link_(std::move(link)), end_(end) {
  link_->OnChange(end_, [this] { OnChange(); });
}

MemoryPeer::~MemoryPeer() { link_->Close(end_, clock_.now()); }

void MemoryPeer::Send(absl::string_view bytes) {
  unsent_.append(bytes.data(), bytes.size());
  Flush();
}

void MemoryPeer::SendFin() {
  fin_queued_ = true;
  Flush();
}

void MemoryPeer::Reset() {
  unsent_.clear();
  link_->Reset(end_, clock_.now());
}

void MemoryPeer::ReadOn() { ReadOn(SIZE_MAX); }

void MemoryPeer::ReadOn(size_t bytes) {
  reading_ = true;
  may_read_ = bytes;
  OnChange();
}

std::string MemoryPeer::Take() {
  std::string taken;
  taken.swap(received_);
  return taken;
}

void MemoryPeer::Flush() {
  if (!connected()) return;
  unsent_.erase(0, link_->Write(end_, unsent_, clock_.now()));
  if (unsent_.empty() && fin_queued_) link_->ShutdownWrite(end_, clock_.now());
}

void MemoryPeer::OnChange() {
  Flush();
  bool news = false;
  if (reading_) {
    const size_t before = received_.size();
    const size_t n = std::min(link_->unread_bytes(end_), may_read_);
    received_.resize(before + n);
    link_->Read(end_, received_.data() + before, n);
    if (may_read_ != SIZE_MAX) may_read_ -= n;
    if (may_read_ == 0) reading_ = false;
    news = n > 0;
    // Behind the last byte.
    if (link_->unread_bytes(end_) == 0 && link_->fin_arrived(end_) && !got_fin_) {
      got_fin_ = news = true;
    }
  }
  if (link_->reset_arrived(end_) && !got_reset_) got_reset_ = news = true;
  // A copy: the call may destroy this peer.
  const std::function<void()> call = on_activity_;
  if (news && call) call();
}

}  // namespace sluice
