// WebSocket over every pair of hops: HTTP/1 by RFC 6455, HTTP/2 by RFC 8441, plaintext and TLS,
// with no setting at all (S-01, S-02, S-03, S-18, M4). Every test runs for every pair.
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/ws_h2_peer.h"
#include "test/harness/ws_peer.h"
#include "test/scenario/connect_ends.h"

namespace sluice {
namespace {

using Lines = std::vector<std::string>;

// A client and a host of WebSocket, of whatever wire, with the proxy between them.
class WebSocketHops : public testing::TestWithParam<BridgePair> {
 protected:
  bool client_is_http1() const { return GetParam().client == Wire::kHttp1; }
  bool host_is_http1() const { return GetParam().host == Wire::kHttp1; }

  void Start(ProxyOptions options = {}) {
    bridge_ = std::make_unique<Bridge>(GetParam(), std::move(options), Bridge::Ends::kNone);
    SimWorld& world = proxy().world();
    const Address host = ProxyFixture::HostAddress(0, 0);
    if (host_is_http1()) {
      h1_host_ = std::make_unique<WsServer>(world, host, manners_);
    } else {
      h2_host_ = std::make_unique<WsH2Server>(world, host, manners_);
    }
    if (client_is_http1()) {
      h1_client_ = std::make_unique<WsClient>(world, proxy().listener_address(), manners_);
    } else {
      h2_client_ = std::make_unique<WsH2Client>(world, proxy().listener_address(), manners_);
    }
  }
  void Ask(const std::string& path = "/chat") {
    if (client_is_http1()) {
      h1_client_->Handshake(path, {"Sec-WebSocket-Protocol: chat"});
    } else {
      stream_ = h2_client_->Handshake(path, {{"sec-websocket-protocol", "chat"}});
    }
    proxy().Run();
  }
  void Refuse(int status) {
    if (host_is_http1()) {
      h1_host_->SetOnRequest([status](const H1Message&) { return WsRefuse(status, ""); });
    } else {
      h2_host_->SetOnRequest([status](const H2Message&) {
        return H2Fields{{":status", std::to_string(status)}, {"x-why", "because"}};
      });
    }
  }
  void TearDown() override {
    h1_client_.reset();
    h2_client_.reset();
    h1_host_.reset();
    h2_host_.reset();
    if (bridge_ != nullptr) proxy().Run();
  }

  ProxyFixture& proxy() { return bridge_->proxy(); }
  bool open() const { return client_is_http1() ? h1_client_->open() : h2_client_->open(stream_); }
  WsEnd& client() { return client_is_http1() ? h1_client_->ws() : h2_client_->ws(stream_); }
  WsEnd& host() { return host_is_http1() ? h1_host_->ws() : h2_host_->ws(); }
  // What the host was asked first, or nothing.
  std::string Asked(const std::string& name) {
    if (host_is_http1()) {
      const auto& requests = h1_host_->requests();
      return requests.empty() ? "" : requests[0].header(name).value_or("");
    }
    return h2_host_->requests().empty() ? "" : h2_host_->requests()[0].Get(name);
  }
  std::string Answered(const std::string& name) {
    if (client_is_http1()) return h1_client_->response(0).header(name).value_or("");
    return h2_client_->response(stream_).Get(name);
  }
  int status() {
    return client_is_http1() ? h1_client_->response(0).status()
                             : h2_client_->response(stream_).status();
  }

