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
  if (layer_ != nullptr) {
    unsent_ += layer_->Seal(bytes);
  } else {
    unsent_.append(bytes.data(), bytes.size());
  }
  Flush();
}

void MemoryPeer::SendFin() {
  if (layer_ != nullptr) unsent_ += layer_->Close();
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
  if (layer_ != nullptr && !layer_connected_) {
    layer_connected_ = true;
    unsent_ += layer_->OnConnected();
  }
  unsent_.erase(0, link_->Write(end_, unsent_, clock_.now()));
  if (unsent_.empty() && fin_queued_) link_->ShutdownWrite(end_, clock_.now());
}

void MemoryPeer::OnChange() {
  Flush();
  bool news = false;
  if (reading_) {
    const size_t n = std::min(link_->unread_bytes(end_), may_read_);
    std::string wire(n, '\0');
    link_->Read(end_, wire.data(), n);
    if (layer_ == nullptr) {
      received_ += wire;
    } else if (n > 0) {
      unsent_ += layer_->Open(wire, received_);
      Flush();
    }
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
