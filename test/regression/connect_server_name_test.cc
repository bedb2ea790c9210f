// A CONNECT that ends here asked its host for no name and held the certificate against none,
// whatever auto_sni and auto_san_validation said.
#include <memory>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/scenario/connect_ends.h"
#include "test/scenario/tcp_ends.h"
#include "test/scenario/tls_setup.h"

namespace sluice {
namespace {

const char kRoutes[] = R"(
virtual_hosts:
- name: all
  domains: ["*"]
  routes:
  - match: { connect_matcher: {} }
    route:
      cluster: users
      upgrade_configs: [{ upgrade_type: CONNECT, connect_config: {} }]
)";

const char kByName[] = R"(
typed_extension_protocol_options:
  envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
    "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
    explicit_http_config: { http_protocol_options: {} }
    upstream_http_protocol_options: { auto_sni: true, auto_san_validation: true }
)";

TEST(ConnectServerNameRegression, TheHostIsAskedForTheTargetsNameAndShowsIt) {
  TlsSetup tls;
  ProxyFixture proxy(
      kRoutes, {.cluster = absl::StrCat(tls.Upstream("allow_renegotiation: false"), kByName)});
  tls.LayHost(proxy, {});
  {
    TcpHost host(proxy);
    const auto fits = ConnectClient(proxy, Wire::kHttp1);
    AskToConnect(*fits, "a.test:443");
    proxy.Run();
    EXPECT_EQ(fits->Get(":status"), "200");
    EXPECT_EQ(tls.hosts.asked_name, "a.test");
    // The host's certificate is for a.test.
    const auto differs = ConnectClient(proxy, Wire::kHttp1);
    AskToConnect(*differs, "b.test:443");
    proxy.Run();
    EXPECT_EQ(differs->Get(":status"), "503");
    EXPECT_EQ(proxy.Stat("cluster.users.upstream_cx_connect_fail"), 1);
  }
}

}  // namespace
}  // namespace sluice
