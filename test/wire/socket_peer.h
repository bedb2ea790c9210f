// SocketPeer: a test's own end of a connection of the kernel's, as MemoryPeer is of a simulated
// one: reads all there is as it comes, writes as there is room. One thread, its loop's.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "source/event/event_loop.h"
#include "source/net/network.h"

namespace sluice {

class SocketPeer final : private ReadyObserver {
 public:
  SocketPeer(EventLoop& loop, const Address& to);         // dials
  explicit SocketPeer(std::unique_ptr<IoHandle> socket);  // accepted
  SocketPeer(const SocketPeer&) = delete;
  SocketPeer& operator=(const SocketPeer&) = delete;

  void Send(absl::string_view bytes);
  // Everything received since the last Take.
  std::string Take() { return std::exchange(received_, {}); }
  // By the other end, in whatever way; or there was never a connection.
  bool ended() const { return ended_; }
  // Called after bytes or the end have come in. May destroy the peer. Of what comes before nothing
  // is told: a dial may have failed at once.
  void OnActivity(std::function<void()> call) { on_activity_ = std::move(call); }

 private:
  void OnReady(Readiness ready) override;
  void ReadAll();
  void Flush();
  const std::unique_ptr<IoHandle> socket_;
  std::string received_, unsent_;
  std::function<void()> on_activity_;
  bool ended_;
};

// Accepts at a port of 127.0.0.1 that the system chooses.
class SocketAcceptor final : private ReadyObserver {
 public:
  using OnPeer = std::function<void(std::unique_ptr<SocketPeer>)>;
  SocketAcceptor(EventLoop& loop, OnPeer on_peer);
  const Address& address() const { return socket_->local_address(); }

 private:
  void OnReady(Readiness ready) override;
  const OnPeer on_peer_;
  std::unique_ptr<ListenSocket> socket_;
};

}  // namespace sluice
