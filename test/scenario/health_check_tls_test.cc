// Active health checks of hosts that speak TLS: the probe speaks as the cluster does.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "test/harness/h2_peer.h"
#include "test/harness/proxy_fixture.h"
#include "test/scenario/asking.h"
#include "test/scenario/tls_setup.h"

namespace sluice {
namespace {

using std::chrono::seconds;

constexpr char kHttp2[] = R"(
typed_extension_protocol_options:
  envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
    "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
    explicit_http_config: { http2_protocol_options: {} }
)";

class HealthCheckTls : public testing::Test {
 protected:
  void TearDown() override {
    if (proxy_ == nullptr) return;
    proxy_->Run();
    if (http2_host_ != nullptr) http2_host_->CloseAll();
    proxy_->Run();
    proxy_->End();
    http2_host_.reset();
  }

  // Fields of a cluster over TLS with this check.
  std::string Cluster(const std::string& check, const std::string& more = "") const {
    return absl::StrCat(R"(
common_lb_config: { healthy_panic_threshold: { value: 0 } }
health_checks:
- timeout: 1s
  interval: 5s
  no_traffic_interval: 5s
  unhealthy_threshold: 2
  healthy_threshold: 2
  )",
                        check, "\n", tls_.Upstream(), more);
  }
  // `alpn`: what the host takes of what it is offered.
  void Start(const std::string& cluster, const std::vector<std::string>& alpn) {
    proxy_ = std::make_unique<ProxyFixture>(
        ProxyFixture::ToUsers(),
        ProxyOptions{.cluster = cluster, .before_start = [this, &alpn](ProxyFixture& proxy) {
                       tls_.LayHost(proxy, alpn);
                       proxy.Host(H1Answer::Of(200));
                     }});
  }
  void StartWithHttp2Host(const std::string& cluster, const std::vector<std::string>& alpn) {
    proxy_ = std::make_unique<ProxyFixture>(
        ProxyFixture::ToUsers(),
        ProxyOptions{.cluster = cluster, .before_start = [this, &alpn](ProxyFixture& proxy) {
                       tls_.LayHost(proxy, alpn);
                       http2_host_ = std::make_unique<H2Server>(
                           proxy.world(), ProxyFixture::HostAddress(0, 0),
                           [](const H2Message&) { return H2Answer::Of(200); });
                     }});
  }
  int64_t Stat(const std::string& name) { return proxy_->Stat("cluster.users." + name); }

  TlsSetup tls_;
  std::unique_ptr<ProxyFixture> proxy_;
  std::unique_ptr<H2Server> http2_host_;
};

TEST_F(HealthCheckTls, AProbeOfATlsClusterSpeaksTls) {
  Start(Cluster("http_health_check: { path: / }"), {});
  EXPECT_EQ(tls_.hosts.handshakes, 1u);
  EXPECT_EQ(tls_.hosts.asked_name, "host.test");
  EXPECT_EQ(Stat("ssl.handshake"), 1);
  EXPECT_EQ(Stat("health_check.success"), 1);
  EXPECT_EQ(StatusOf(*proxy_), 200);
}

TEST_F(HealthCheckTls, TheNextProbeIsOnTheSameConnection) {
  Start(Cluster("http_health_check: { path: / }"), {});
  proxy_->Advance(seconds(11));
  EXPECT_EQ(Stat("health_check.success"), 3);
  EXPECT_EQ(tls_.hosts.handshakes, 1u);
}

TEST_F(HealthCheckTls, AHostThatSpeaksPlaintextFailsIt) {
  std::vector<std::unique_ptr<MemoryPeer>> peers;
  proxy_ = std::make_unique<ProxyFixture>(
      ProxyFixture::ToUsers(), ProxyOptions{.cluster = Cluster("http_health_check: { path: / }"),
                                            .before_start = [&](ProxyFixture& proxy) {
                                              proxy.world().memory().Serve(
                                                  ProxyFixture::HostAddress(0, 0),
                                                  [&](std::unique_ptr<MemoryPeer> peer) {
                                                    peer->Send("HTTP/1.1 400 Bad Request\r\n\r\n");
                                                    peers.push_back(std::move(peer));
                                                  });
                                            }});
  EXPECT_EQ(Stat("health_check.network_failure"), 1);
  EXPECT_EQ(Stat("health_check.healthy"), 0);
  EXPECT_EQ(StatusOf(*proxy_), 503);
  peers.clear();
}

TEST_F(HealthCheckTls, SoDoesOneWithACertificateThatNobodyVouchesFor) {
  // The proxy trusts somebody else.
  tls_.authority = MakeCertificate({.common_name = "somebody", .is_authority = true});
  Start(Cluster("http_health_check: { path: / }"), {});
  EXPECT_EQ(Stat("health_check.network_failure"), 1);
  EXPECT_EQ(Stat("ssl.fail_verify_error"), 1);
  EXPECT_EQ(StatusOf(*proxy_), 503);
}

