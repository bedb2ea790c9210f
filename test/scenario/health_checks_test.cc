// Active health checks: who gets requests, and who does not. The article's trap for WebSocket
// servers (S-13 to S-16), and the probe that does not fall into it.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "envoy/data/core/v3/health_check_event.pb.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "test/harness/h2_peer.h"
#include "test/harness/proxy_fixture.h"
#include "test/harness/ws_peer.h"
#include "test/scenario/asking.h"

namespace sluice {
namespace {

using std::chrono::seconds;
using Before = std::function<void(ProxyFixture&)>;

// Fields of a cluster that has this check, and never picks who is not healthy.
std::string Checked(const std::string& check, const std::string& more = "") {
  return absl::StrCat(R"(
    common_lb_config: { healthy_panic_threshold: { value: 0 } }
    health_checks:
    - timeout: 1s
      interval: 5s
      no_traffic_interval: 5s
      unhealthy_threshold: 2
      healthy_threshold: 2
)",
                      "      ", check, "\n", more);
}
constexpr char kPlain[] = "http_health_check: { path: / }";
constexpr char kWebSocket[] =
    "custom_health_check: { name: websocket, typed_config: { \"@type\": "
    "type.googleapis.com/sluice.health_checkers.websocket.v1.WebSocket, path: / } }";

ProxyOptions Options(const std::string& cluster, Before before_start = nullptr, int hosts = 1) {
  return {
      .cluster = cluster, .clusters = {{"users", hosts}}, .before_start = std::move(before_start)};
}

// ---- Hosts in and out.

TEST(HealthChecks, AHostThatFailsFromTheStartGetsNoRequest) {
  H1Server* bad = nullptr;
  ProxyFixture proxy(ProxyFixture::ToUsers(), Options(
                                                  Checked("http_health_check: { path: /health }"),
                                                  [&bad](ProxyFixture& fixture) {
                                                    fixture.Host(H1Answer::Of(200), 0);
                                                    bad = &fixture.Host(H1Answer::Of(500), 1);
                                                  },
                                                  2));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(StatusOf(proxy), 200);
  EXPECT_EQ(RequestsFor(*bad, "/"), 0u);
  EXPECT_EQ(RequestsFor(*bad, "/health"), 1u);
}

TEST(HealthChecks, WithoutAHealthyHostTheAnswerIs503) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), Options(Checked(kPlain)));
  EXPECT_EQ(StatusOf(proxy), 503);
  EXPECT_EQ(proxy.LogLines(), std::vector<std::string>{"503 UH no_healthy_upstream"});
}

TEST(HealthChecks, AHostThatStopsAnsweringLeavesAndComesBackByItself) {  // S-16
  H1Server* host = nullptr;
  ProxyFixture proxy(
      ProxyFixture::ToUsers(),
      Options(Checked("http_health_check: { path: /health }"),
              [&host](ProxyFixture& fixture) { host = &fixture.Host(H1Answer::Of(200)); }));
  EXPECT_EQ(StatusOf(proxy), 200);
  host->SetOnRequest([](const H1Message&) { return H1Answer{}; });
  proxy.Advance(seconds(12));  // two timeouts
  const size_t before = RequestsFor(*host, "/");
  EXPECT_EQ(StatusOf(proxy), 503);
  WsClient client(proxy.world(), proxy.listener_address());
  client.Handshake("/");  // no request of any kind
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 503);
  EXPECT_EQ(RequestsFor(*host, "/"), before);
  host->SetOnRequest([](const H1Message&) { return H1Answer::Of(200); });
  proxy.Advance(seconds(11));
  EXPECT_EQ(StatusOf(proxy), 200);
}

TEST(HealthChecks, AHostThatComesUpLaterIsTakenAtTheHealthyThreshold) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), Options(Checked(kPlain)));
  proxy.Host(H1Answer::Of(200));
  proxy.Advance(seconds(6));
  EXPECT_EQ(proxy.Stat("cluster.users.health_check.healthy"), 0);
  proxy.Advance(seconds(5));
  EXPECT_EQ(proxy.Stat("cluster.users.health_check.healthy"), 1);
  EXPECT_EQ(StatusOf(proxy), 200);
}

