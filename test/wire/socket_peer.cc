#include "test/wire/socket_peer.h"

#include "source/base/check.h"
#include "source/net/socket_network.h"

namespace sluice {

SocketPeer::SocketPeer(EventLoop& loop, const Address& to)
    : SocketPeer(SocketNetwork().Connect(loop.poller(), to, {})) {}

SocketPeer::SocketPeer(std::unique_ptr<IoHandle> socket)
    : socket_(std::move(socket)), ended_(!socket_->Watch(*this)) {}

void SocketPeer::Send(absl::string_view bytes) {
  unsent_.append(bytes.data(), bytes.size());
  Flush();
}

void SocketPeer::OnReady(Readiness) {
  if (ended_) return;
  const size_t before = received_.size();
  Flush();
  ReadAll();
  // A copy: the call may destroy this peer.
  const std::function<void()> call = on_activity_;
  if (call && (ended_ || received_.size() > before)) call();
}

void SocketPeer::ReadAll() {
  char bytes[16384];
  while (!ended_) {
    const iovec into = {bytes, sizeof(bytes)};
    const IoResult result = socket_->Read({&into, 1});
    if (result.state == IoResult::State::kAgain) return;
    if (result.state == IoResult::State::kOk) {
      received_.append(bytes, result.bytes);
    } else {
      ended_ = true;
    }
  }
}

void SocketPeer::Flush() {
  while (!unsent_.empty() && !ended_) {
    const iovec from = {unsent_.data(), unsent_.size()};
    const IoResult result = socket_->Write({&from, 1});
    // A failure to write is also met, with what came before it, by the next read.
    if (result.state != IoResult::State::kOk) return;
    unsent_.erase(0, result.bytes);
  }
}

SocketAcceptor::SocketAcceptor(EventLoop& loop, OnPeer on_peer) : on_peer_(std::move(on_peer)) {
  auto socket = SocketNetwork().Listen(loop.poller(), *Address::FromIp("127.0.0.1", 0), {});
  SLUICE_CHECK(socket.ok());
  socket_ = std::move(*socket);
  socket_->Watch(*this);
}

void SocketAcceptor::OnReady(Readiness) {
  while (auto socket = socket_->Accept()) on_peer_(std::make_unique<SocketPeer>(std::move(socket)));
}

}  // namespace sluice
