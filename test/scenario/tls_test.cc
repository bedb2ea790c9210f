// TLS on either side of the proxy: which HTTP ALPN chooses, what requests and logs say of it, and
// what a failed handshake comes to.
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/h2_peer.h"
#include "test/scenario/tls_setup.h"

namespace sluice {
namespace {

using std::chrono::seconds;
using Lines = std::vector<std::string>;

std::string Options(const std::string& protocol, const std::string& more = "") {
  return absl::StrCat(
      "typed_extension_protocol_options:\n"
      "  envoy.extensions.upstreams.http.v3.HttpProtocolOptions:\n"
      "    \"@type\": "
      "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions\n    ",
      protocol, "\n", more.empty() ? "" : "    ", more, "\n");
}

constexpr char kAuto[] = "auto_config: {}";

class Tls : public testing::Test {
 protected:
  void Start(const ProxyOptions& options) {
    proxy_ = std::make_unique<ProxyFixture>(ProxyFixture::ToUsers(), options);
  }
  H2Client& Client() {
    client_ = std::make_unique<H2Client>(proxy_->world(), proxy_->listener_address());
    return *client_;
  }
  H2Server& Host(const H2Answer& answer) {
    host_ = std::make_unique<H2Server>(proxy_->world(), ProxyFixture::HostAddress(0, 0),
                                       [answer](const H2Message&) { return answer; });
    return *host_;
  }

