// WebSocket with no setting at all (S-01), from HTTP/1 to HTTP/1: the handshake, the tunnel, and
// how it ends.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"
#include "test/harness/ws_peer.h"

namespace sluice {
namespace {

using Lines = std::vector<std::string>;

constexpr const char* kArticleRequest =
    "GET /chat HTTP/1.1\r\n"
    "Host: server.example.com\r\n"
    "Upgrade: websocket\r\n"
    "Connection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Origin: http://example.com\r\n"
    "Sec-WebSocket-Protocol: chat, superchat\r\n"
    "Sec-WebSocket-Version: 13\r\n\r\n";

std::string Get(const H1Message& message, absl::string_view name) {
  return message.header(name).value_or("");
}
bool Has(const H1Message& message, absl::string_view name) {
  return message.header(name).has_value();
}

// A proxy between one client and one host.
class WebSocket : public testing::Test {
 protected:
  void Start(const std::string& route = "", const ProxyOptions& options = {},
             const WsManners& manners = {}) {
    proxy_ = std::make_unique<ProxyFixture>(ProxyFixture::ToUsers(route), options);
    host_ = std::make_unique<WsServer>(proxy_->world(), ProxyFixture::HostAddress(0, 0), manners);
    client_ = std::make_unique<WsClient>(proxy_->world(), proxy_->listener_address());
  }
  void Open(const std::string& route = "", const ProxyOptions& options = {},
            const WsManners& manners = {}) {
    Start(route, options, manners);
    client_->Handshake("/chat");
    proxy_->Run();
    ASSERT_TRUE(client_->open());
  }
  void TearDown() override {
    client_.reset();
    host_.reset();
    if (proxy_ != nullptr) proxy_->Run();
  }

  // What the host was asked first; an empty message where nothing came.
  H1Message asked() const { return host_->requests().empty() ? H1Message() : host_->requests()[0]; }
  ProxyFixture& proxy() { return *proxy_; }
  WsServer& host() { return *host_; }
  WsClient& client() { return *client_; }

