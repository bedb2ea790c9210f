// What the tests of Connection share: a handler that writes down what it is told, and one
// connection under test with a MemoryPeer at its other end.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "source/net/connection.h"
#include "test/harness/sim_world.h"

namespace sluice {

inline absl::string_view Name(CloseCause cause) {
  switch (cause) {
    case CloseCause::kPeer:
      return "peer";
    case CloseCause::kPeerReset:
      return "peer-reset";
    case CloseCause::kLocal:
      return "local";
    case CloseCause::kConnectFailed:
      return "connect-failed";
    case CloseCause::kConnectTimeout:
      return "connect-timeout";
    case CloseCause::kHandshakeFailed:
      return "handshake-failed";
  }
  return "?";
}

class RecordingHandler final : public ConnectionHandler {
 public:
  void OnConnected() override { Note("connected"); }
  void OnBytes(Buffer& in, End end) override {
    const size_t take = std::min(in.size(), take_max);
    std::string text = in.ToString().substr(0, take);
    in.Drain(take);
    bytes_in += text.size();
    Note(text.size() > 40 ? absl::StrCat("[", text.size(), "]") : text);
    if (end == End::kYes) Note("END");
    if (on_bytes) on_bytes();
  }
  void FillOutput(Buffer& out, size_t bytes_max) override {
    ++fills;
    const size_t n = std::min(output.size(), bytes_max);
    out.Append(absl::string_view(output).substr(0, n));
    output.erase(0, n);
    if (on_fill) on_fill();
  }
  void OnFlushed() override { Note("flushed"); }
  bool AwaitsBytes() const override { return awaits_bytes; }
  void OnConnectionClosed(CloseCause cause) override {
    ++closings;
    Note(absl::StrCat("closed:", Name(cause)));
    if (on_closed) on_closed();
  }
  void Note(absl::string_view word) {
    if (!word.empty()) absl::StrAppend(&log, log.empty() ? "" : " ", word);
  }
  std::string Take() { return std::exchange(log, std::string()); }

  std::string log;
  std::string output;
  size_t take_max = SIZE_MAX;  // of each offer
  uint64_t bytes_in = 0;
  int fills = 0;
  int closings = 0;
  bool awaits_bytes = true;
  std::function<void()> on_bytes, on_fill, on_closed;
};

class ConnectionTest : public ::testing::Test, protected ReadyObserver {
 protected:
  ConnectionTest() {
    listener_ = world_.network().Listen(world_.poller(), kAddress, {}).value();
    listener_->Watch(*this);
  }
  ~ConnectionTest() override {
    connection_.reset();
    listener_.reset();
    peer_.reset();
    world_.RunUntilIdle();
  }

  // A client dials; the connection under test is what was accepted.
  void Accept() {
    peer_ = world_.memory().Dial(kAddress);
    world_.RunUntilIdle();
    ASSERT_NE(connection_, nullptr);
  }
  // The connection under test connects to the peer.
  void Connect() {
    ServePeers();
    StartConnecting();
    world_.RunUntilIdle();
    ASSERT_NE(peer_, nullptr);
  }
  void ServePeers() {
    world_.memory().Serve(kServer, [this](std::unique_ptr<MemoryPeer> peer) {
      peer_ = std::move(peer);
      if (on_peer_) on_peer_();
    });
  }
  void StartConnecting() {
    Make(Connection::Side::kConnecting,
         world_.network().Connect(world_.poller(), kServer, SocketOptions()));
  }
  void Write(absl::string_view bytes) {
    handler_.output.append(bytes.data(), bytes.size());
    connection_->WantWrite();
  }
  IoCounts& counts() { return world_.memory().accepted(kAddress); }
  size_t blocks() { return world_.worker().slabs.blocks_in_use(); }

  SimWorld world_;
  const Address kAddress = Address::FromIp("10.0.0.1", 80).value();
  const Address kServer = Address::FromIp("10.0.0.2", 80).value();
  ConnectionLimits limits_;
  RecordingHandler handler_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<MemoryPeer> peer_;
  std::unique_ptr<ListenSocket> listener_;
  std::unique_ptr<ConnectionFilters> filters_;
  std::function<void()> on_peer_;

 private:
  void OnReady(Readiness) override {
    while (std::unique_ptr<IoHandle> io = listener_->Accept()) {
      Make(Connection::Side::kAccepted, std::move(io));
    }
  }
  void Make(Connection::Side side, std::unique_ptr<IoHandle> io) {
    connection_ =
        std::make_unique<Connection>(world_.worker(), side, std::move(io), nullptr, limits_);
    if (filters_ != nullptr) connection_->SetFilters(std::move(filters_));
    connection_->Start(handler_);
  }
};

}  // namespace sluice