TEST(HealthChecks, ProbesSpeakHttp2WhereThatIsConfigured) {
  std::unique_ptr<H2Server> host;
  {
    ProxyOptions options = Options(
        Checked("http_health_check: { path: /, codec_client_type: HTTP2 }",
                "    typed_extension_protocol_options:\n"
                "      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:\n"
                "        \"@type\": type.googleapis.com/"
                "envoy.extensions.upstreams.http.v3.HttpProtocolOptions\n"
                "        explicit_http_config: { http2_protocol_options: {} }\n"),
        [&host](ProxyFixture& fixture) {
          host = std::make_unique<H2Server>(fixture.world(), ProxyFixture::HostAddress(0, 0),
                                            [](const H2Message&) { return H2Answer::Of(200); });
        });
    ProxyFixture proxy(ProxyFixture::ToUsers(), options);
    EXPECT_EQ(StatusOf(proxy), 200);
    EXPECT_EQ(proxy.Stat("cluster.users.health_check.success"), 1);
    proxy.Advance(seconds(6));
    host->CloseAll();
    proxy.Run();
    host.reset();
    proxy.Run();
  }
}

TEST(HealthChecks, AnAnswerMayAskForItsHostToBeCountedOut) {
  H1Server* host = nullptr;
  ProxyFixture proxy(
      ProxyFixture::ToUsers(),
      Options(Checked("http_health_check: { path: /health }"),
              [&host](ProxyFixture& fixture) { host = &fixture.Host(H1Answer::Of(200)); }));
  host->SetOnRequest([](const H1Message& request) {
    if (request.path() == "/health") return H1Answer::Of(200);
    return H1Answer::Of(200, "", {"x-envoy-immediate-health-check-fail: true"});
  });
  EXPECT_EQ(StatusOf(proxy), 200);
  EXPECT_EQ(StatusOf(proxy), 503);
  EXPECT_EQ(proxy.Stat("cluster.users.health_check.passive_failure"), 1);
  proxy.Advance(seconds(11));  // two passes
  EXPECT_EQ(StatusOf(proxy), 200);
}

// ---- The article's trap.

// As gorilla's chat example: 400 to what is no handshake.
WsServer::OnRequest ChatServer() {
  return [](const H1Message& request) {
    if (request.header("upgrade").has_value()) return WsAccept(request);
    return WsRefuse(400, "Bad Request\n");
  };
}

// A proxy in front of a WebSocket server that is there from the start.
class ArticleTrap : public testing::Test {
 protected:
  void Start(const std::string& check) {
    proxy_ = std::make_unique<ProxyFixture>(
        ProxyFixture::ToUsers(), Options(Checked(check), [this](ProxyFixture& fixture) {
          host_ = std::make_unique<WsServer>(fixture.world(), ProxyFixture::HostAddress(0, 0),
                                             WsManners{}, ChatServer());
        }));
  }
  void TearDown() override {
    proxy_->Run();
    client_.reset();
    proxy_->Run();
    proxy_->End();
    host_.reset();
  }
  WsClient& Client() {
    client_ = std::make_unique<WsClient>(proxy_->world(), proxy_->listener_address());
    client_->Handshake("/");
    proxy_->Run();
    return *client_;
  }
  std::unique_ptr<ProxyFixture> proxy_;
  std::unique_ptr<WsServer> host_;
  std::unique_ptr<WsClient> client_;
};

TEST_F(ArticleTrap, APlainProbeTakesAWebSocketServersAnswerForAFailureAndClientsGet503) {  // S-14
  Start(kPlain);
  ASSERT_FALSE(host_->requests().empty());
  EXPECT_FALSE(host_->requests()[0].header("upgrade").has_value());  // S-13
  WsClient& client = Client();
  EXPECT_FALSE(client.open());
  EXPECT_EQ(client.response(0).status(), 503);
  EXPECT_EQ(host_->tunnels(), 0u);
  EXPECT_EQ(proxy_->Stat("cluster.users.health_check.healthy"), 0);
}

