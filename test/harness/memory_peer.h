// MemoryPeer: a test's own end of a simulated connection: a client that has dialled the code under
// test, or a server it has dialled. Reads all there is as it comes, unless told not to. One thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "test/harness/memory_link.h"
#include "test/harness/peer_layer.h"
#include "test/harness/sim_clock.h"

namespace sluice {

class MemoryPeer {
 public:
  MemoryPeer(SimClock& clock, std::shared_ptr<MemoryLink> link, MemoryLink::End end);
  ~MemoryPeer();  // closes: FIN, or RST where bytes are unread
  MemoryPeer(const MemoryPeer&) = delete;
  MemoryPeer& operator=(const MemoryPeer&) = delete;

  // Before anything is sent or comes in.
  void SetLayer(std::unique_ptr<PeerLayer> layer) { layer_ = std::move(layer); }

  // Queued where the buffers are full, and sent as there is room.
  void Send(absl::string_view bytes);
  void SendFin();  // after what is queued
  void Reset();
  // Bytes stay in the link's buffers, which fill up.
  void StopReading() { reading_ = false; }
  void ReadOn();
  void ReadOn(size_t bytes);  // so many, and no more

  // Everything received since the last Take.
  const std::string& received() const { return received_; }
  std::string Take();
  bool connected() const { return link_->established(end_); }
  bool refused() const { return link_->refused(); }
  bool got_fin() const { return got_fin_; }
  bool got_reset() const { return got_reset_; }
  size_t unsent_bytes() const { return unsent_.size(); }
  const Address& local_address() const { return link_->address(end_); }

  // Called after bytes, a FIN or a reset have come in. May destroy the peer.
  void OnActivity(std::function<void()> call) { on_activity_ = std::move(call); }

 private:
  void OnChange();
  void Flush();
  SimClock& clock_;
  const std::shared_ptr<MemoryLink> link_;
  const MemoryLink::End end_;
  std::string received_;
  std::string unsent_;
  std::unique_ptr<PeerLayer> layer_;  // none: bytes are the wire's
  std::function<void()> on_activity_;
  size_t may_read_ = SIZE_MAX;
  bool layer_connected_ = false;
  bool reading_ = true;
  bool fin_queued_ = false;
  bool got_fin_ = false;
  bool got_reset_ = false;
};

}  // namespace sluice