  std::unique_ptr<ProxyFixture> proxy_;
  std::unique_ptr<WsServer> host_;
  std::unique_ptr<WsClient> client_;
};

TEST_F(WebSocket, S09TheHandshakeOfTheArticleReachesTheHostIntact) {
  Start();
  host().SetOnRequest(
      [](const H1Message& request) { return WsAccept(request, {"Sec-WebSocket-Protocol: chat"}); });
  client().Send(kArticleRequest);
  proxy().Run();
  ASSERT_EQ(host().requests().size(), 1u);
  const H1Message request = asked();
  EXPECT_EQ(request.start_line, "GET /chat HTTP/1.1");
  EXPECT_EQ(Get(request, "host"), "server.example.com");
  EXPECT_EQ(Get(request, "upgrade"), "websocket");
  EXPECT_EQ(Get(request, "connection"), "upgrade");
  EXPECT_EQ(Get(request, "sec-websocket-key"), "dGhlIHNhbXBsZSBub25jZQ==");
  EXPECT_EQ(Get(request, "origin"), "http://example.com");
  EXPECT_EQ(Get(request, "sec-websocket-protocol"), "chat, superchat");
  EXPECT_EQ(Get(request, "sec-websocket-version"), "13");
  const H1Message& response = client().response(0);
  EXPECT_EQ(response.status(), 101);
  EXPECT_EQ(Get(response, "upgrade"), "websocket");
  EXPECT_EQ(Get(response, "connection"), "upgrade");
  EXPECT_EQ(Get(response, "sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(Get(response, "sec-websocket-protocol"), "chat");
  EXPECT_FALSE(Has(response, "transfer-encoding"));
  EXPECT_FALSE(Has(response, "content-length"));
  EXPECT_EQ(proxy().Stat("http.test.downstream_cx_upgrades_total"), 1);
  EXPECT_EQ(proxy().Stat("http.test.downstream_cx_upgrades_active"), 1);
}

// The article's curl line: no nonce, and its own spelling and order of fields.
TEST_F(WebSocket, S10AKeyThatIsNoKeyIsTheHostsToJudge) {
  Start();
  client().Send(
      "GET / HTTP/1.1\r\nHost: ws.contoso.com\r\nUser-Agent: curl/7.58.0\r\nAccept: */*\r\n"
      "Connection: Upgrade\r\nUpgrade: websocket\r\nOrigin: http://ws.contoso.com\r\n"
      "Sec-WebSocket-Key: 123\r\nSec-Websocket-Version: 13\r\n\r\n");
  proxy().Run();
  ASSERT_EQ(host().requests().size(), 1u);
  EXPECT_EQ(Get(asked(), "sec-websocket-key"), "123");
  ASSERT_TRUE(client().open());
  host().ws().Text("as it comes");
  proxy().Run();
  EXPECT_EQ(client().ws().messages(), Lines{"as it comes"});
}

TEST_F(WebSocket, S17CarriesBothDirectionsForAsLongAsTheirEndsWant) {
  Open();
  for (int hour = 0; hour < 48; ++hour) {
    client().ws().Text("up");
    host().ws().Text("down");
    proxy().Run();
    proxy().Advance(std::chrono::hours(1));
  }
  EXPECT_EQ(host().ws().messages().size(), 48u);
  EXPECT_EQ(client().ws().messages().size(), 48u);
  EXPECT_EQ(host().ws().wrong() + client().ws().wrong(), "");
  client().ws().Close(1000, "bye");
  proxy().Run();
  EXPECT_EQ(host().ws().close_code(), 1000);
  EXPECT_EQ(client().ws().close_code(), 1000);
  EXPECT_EQ(proxy().Stat("http.test.downstream_cx_upgrades_active"), 0);
  EXPECT_EQ(proxy().LogLines(), Lines{"101 - via_upstream"});
}

TEST_F(WebSocket, S17MayFollowOrdinaryRequestsOnItsConnection) {
  Start();
  host().SetOnRequest([](const H1Message& request) {
    return Has(request, "upgrade") ? WsAccept(request) : WsRefuse(200, "page");
  });
  client().Send("GET /1 HTTP/1.1\r\nhost: a\r\n\r\n");
  client().Send("GET /2 HTTP/1.1\r\nhost: a\r\n\r\n");
  proxy().Run();
  client().Handshake();
  proxy().Run();
  ASSERT_TRUE(client().open());
  ASSERT_EQ(client().responses().size(), 3u);
  EXPECT_EQ(client().response(1).body, "page");
  host().ws().Text("hi");
  proxy().Run();
  EXPECT_EQ(client().ws().messages(), Lines{"hi"});
}

TEST_F(WebSocket, S19ARefusalPassesWithItsBodyAndTheConnectionGoesOn) {
  for (const int status : {400, 403, 404, 426}) {
    Start();
    host().SetOnRequest([status](const H1Message& request) {
      return Has(request, "upgrade") ? WsRefuse(status, "not here", {"x-why: because"})
                                     : WsRefuse(200, "page");
    });
    client().Handshake();
    proxy().Run();
    client().Send("GET /page HTTP/1.1\r\nhost: a\r\n\r\n");
    proxy().Run();
    ASSERT_EQ(client().responses().size(), 2u) << status;
    EXPECT_EQ(client().response(0).status(), status);
    EXPECT_EQ(client().response(0).body, "not here");
    EXPECT_EQ(Get(client().response(0), "x-why"), "because");
    EXPECT_EQ(client().response(1).body, "page");
    EXPECT_EQ(proxy().Stat("cluster.users.upstream_cx_total"), 1);
    EXPECT_EQ(proxy().Stat("http.test.downstream_cx_upgrades_total"), 0);
    TearDown();
  }
}

// RFC 9110 section 15.5.22: 426 says to what.
TEST_F(WebSocket, A426KeepsWhatItAsksFor) {
  Start();
  host().SetOnRequest([](const H1Message&) {
    return WsRefuse(426, "", {"Upgrade: websocket", "Connection: Upgrade"});
  });
  client().Handshake();
  proxy().Run();
  EXPECT_EQ(Get(client().response(0), "upgrade"), "websocket");
}

TEST_F(WebSocket, BytesRightBehindTheRequestAndTheAnswerAreNotLost) {
  Start();
  std::string frame = client().ws().Masked({.type = WsType::kText, .payload = "early"});
  host().SetOnRequest([](const H1Message& request) {
    return WsAccept(request) + WsBytes({.type = WsType::kText, .payload = "at once"});
  });
  client().Send(WsRequest("/") + frame);
  proxy().Run();
  EXPECT_EQ(host().ws().messages(), Lines{"early"});
  EXPECT_EQ(client().ws().messages(), Lines{"at once"});
}

TEST_F(WebSocket, BytesBehindARefusedRequestAreNeverReadAsARequest) {
  Start();
  host().SetOnRequest([](const H1Message&) { return WsRefuse(403, "no"); });
  client().Send(WsRequest("/") + "GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n");
  proxy().Run();
  ASSERT_EQ(client().responses().size(), 1u);
  EXPECT_EQ(client().response(0).status(), 403);
  EXPECT_EQ(Get(client().response(0), "connection"), "close");
  EXPECT_EQ(host().requests().size(), 1u);
  EXPECT_TRUE(client().closed_by_peer());
}

TEST_F(WebSocket, ARefusalThatClosesHasOneConnectionLine) {
  Start();
  host().SetOnRequest([](const H1Message&) {
    return WsRefuse(426, "", {"Upgrade: websocket", "Connection: Upgrade"});
  });
  client().Send(WsRequest("/") + "early");
  proxy().Run();
  Lines lines;
  for (const auto& [name, value] : client().response(0).headers) {
    if (name == "connection") lines.push_back(value);
  }
  EXPECT_EQ(lines, Lines{"upgrade, close"});
  EXPECT_TRUE(client().closed_by_peer());
}

TEST_F(WebSocket, EachEndClosesItsOwnSide) {
  Open("", {}, {.end_after_close = false, .end_after_end = false});
  client().peer().SendFin();
  proxy().Run();
  EXPECT_TRUE(host().ws().ended_by_peer());
  EXPECT_FALSE(client().closed_by_peer());
  host().ws().Text("still here");
  proxy().Run();
  EXPECT_EQ(client().ws().messages(), Lines{"still here"});
  host().ws().Finish();
  proxy().Run();
  EXPECT_TRUE(client().closed_by_peer());
  EXPECT_EQ(proxy().Stat("http.test.downstream_cx_active"), 0);
  EXPECT_EQ(proxy().Stat("cluster.users.upstream_cx_active"), 0);
}

TEST_F(WebSocket, AResetOfOneEndReachesTheOther) {
  Open();
  host().peer().Reset();
  proxy().Run();
  EXPECT_TRUE(client().peer().got_reset());
  EXPECT_EQ(proxy().Stat("http.test.downstream_cx_upgrades_active"), 0);
}

TEST_F(WebSocket, AStalledClientHoldsABoundedAmount) {
  Open("", {.listener = "per_connection_buffer_limit_bytes: 65536"});
  client().peer().StopReading();
  const std::string message(64 * 1024, 'x');
  for (int i = 0; i < 64; ++i) host().ws().Binary(message);
  proxy().Run();
  EXPECT_GT(host().peer().unsent_bytes(), 2u * 1024 * 1024);
  client().peer().ReadOn();
  proxy().Run();
  EXPECT_EQ(client().ws().messages().size(), 64u);
}

TEST_F(WebSocket, TheRoutesTimeoutBoundsTheHandshakeOnly) {
  Start("timeout: 2s");
  host().SetOnRequest([](const H1Message&) { return std::string(); });
  client().Handshake();
  proxy().Run();
  proxy().Advance(std::chrono::seconds(3));
  EXPECT_EQ(client().response(0).status(), 504);
  TearDown();
  Open("timeout: 2s");
  proxy().Advance(std::chrono::hours(2));
  host().ws().Text("hi");
  proxy().Run();
  EXPECT_EQ(client().ws().messages(), Lines{"hi"});
}

TEST_F(WebSocket, AnIdleTimeoutIsTheTunnelsWhereItIsSet) {
  Open("idle_timeout: 10s");
  proxy().Advance(std::chrono::seconds(8));
  client().ws().Text("awake");
  proxy().Run();
  proxy().Advance(std::chrono::seconds(8));
  EXPECT_FALSE(client().closed_by_peer());
  proxy().Advance(std::chrono::seconds(3));
  EXPECT_TRUE(client().closed_by_peer());
  EXPECT_EQ(proxy().LogLines(), Lines{"101 SI stream_idle_timeout"});
  TearDown();
  Open("", {.manager = "stream_idle_timeout: 10s"});
  proxy().Advance(std::chrono::seconds(11));
  EXPECT_TRUE(client().closed_by_peer());
}

TEST_F(WebSocket, IsRefusedWhereItIsTurnedOff) {
  for (const bool by_route : {true, false}) {
    const std::string off = "upgrade_configs: [{ upgrade_type: WebSocket, enabled: false }]";
    Start(by_route ? off : "", {.manager = by_route ? "" : off});
    client().Handshake();
    proxy().Run();
    EXPECT_EQ(client().response(0).status(), 403);
    EXPECT_EQ(host().requests().size(), 0u);
    EXPECT_EQ(proxy().Stat("http.test.downstream_rq_ws_on_non_ws_route"), 1);
    EXPECT_EQ(proxy().LogLines(), Lines{"403 - upgrade_failed"});
    TearDown();
  }
}

TEST_F(WebSocket, ARouteTurnsItOnWhereTheManagerHasItOff) {
  Open("upgrade_configs: [{ upgrade_type: websocket }]",
       {.manager = "upgrade_configs: [{ upgrade_type: websocket, enabled: false }]"});
}

TEST_F(WebSocket, OtherUpgradesAreDeniedUnlessAllowed) {
  Start();
  client().Send("GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: foo\r\n\r\n");
  proxy().Run();
  EXPECT_EQ(client().response(0).status(), 403);
  TearDown();
  Start("upgrade_configs: [{ upgrade_type: foo }]");
  host().SetOnRequest([](const H1Message&) {
    return "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: foo\r\n\r\nhello";
  });
  client().Send("GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: foo\r\n\r\n");
  proxy().Run();
  EXPECT_EQ(client().response(0).status(), 101);
  EXPECT_EQ(Get(client().response(0), "upgrade"), "foo");
}

TEST_F(WebSocket, AnOfferOfH2cIsIgnored) {
  Start();
  host().SetOnRequest([](const H1Message&) { return WsRefuse(200, "page"); });
  client().Send(
      "GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\n"
      "http2-settings: AAMAAABkAAQAAP__\r\n\r\n");
  proxy().Run();
  EXPECT_EQ(client().response(0).body, "page");
  EXPECT_FALSE(Has(asked(), "upgrade"));
}

TEST_F(WebSocket, AnUpgradeWithABodyIsMalformed) {
  Start();
  client().Send(
      "GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
      "content-length: 3\r\n\r\nabc");
  proxy().Run();
  EXPECT_EQ(client().response(0).status(), 400);
  EXPECT_EQ(proxy().LogLines(), Lines{"400 DPE http1.body_disallowed"});
  EXPECT_EQ(host().requests().size(), 0u);
}

// gateway#9452: a rollout must not look like a refusal.
TEST_F(WebSocket, WithoutAHostItIsA503LikeAnyRequest) {
  proxy_ = std::make_unique<ProxyFixture>(ProxyFixture::ToUsers(),
                                          ProxyOptions{.clusters = {{"users", 0}}});
  client_ = std::make_unique<WsClient>(proxy_->world(), proxy_->listener_address());
  client().Handshake();
  proxy().Run();
  EXPECT_EQ(client().response(0).status(), 503);
  EXPECT_EQ(proxy().LogLines(), Lines{"503 UH no_healthy_upstream"});
}

TEST_F(WebSocket, AnAnswerOf101ThatNobodyAskedForIsABadGateway) {
  Start();
  host().SetOnRequest([](const H1Message&) {
    return "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
  });
  client().Send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  proxy().Run();
  EXPECT_EQ(client().response(0).status(), 502);
}

// envoy#20020: a thousand WebSockets, and requests still find room.
TEST_F(WebSocket, TunnelsDoNotCountAsRequestsOrConnections) {
  const std::string one =
      "circuit_breakers: { thresholds: [{ max_requests: 1, max_connections: 1 }] }";
  Open("", {.cluster = one});
  host().SetOnRequest([](const H1Message& request) {
    return Has(request, "upgrade") ? WsAccept(request) : WsRefuse(200, "page");
  });
  WsClient second(proxy().world(), proxy().listener_address());
  second.Handshake();
  proxy().Run();
  EXPECT_TRUE(second.open());
  H1Client& plain = proxy().Client();
  plain.Get("/");
  proxy().Run();
  EXPECT_EQ(plain.response(0).body, "page");
  EXPECT_EQ(proxy().Stat("cluster.users.upstream_rq_pending_overflow"), 0);
}

TEST_F(WebSocket, AnUpgradeMayHaveAFilterChainOfItsOwn) {
  const std::string header_mutation =
      "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation";
  Open("", {.manager = "upgrade_configs:\n- upgrade_type: websocket\n  filters:\n"
                       "  - name: mark\n    typed_config:\n      \"@type\": " +
                       header_mutation +
                       "\n      mutations: { request_mutations: [{ append: { header: { key: "
                       "x-chain, value: own } } }] }\n"
                       "  - name: router\n    typed_config: { \"@type\": "
                       "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }\n"});
  EXPECT_EQ(Get(asked(), "x-chain"), "own");
}

// istio#36545.
TEST_F(WebSocket, AFilterThatWantsWholeBodiesDoesNotWaitForATunnels) {
  Open("", {.filters = "- name: buffer\n  typed_config: { \"@type\": "
                       "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer, "
                       "max_request_bytes: 100 }\n"});
  client().ws().Text(std::string(1000, 'x'));
  proxy().Run();
  EXPECT_EQ(host().ws().messages().size(), 1u);
}

TEST_F(WebSocket, IsLoggedWhenItOpensWhereThatIsWanted) {
  Open("", {.manager = R"(
access_log_options: { flush_log_on_tunnel_successfully_established: true }
access_log:
- name: file
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
    path: /log
    log_format: { text_format_source: { inline_string: "%ACCESS_LOG_TYPE% %RESPONSE_CODE%\n" } })",
            .log = ""});
  EXPECT_EQ(proxy().LogLines(), Lines{"DownstreamTunnelSuccessfullyEstablished 101"});
}

}  // namespace
}  // namespace sluice