  TlsSetup tls_;
  std::unique_ptr<ProxyFixture> proxy_;
  std::unique_ptr<H2Client> client_;
  std::unique_ptr<H2Server> host_;
};

// ---- From clients.

TEST_F(Tls, AlpnChoosesHttp2) {
  Start({.filter_chain = tls_.Downstream(), .log = "%PROTOCOL% %REQUESTED_SERVER_NAME%"});
  tls_.LayClients(*proxy_, {"h2", "http/1.1"});
  H1Server& host = proxy_->Host(H1Answer::Of(200, "hi"));
  H2Client& client = Client();
  const uint32_t stream = client.Get("/");
  proxy_->Run();
  EXPECT_EQ(tls_.clients.alpn, "h2");
  EXPECT_EQ(client.response(stream).body, "hi");
  EXPECT_EQ(host.request(0).header("x-forwarded-proto"), "https");
  EXPECT_EQ(proxy_->LogLines(), Lines{"HTTP/2 a.test"});
  EXPECT_EQ(proxy_->Stat("http.test.downstream_cx_ssl_total"), 1);
  EXPECT_EQ(proxy_->Stat("http.test.downstream_cx_ssl_active"), 1);
  EXPECT_EQ(proxy_->Stat("http.test.downstream_cx_http2_total"), 1);
}

TEST_F(Tls, AlpnChoosesHttp1) {
  Start({.filter_chain = tls_.Downstream(), .log = "%PROTOCOL% %DOWNSTREAM_TLS_VERSION%"});
  tls_.LayClients(*proxy_, {"http/1.1"});
  proxy_->Host(H1Answer::Of(200, "hi"));
  H1Client& client = proxy_->Client();
  client.Get("/");
  proxy_->Run();
  EXPECT_EQ(tls_.clients.alpn, "http/1.1");
  EXPECT_EQ(client.response(0).body, "hi");
  EXPECT_EQ(proxy_->LogLines(), Lines{"HTTP/1.1 TLSv1.3"});
}

// Envoy: the preface decides.
TEST_F(Tls, WithoutAlpnThePrefaceDecides) {
  Start({.filter_chain = tls_.Downstream()});
  tls_.LayClients(*proxy_, {});
  proxy_->Host(H1Answer::Of(200, "hi"));
  H1Client& one = proxy_->Client();
  one.Get("/");
  H2Client& two = Client();
  const uint32_t stream = two.Get("/");
  proxy_->Run();
  EXPECT_EQ(tls_.clients.alpn, "");
  EXPECT_EQ(one.response(0).body, "hi");
  EXPECT_EQ(two.response(stream).body, "hi");
}

TEST_F(Tls, ARequestThatHasToBeSecureIs) {
  proxy_ = std::make_unique<ProxyFixture>(R"(
    virtual_hosts:
    - name: all
      domains: ["*"]
      require_tls: ALL
      routes: [{ match: { prefix: "/" }, route: { cluster: users } }])",
                                          ProxyOptions{.filter_chain = tls_.Downstream()});
  tls_.LayClients(*proxy_, {"http/1.1"});
  proxy_->Host(H1Answer::Of(200, "hi"));
  H1Client& client = proxy_->Client();
  client.Get("/");
  proxy_->Run();
  EXPECT_EQ(client.response(0).status(), 200);
}

TEST_F(Tls, PlaintextOnATlsPortIsClosed) {
  Start({.filter_chain = tls_.Downstream()});
  H1Client& client = proxy_->Client();
  client.Get("/");
  proxy_->Advance(seconds(2));
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_TRUE(client.responses().empty());
  EXPECT_EQ(proxy_->Stat("http.test.downstream_rq_total"), 0);
}

// ---- To hosts.

TEST_F(Tls, ToAHostThatSpeaksHttp2) {
  Start({.cluster = absl::StrCat(tls_.Upstream(), Options(kAuto)),
         .log = "%RESPONSE_CODE% %UPSTREAM_PROTOCOL% %UPSTREAM_TLS_VERSION% "
                "%UPSTREAM_PEER_SUBJECT%"});
  tls_.LayHost(*proxy_, {"h2"});
  Host(H2Answer::Of(200, "hi"));
  H1Client& client = proxy_->Client();
  client.Get("/");
  proxy_->Run();
  EXPECT_EQ(client.response(0).body, "hi");
  EXPECT_EQ(tls_.hosts.alpn, "h2");
  EXPECT_EQ(tls_.hosts.asked_name, "host.test");
  EXPECT_EQ(proxy_->LogLines(), Lines{"200 HTTP/2 TLSv1.3 CN=host"});
}

TEST_F(Tls, ToAHostThatDoesNot) {
  Start({.cluster = absl::StrCat(tls_.Upstream(), Options(kAuto)),
         .log = "%RESPONSE_CODE% %UPSTREAM_PROTOCOL%"});
  tls_.LayHost(*proxy_, {"http/1.1"});
  H1Server& host = proxy_->Host(H1Answer::Of(200, "hi"));
  H2Client& client = Client();
  std::vector<uint32_t> streams;
  for (int i = 0; i < 3; ++i) streams.push_back(client.Get("/"));
  proxy_->Run();
  for (const uint32_t stream : streams) EXPECT_EQ(client.response(stream).body, "hi");
  EXPECT_EQ(tls_.hosts.alpn, "http/1.1");
  // One connection was thought enough for three streams, before the handshake.
  EXPECT_LE(host.connections_accepted(), 3u);
}

TEST_F(Tls, TheSchemeMatchesTheHostOnRequest) {
  constexpr char kMatch[] = "scheme_header_transformation: { match_upstream: true }";
  Start({.manager = kMatch, .cluster = absl::StrCat(tls_.Upstream(), Options(kAuto))});
  tls_.LayHost(*proxy_, {"h2"});
  H2Server& host = Host(H2Answer::Of(200));
  proxy_->Client().Get("/", {"x-forwarded-proto: http"});
  proxy_->Run();
  ASSERT_EQ(host.requests().size(), 1u);
  EXPECT_EQ(host.requests()[0].Get(":scheme"), "https");
  EXPECT_EQ(host.requests()[0].Get("x-forwarded-proto"), "http");
}

TEST_F(Tls, AHostThatCannotBeTrustedIsNotSpokenTo) {
  const TestCertificate other =
      MakeCertificate({.common_name = "other authority", .is_authority = true});
  Start({.cluster = tls_.Upstream()});
  tls_.host = MakeCertificate({.common_name = "host", .sans = {"DNS:host.test"}, .issuer = &other});
  tls_.LayHost(*proxy_, {});
  H1Server& host = proxy_->Host(H1Answer::Of(200));
  H1Client& client = proxy_->Client();
  client.Get("/");
  proxy_->Run();
  EXPECT_EQ(client.response(0).status(), 503);
  EXPECT_TRUE(host.requests().empty());
  const Lines lines = proxy_->LogLines();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].find("503 UF upstream_reset_before_response_started{connection_failure|TLS_"),
            0u)
      << lines[0];
  EXPECT_EQ(proxy_->Stat("cluster.users.upstream_cx_connect_fail"), 1);
}

TEST_F(Tls, TheServerNameIsThatOfTheRequest) {
  Start({.cluster = absl::StrCat(tls_.Upstream("allow_renegotiation: false"),
                                 Options("explicit_http_config: { http_protocol_options: {} }",
                                         "upstream_http_protocol_options: { auto_sni: true, "
                                         "auto_san_validation: true }"))});
  tls_.LayHost(*proxy_, {});
  H1Server& host = proxy_->Host(H1Answer::Of(200, "hi"));
  H1Client& client = proxy_->Client();
  client.Send("GET / HTTP/1.1\r\nhost: a.test:80\r\n\r\n");
  proxy_->Run();
  EXPECT_EQ(client.response(0).status(), 200);
  EXPECT_EQ(tls_.hosts.asked_name, "a.test");
  // Another name is another connection; and the certificate does not have this one.
  client.Send("GET / HTTP/1.1\r\nhost: b.test\r\n\r\n");
  proxy_->Run();
  EXPECT_EQ(client.response(1).status(), 503);
  EXPECT_EQ(host.requests().size(), 1u);
  client.Send("GET / HTTP/1.1\r\nhost: a.test\r\n\r\n");
  proxy_->Run();
  EXPECT_EQ(client.response(2).status(), 200);
  EXPECT_EQ(host.connections_open(), 1u);
}

}  // namespace
}  // namespace sluice
