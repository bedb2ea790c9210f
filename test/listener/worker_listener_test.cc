#include "source/listener/worker_listener.h"

#include "source/net/transport_socket.h"
#include "test/listener/listener_fixture.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A handshake that is never done.
class EndlessHandshake final : public TransportSocket {
 public:
  Handshake DoHandshake(IoHandle&) override { return Handshake::kGoesOn; }
  IoResult Read(IoHandle&, Buffer&, size_t) override { return {IoResult::State::kAgain}; }
  IoResult Write(IoHandle&, Buffer&) override { return {IoResult::State::kAgain}; }
  void ShutdownWrite(IoHandle&) override {}
  absl::string_view alpn() const override { return ""; }
  absl::string_view failure_reason() const override { return ""; }
  bool secure() const override { return true; }
};

class EndlessHandshakeFactory final : public ServerTransportFactory {
 public:
  std::unique_ptr<TransportSocket> Create(WorkerContext&) const override {
    return std::make_unique<EndlessHandshake>();
  }
};

TEST_F(ListenerTest, TheOneChainTakesAll) {
  Start(Chain("a"));
  auto peer = Dial();
  peer->Send("hello");
  world_.RunUntilIdle();
  ASSERT_EQ(taken_.size(), 1);
  EXPECT_EQ(taken_[0]->bytes, "hello");
  EXPECT_EQ(taken_[0]->accepted, nullptr);
  EXPECT_EQ(Stat("downstream_cx_active"), 1);
  peer.reset();
  world_.RunUntilIdle();
  EXPECT_EQ(taken_[0]->closed, "peer");
  EXPECT_EQ(Stat("downstream_cx_active"), 0);
  EXPECT_EQ(Stat("downstream_cx_total"), 1);
}

TEST_F(ListenerTest, ChainsByWhatTheSocketKnows) {
  Start(Chain("elsewhere", "destination_port { value: 81 }") +
        Chain("here", "prefix_ranges { address_prefix: '10.9.0.0' prefix_len { value: 16 } }") +
        "default_filter_chain { " + Filters("rest") + " }");
  auto peer = Dial();
  ASSERT_EQ(taken_.size(), 1);
  EXPECT_EQ(taken_[0]->chain, "here");
}

TEST_F(ListenerTest, WhatNoChainMatchesGoesToTheDefault) {
  Start(Chain("a", "transport_protocol: 'tls'") + "default_filter_chain { " + Filters("rest") +
        " }");
  auto peer = Dial();
  ASSERT_EQ(taken_.size(), 1);
  EXPECT_EQ(taken_[0]->chain, "rest");
}

TEST_F(ListenerTest, WithoutADefaultItIsClosedAndCounted) {
  Start(Chain("a", "server_names: 'x.org'"));
  auto peer = Dial();
  EXPECT_TRUE(peer->got_fin());
  EXPECT_TRUE(taken_.empty());
  EXPECT_EQ(Stat("no_filter_chain_match"), 1);
  EXPECT_EQ(Stat("downstream_cx_total"), 0);
  EXPECT_EQ(Stat("downstream_cx_active"), 0);
}

TEST_F(ListenerTest, AHandshakeHasItsTime) {
  registry_.AddServerTransport(
      "google.protobuf.BoolValue",
      [](const google::protobuf::Message&, const ExtensionContext&, const FieldScope&) {
        return std::make_unique<EndlessHandshakeFactory>();
      });
  Start(Chain("a", "",
              "transport_socket { name: 't' typed_config { "
              "[type.googleapis.com/google.protobuf.BoolValue] {} } } "
              "transport_socket_connect_timeout { seconds: 3 }"));
  auto peer = Dial();
  peer->Send("x");
  world_.Advance(milliseconds(2999));
  ASSERT_EQ(taken_.size(), 1);
  EXPECT_EQ(taken_[0]->closed, "");
  world_.Advance(milliseconds(1));
  EXPECT_EQ(taken_[0]->closed, "timeout");
  EXPECT_EQ(Stat("downstream_cx_transport_socket_connect_timeout"), 1);
}

TEST_F(ListenerTest, AHandshakeThatIsDoneHasNoDeadline) {
  Start(Chain("a", "", "transport_socket_connect_timeout { seconds: 3 }"));
  auto peer = Dial();
  world_.Advance(seconds(10));
  EXPECT_EQ(taken_[0]->closed, "");
  EXPECT_EQ(Stat("downstream_cx_transport_socket_connect_timeout"), 0);
}

}  // namespace
}  // namespace sluice