TEST_F(ArticleTrap, AHandlerForAPlainGetMakesItPass) {  // S-15
  Start("http_health_check: { path: /health }");
  host_->SetOnRequest([](const H1Message& request) {
    return request.path() == "/health" ? WsRefuse(200, "ok") : ChatServer()(request);
  });
  proxy_->Advance(seconds(11));
  EXPECT_TRUE(Client().open());
}

TEST_F(ArticleTrap, TheProbeThatSpeaksWebSocketSeesThatTheServerIsWell) {  // M3
  Start(kWebSocket);
  WsClient& client = Client();
  EXPECT_TRUE(client.open());
  client.ws().Text("hi");
  proxy_->Run();
  EXPECT_EQ(host_->ws(host_->tunnels() - 1).messages(), std::vector<std::string>{"hi"});
  EXPECT_EQ(proxy_->Stat("cluster.users.health_check.healthy"), 1);
}

TEST_F(ArticleTrap, AndThatItIsNotWhenItIsNot) {
  Start(kWebSocket);
  host_->SetOnRequest([](const H1Message&) { return WsRefuse(503); });
  proxy_->Advance(seconds(6));
  EXPECT_EQ(Client().response(0).status(), 503);
  host_->SetOnRequest(ChatServer());
  proxy_->Advance(seconds(11));
  client_.reset();
  EXPECT_TRUE(Client().open());
}

TEST_F(ArticleTrap, OpenTunnelsStayWhenTheirHostFailsItsChecks) {
  Start(kWebSocket);
  WsClient& client = Client();
  ASSERT_TRUE(client.open());
  host_->SetOnRequest([](const H1Message&) { return WsRefuse(503); });
  proxy_->Advance(seconds(6));
  EXPECT_EQ(proxy_->Stat("cluster.users.health_check.healthy"), 0);
  client.ws().Text("still here");
  proxy_->Run();
  EXPECT_FALSE(client.closed_by_peer());
}

// ---- The event log.

TEST(HealthChecks, EventsAreLinesOfJsonInTheirFile) {
  using envoy::data::core::v3::HealthCheckEvent;
  H1Server* host = nullptr;
  ProxyOptions options =
      Options(Checked(kPlain, R"(
      always_log_health_check_failures: true
      event_logger:
      - name: file
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.health_check.event_sinks.file.v3.HealthCheckEventFileSink
          event_log_path: /log
)"),
              [&host](ProxyFixture& fixture) { host = &fixture.Host(H1Answer::Of(500)); });
  options.log = "";
  ProxyFixture proxy(ProxyFixture::ToUsers(), options);
  host->SetOnRequest([](const H1Message&) { return H1Answer::Of(200); });
  proxy.Advance(seconds(11));
  host->SetOnRequest([](const H1Message&) { return H1Answer::Of(500); });
  proxy.Advance(seconds(5));
  std::vector<std::string> events;
  for (const std::string& line : proxy.LogLines()) {
    HealthCheckEvent event;
    ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(line, &event).ok()) << line;
    EXPECT_EQ(event.cluster_name(), "users");
    switch (event.event_case()) {
      case HealthCheckEvent::kHealthCheckFailureEvent:
        events.push_back(event.health_check_failure_event().first_check() ? "first failure"
                                                                          : "failure");
        break;
      case HealthCheckEvent::kAddHealthyEvent:
        events.push_back("add");
        break;
      case HealthCheckEvent::kEjectUnhealthyEvent:
        events.push_back("eject");
        break;
      default:
        events.push_back("other");
    }
  }
  EXPECT_EQ(absl::StrJoin(events, ", "), "first failure, add, eject, failure");
}

}  // namespace
}  // namespace sluice