  WsManners manners_;
  std::unique_ptr<Bridge> bridge_;
  std::unique_ptr<WsServer> h1_host_;
  std::unique_ptr<WsH2Server> h2_host_;
  std::unique_ptr<WsClient> h1_client_;
  std::unique_ptr<WsH2Client> h2_client_;
  uint32_t stream_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Pairs, WebSocketHops, testing::ValuesIn(AllBridgePairs()),
                         [](const auto& info) { return BridgePairName(info.param); });

TEST_P(WebSocketHops, OpenWithTheHandshakeOfEachWire) {
  Start();
  Ask();
  ASSERT_TRUE(open());
  EXPECT_EQ(Asked("sec-websocket-version"), "13");
  EXPECT_EQ(Asked("sec-websocket-protocol"), "chat");
  if (host_is_http1()) {
    EXPECT_TRUE(h1_host_->requests().empty() ||
                h1_host_->requests()[0].start_line == "GET /chat HTTP/1.1");
    EXPECT_EQ(Asked("upgrade"), "websocket");
    EXPECT_EQ(Asked("connection"), "upgrade");
    EXPECT_EQ(Asked("sec-websocket-key").size(), 24u);
    EXPECT_EQ(Asked("sec-websocket-key") == kWsKey, client_is_http1());
    EXPECT_EQ(Asked("transfer-encoding"), "");
  } else {
    EXPECT_EQ(Asked(":method"), "CONNECT");
    EXPECT_EQ(Asked(":protocol"), "websocket");
    EXPECT_EQ(Asked(":path"), "/chat");
    EXPECT_EQ(Asked("sec-websocket-key"), "");
    EXPECT_EQ(Asked("upgrade"), "");
  }
  if (client_is_http1()) {
    EXPECT_EQ(status(), 101);
    EXPECT_EQ(Answered("upgrade"), "websocket");
    EXPECT_EQ(Answered("connection"), "upgrade");
    EXPECT_TRUE(h1_client_->accept_is_right());
  } else {
    EXPECT_EQ(status(), 200);
    EXPECT_EQ(Answered("upgrade"), "");
    EXPECT_EQ(Answered("sec-websocket-accept"), "");
  }
  EXPECT_EQ(proxy().Stat("http.test.downstream_cx_upgrades_active"), 1);
}

TEST_P(WebSocketHops, CarryMessagesOfAnySizeBothWays) {
  Start();
  Ask();
  ASSERT_TRUE(open());
  Lines up, down;
  for (const size_t size : {0, 1, 125, 126, 65535, 65536, 300'000}) {
    up.push_back(std::string(size, 'u'));
    down.push_back(std::string(size, 'd'));
    client().Text(up.back());
    host().Binary(down.back());
  }
  proxy().Run();
  EXPECT_EQ(host().messages(), up);
  EXPECT_EQ(client().messages(), down);
  EXPECT_EQ(host().wrong() + client().wrong(), "");
}

TEST_P(WebSocketHops, CloseFromEitherEnd) {
  for (const bool by_client : {true, false}) {
    Start();
    Ask();
    ASSERT_TRUE(open());
    (by_client ? client() : host()).Close(4001, "enough");
    proxy().Run();
    EXPECT_EQ(host().close_code(), 4001);
    EXPECT_EQ(client().close_code(), 4001);
    EXPECT_EQ(proxy().Stat("http.test.downstream_cx_upgrades_active"), 0);
    EXPECT_EQ(proxy().Stat("cluster.users.upstream_rq_active"), 0);
    EXPECT_EQ(proxy().LogLines(), Lines{"101 - via_upstream"});
    TearDown();
    bridge_.reset();
  }
}

TEST_P(WebSocketHops, HalfClosedByOneEndGoOnFromTheOther) {
  manners_ = {.end_after_close = false, .end_after_end = false};
  Start();
  Ask();
  ASSERT_TRUE(open());
  client().Text("last words");
  client().Finish();
  proxy().Run();
  EXPECT_EQ(host().messages(), Lines{"last words"});
  EXPECT_TRUE(host().ended_by_peer());
  host().Text("still here");
  proxy().Run();
  EXPECT_EQ(client().messages(), Lines{"still here"});
  host().Finish();
  proxy().Run();
  EXPECT_TRUE(client().ended_by_peer());
  EXPECT_EQ(proxy().Stat("http.test.downstream_cx_upgrades_active"), 0);
}

TEST_P(WebSocketHops, ARefusalIsTheClientsToRead) {
  for (const int refusal : {403, 404}) {
    Start();
    Refuse(refusal);
    Ask();
    EXPECT_EQ(status(), refusal);
    EXPECT_FALSE(open());
    EXPECT_EQ(proxy().Stat("http.test.downstream_rq_active"), 0);
    EXPECT_EQ(proxy().Stat("cluster.users.upstream_rq_active"), 0);
    TearDown();
    bridge_.reset();
  }
}

TEST_P(WebSocketHops, OnlyHttp1ChecksTheKeyItMade) {
  if (!host_is_http1()) GTEST_SKIP() << "no key on this wire";
  Start();
  h1_host_->SetOnRequest([](const H1Message&) {
    return "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
           "sec-websocket-accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n";
  });
  Ask();
  EXPECT_EQ(status(), client_is_http1() ? 101 : 502);
}

// Between two connections of HTTP/1 it is the host's to judge (S-10).
TEST_P(WebSocketHops, AHandshakeThatTheProxyAnswersItselfMustBeGood) {
  if (!client_is_http1()) GTEST_SKIP() << "has no key";
  const struct {
    const char* fields;
    int status;
    const char* details;
  } kCases[] = {
      {"sec-websocket-key: 123\r\nsec-websocket-version: 13\r\n", 400, "websocket_bad_key"},
      {"sec-websocket-version: 13\r\n", 400, "websocket_bad_key"},
      {"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 8\r\n", 426,
       "websocket_bad_version"},
      {"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n", 426, "websocket_bad_version"},
  };
  for (const auto& each : kCases) {
    Start();
    h1_client_->Send(std::string("GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\n"
                                 "upgrade: websocket\r\n") +
                     each.fields + "\r\n");
    proxy().Run();
    EXPECT_EQ(status(), host_is_http1() ? 101 : each.status);
    if (!host_is_http1()) {
      EXPECT_EQ(proxy().LogLines(), Lines{absl::StrCat(each.status, " - ", each.details)});
      EXPECT_TRUE(h2_host_->requests().empty());
    }
    TearDown();
    bridge_.reset();
  }
}

// RFC 6455 section 4.4: the client may ask again, in the version that it is told.
TEST_P(WebSocketHops, AnotherVersionIsToldWhichOneIsSpoken) {
  if (!client_is_http1() || host_is_http1()) GTEST_SKIP() << "is the host's to answer";
  Start();
  h1_client_->Send(
      "GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
      "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 25\r\n\r\n");
  proxy().Run();
  EXPECT_EQ(status(), 426);
  EXPECT_EQ(Answered("sec-websocket-version"), "13");
  EXPECT_EQ(Answered("upgrade"), "websocket");
  EXPECT_EQ(Answered("connection"), "upgrade");
  Ask();
  EXPECT_EQ(h1_client_->response(1).status(), 101);
  EXPECT_TRUE(h1_client_->accept_is_right());
}

// Speaks HTTP/2 without extended CONNECT on its first connection, and WebSocket over HTTP/1, which
// it echoes, on those that follow.
class HalfAHost {
 public:
  explicit HalfAHost(ProxyFixture& proxy) : proxy_(proxy) {
    proxy.world().memory().Serve(at_, [this](std::unique_ptr<MemoryPeer> peer) {
      if (http2_ == nullptr) {
        http2_ = std::make_unique<H2Endpoint>(std::move(peer), H2Endpoint::Role::kServer,
                                              H2PeerOptions{});
        return;
      }
      http1_ =
          std::make_unique<TunnelPeer>(std::move(peer), Wire::kHttp1, H2Endpoint::Role::kServer);
      http1_->OnActivity([this] { OnHttp1(); });
    });
  }
  ~HalfAHost() {
    proxy_.world().memory().StopServing(at_);
    http1_.reset();
    http2_.reset();
    proxy_.Run();
  }
  bool was_asked_over_http2() const { return http2_ != nullptr && !http2_->messages().empty(); }

 private:
  void OnHttp1() {
    if (!http1_->has_head()) return;
    if (!std::exchange(answered_, true)) {
      http1_->SendHead({{":status", "101"},
                        {"connection", "upgrade"},
                        {"upgrade", "websocket"},
                        {"sec-websocket-accept", WsAcceptOf(http1_->Get("sec-websocket-key"))}});
    }
    const std::string bytes = http1_->bytes();
    for (WsFrame& frame : frames_.Feed(absl::string_view(bytes).substr(read_))) {
      frame.mask.reset();
      http1_->Send(WsBytes(frame));
    }
    read_ = bytes.size();
  }

  ProxyFixture& proxy_;
  const Address at_ = ProxyFixture::HostAddress(0, 0);
  std::unique_ptr<H2Endpoint> http2_;
  std::unique_ptr<TunnelPeer> http1_;
  WsFrameReader frames_;
  size_t read_ = 0;
  bool answered_ = false;
};

// envoy#37020, envoy#38645.
TEST_P(WebSocketHops, TakeHttp1WhereTheHostsHttp2HasNoExtendedConnect) {
  if (host_is_http1()) GTEST_SKIP() << "is HTTP/1";
  Start();
  h2_host_.reset();
  HalfAHost host(proxy());
  Ask();
  ASSERT_TRUE(open());
  EXPECT_FALSE(host.was_asked_over_http2());
  client().Text("there");
  client().Text("and back");
  proxy().Run();
  EXPECT_EQ(client().messages(), (Lines{"there", "and back"}));
  EXPECT_EQ(client().wrong(), "");
  EXPECT_EQ(proxy().Stat("cluster.users.upstream_cx_http2_total"), 1);
  EXPECT_EQ(proxy().Stat("cluster.users.upstream_cx_http1_total"), 1);
  EXPECT_EQ(proxy().Stat("cluster.users.upstream_rq_retry"), 0);
  client().Close(1000);
  proxy().Run();
  EXPECT_EQ(client().close_code(), 1000);
}

// envoy#8547: not only the first stream.
TEST_P(WebSocketHops, ManyAtOnceOnOneConnectionOfHttp2) {
  if (client_is_http1()) GTEST_SKIP() << "one tunnel is all of its connection";
  Start();
  std::vector<uint32_t> streams;
  for (int i = 0; i < 100; ++i) streams.push_back(h2_client_->Handshake());
  proxy().Run();
  for (const uint32_t stream : streams) {
    ASSERT_TRUE(h2_client_->open(stream));
    h2_client_->ws(stream).Text(std::to_string(stream));
  }
  proxy().Run();
  for (size_t i = 0; i < streams.size(); ++i) {
    WsEnd& end = host_is_http1() ? h1_host_->ws(i) : h2_host_->ws(i);
    ASSERT_EQ(end.messages().size(), 1u);
    end.Text("to " + end.messages()[0]);
  }
  proxy().Run();
  for (const uint32_t stream : streams)
    EXPECT_EQ(h2_client_->ws(stream).messages(), Lines{"to " + std::to_string(stream)});
  EXPECT_EQ(proxy().Stat("http.test.downstream_cx_upgrades_active"), 100);
}

TEST_P(WebSocketHops, AStalledEndHoldsABoundedAmount) {
  if (!host_is_http1()) GTEST_SKIP() << "up to the stream's window: http2_flow_control_test";
  Start({.manager = "http2_protocol_options: { initial_stream_window_size: 65535 }",
         .listener = "per_connection_buffer_limit_bytes: 65536"});
  Ask();
  ASSERT_TRUE(open());
  MemoryPeer& peer = client_is_http1() ? h1_client_->peer() : h2_client_->http().peer();
  peer.StopReading();
  const std::string message(64 * 1024, 'x');
  for (int i = 0; i < 64; ++i) host().Binary(message);
  proxy().Run();
  EXPECT_LT(proxy().world().worker().slabs.blocks_in_use(), 200u);
  peer.ReadOn();
  proxy().Run();
  EXPECT_EQ(client().messages().size(), 64u);
}

}  // namespace
}  // namespace sluice