TEST_F(HealthCheckTls, ATcpProbeIsTheHandshake) {
  Start(Cluster("tcp_health_check: {}"), {});
  EXPECT_EQ(tls_.hosts.handshakes, 1u);
  EXPECT_EQ(Stat("health_check.success"), 1);
}

TEST_F(HealthCheckTls, AnHttp2ProbeAgreesOnItByAlpn) {
  StartWithHttp2Host(Cluster("http_health_check: { path: /, codec_client_type: HTTP2 }", kHttp2),
                     {"h2"});
  EXPECT_EQ(tls_.hosts.alpn, "h2");
  EXPECT_EQ(Stat("health_check.success"), 1);
  proxy_->Advance(seconds(6));
  EXPECT_EQ(Stat("health_check.success"), 2);
  EXPECT_EQ(tls_.hosts.handshakes, 1u);
  EXPECT_EQ(StatusOf(*proxy_), 200);
}

TEST_F(HealthCheckTls, WhatAProbeOffersByAlpnMayBeSaidForItAlone) {
  Start(Cluster("tls_options: { alpn_protocols: [probe] }\n  http_health_check: { path: / }"),
        {"probe", "http/1.1"});
  EXPECT_EQ(tls_.hosts.alpn, "probe");
  EXPECT_EQ(Stat("health_check.success"), 1);
  EXPECT_EQ(StatusOf(*proxy_), 200);
  EXPECT_NE(tls_.hosts.alpn, "probe");
}

// ---- Hosts of which some speak TLS.

// A cluster whose hosts speak TLS where their labels say so.
std::string MixedCluster(const TlsSetup& tls, const std::string& check) {
  const std::string socket = absl::StrReplaceAll("\n" + tls.Upstream(), {{"\n", "\n  "}});
  return absl::StrCat(R"(
common_lb_config: { healthy_panic_threshold: { value: 0 } }
transport_socket_matches:
- name: tls
  match: { tls: true })",
                      socket, R"(
health_checks:
- { timeout: 1s, interval: 5s, no_traffic_interval: 5s, unhealthy_threshold: 2,
    healthy_threshold: 2, )",
                      check, " }\n");
}
constexpr char kMixedEndpoints[] = R"(
endpoints:
- lb_endpoints:
  - endpoint: { address: { socket_address: { address: 10.0.0.1, port_value: 80 } } }
    metadata: { filter_metadata: { envoy.transport_socket_match: { tls: true } } }
  - endpoint: { address: { socket_address: { address: 10.0.0.2, port_value: 80 } } }
)";

TEST_F(HealthCheckTls, EachHostIsSpokenToAsItsLabelsSay) {
  H1Server* hosts[2] = {};
  proxy_ = std::make_unique<ProxyFixture>(
      ProxyFixture::ToUsers(),
      ProxyOptions{.cluster = MixedCluster(tls_, "http_health_check: { path: /health }"),
                   .endpoints = kMixedEndpoints,
                   .before_start = [&](ProxyFixture& proxy) {
                     tls_.LayHost(proxy, {});
                     for (int i = 0; i < 2; ++i) hosts[i] = &proxy.Host(H1Answer::Of(200), i);
                   }});
  EXPECT_EQ(Stat("health_check.success"), 2);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(StatusOf(*proxy_), 200);
  for (const H1Server* host : hosts) EXPECT_EQ(host->requests().size(), 3u);
  EXPECT_EQ(Stat("ssl.handshake"), 2);  // of the check and of requests
}

TEST_F(HealthCheckTls, ProbesMaySpeakInAnotherWayThanRequests) {
  proxy_ = std::make_unique<ProxyFixture>(
      ProxyFixture::ToUsers(),
      ProxyOptions{.cluster = MixedCluster(tls_,
                                           "transport_socket_match_criteria: { tls: true }, "
                                           "http_health_check: { path: / }"),
                   .before_start = [&](ProxyFixture& proxy) {
                     tls_.LayHost(proxy, {});
                     proxy.Host(H1Answer::Of(200));
                   }});
  // Its check is over TLS; its requests are not, as it has no label.
  EXPECT_EQ(Stat("health_check.success"), 1);
  EXPECT_EQ(tls_.hosts.handshakes, 1u);
  proxy_->Client().Get("/");
  proxy_->Advance(seconds(4));
  EXPECT_EQ(Stat("upstream_rq_total"), 1);
  EXPECT_EQ(Stat("ssl.handshake"), 1);
  proxy_->Advance(seconds(16));
}

}  // namespace
}  // namespace sluice
