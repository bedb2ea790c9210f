// What a TCP proxy's log lines say, when they are written; TLS before it, behind it and through it.
#include "absl/strings/str_cat.h"
#include "test/scenario/tcp_ends.h"
#include "test/scenario/tls_setup.h"

namespace sluice {
namespace {

using std::chrono::seconds;
using Lines = std::vector<std::string>;

const std::string kTlsInspector =
    "listener_filters:\n- name: tls\n  typed_config: { \"@type\": "
    "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector }\n";

// With a log of its own, not of one line for each connection.
ProxyOptions Logging(const std::string& options, const std::string& format,
                     const std::string& filter = "") {
  ProxyOptions made =
      Tcp(absl::StrCat(options, "\naccess_log:\n- name: log\n",
                       filter.empty() ? "" : absl::StrCat("  filter: ", filter, "\n"),
                       "  typed_config:\n    \"@type\": "
                       "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog\n"
                       "    path: /log\n    log_format: { text_format_source: { inline_string: \"",
                       format, "\\n\" } }\n"));
  made.log = "";
  return made;
}

TEST(TcpProxyLog, OneLineWithTheFactsOfTheConnection) {
  ProxyOptions options = Tcp();
  options.log =
      "%UPSTREAM_CLUSTER% %UPSTREAM_HOST% %DOWNSTREAM_LOCAL_ADDRESS% "
      "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %BYTES_RECEIVED% %BYTES_SENT% "
      "%UPSTREAM_WIRE_BYTES_SENT% %UPSTREAM_WIRE_BYTES_RECEIVED% %PROTOCOL% %RESPONSE_FLAGS% "
      "%DURATION% %ACCESS_LOG_TYPE%";
  ProxyFixture proxy("", options);
  TcpHost host(proxy);
  auto client = DialProxy(proxy);
  const std::string ip = client->local_address().ip_text();
  client->Send("12345");
  proxy.Advance(seconds(3));
  host.peer().Send("123456789");
  host.peer().SendFin();
  client->SendFin();
  proxy.Run();
  EXPECT_EQ(proxy.LogLines(), Lines{absl::StrCat("users 10.0.0.1:80 10.9.9.9:80 ", ip,
                                                 " 5 9 5 9 - - 3000 TcpConnectionEnd")});
}

TEST(TcpProxyLog, ItsListenerHasALineOfItsOwn) {
  ProxyOptions options = Tcp();
  options.log = "";
  options.listener =
      "access_log:\n- name: log\n  typed_config:\n    \"@type\": "
      "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog\n"
      "    path: /log\n    log_format: { text_format_source: { inline_string: "
      "\"%DOWNSTREAM_LOCAL_ADDRESS% %BYTES_RECEIVED% %BYTES_SENT% %PROTOCOL% %DURATION% "
      "%ACCESS_LOG_TYPE%\\n\" } }\n";
  ProxyFixture proxy("", options);
  TcpHost host(proxy);
  auto client = DialProxy(proxy);
  client->Send("12345");
  proxy.Advance(seconds(3));
  host.peer().Send("123456789");
  host.peer().SendFin();
  client->SendFin();
  proxy.Run();
  EXPECT_EQ(proxy.LogLines(), Lines{"10.9.9.9:80 5 9 - 3000 NotSet"});
}

TEST(TcpProxyLog, TheAddressOfTheProxysOwnEnd) {
  ProxyOptions options = Tcp();
  options.log = "%UPSTREAM_LOCAL_ADDRESS%";
  ProxyFixture proxy("", options);
  TcpHost host(proxy);
  auto client = DialProxy(proxy);
  proxy.Run();
  client.reset();
  proxy.Run();
  host.peer().SendFin();
  proxy.Run();
  const Lines lines = proxy.LogLines();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0], "-");
}

TEST(TcpProxyLog, AlsoWhenConnectedAndNowAndThen) {
  ProxyFixture proxy("", Logging("access_log_options: { access_log_flush_interval: 10s, "
                                 "flush_access_log_on_connected: true }",
                                 "%ACCESS_LOG_TYPE% %BYTES_RECEIVED% %DURATION%"));
  TcpHost host(proxy);
  auto client = DialProxy(proxy);
  proxy.Advance(seconds(9));
  client->Send("123");
  proxy.Advance(seconds(12));
  client->Send("4");
  proxy.Run();
  client->SendFin();
  proxy.Run();
  host.peer().SendFin();
  proxy.Run();
  EXPECT_EQ(proxy.LogLines(), (Lines{"TcpUpstreamConnected 0 0", "TcpPeriodic 3 10000",
                                     "TcpPeriodic 3 20000", "TcpConnectionEnd 4 21000"}));
}

TEST(TcpProxyLog, LinesNowAndThenDoNotKeepAnIdleTunnelOpen) {
  ProxyFixture proxy("", Logging("idle_timeout: 25s\naccess_log_flush_interval: 10s",
                                 "%ACCESS_LOG_TYPE% %DURATION%"));
  TcpHost host(proxy);
  auto client = DialProxy(proxy);
  proxy.Advance(seconds(60));
  EXPECT_TRUE(client->got_fin());
  EXPECT_EQ(proxy.LogLines(),
            (Lines{"TcpPeriodic 10000", "TcpPeriodic 20000", "TcpConnectionEnd 25000"}));
}

TEST(TcpProxyLog, NoLineOfAConnectionWhereThereIsNone) {
  ProxyFixture proxy("", Logging("access_log_options: { flush_access_log_on_connected: true }",
                                 "%ACCESS_LOG_TYPE%"));
  auto client = DialProxy(proxy);
  proxy.Run();
  EXPECT_TRUE(client->got_fin());
  EXPECT_EQ(proxy.LogLines(), Lines{"TcpConnectionEnd"});
}

TEST(TcpProxyLog, FiltersSeeFlagsAndTypes) {
  ProxyFixture proxy("", Logging("max_connect_attempts: 1", "%RESPONSE_FLAGS%",
                                 "{ response_flag_filter: { flags: [URX] } }"));
  auto refused = DialProxy(proxy);
  proxy.Run();
  {
    TcpHost host(proxy);
    auto client = DialProxy(proxy);
    proxy.Run();
  }
  proxy.Run();
  EXPECT_EQ(proxy.LogLines(), Lines{"UF,URX"});
}

// ---- TLS. Scenarios of it are not run with faults: those of the bytes below are above.

TEST(TcpProxyOverTls, PassesThroughByTheNameThatIsAskedFor) {
  TlsSetup tls;
  ProxyOptions options = Tcp();
  options.listener = kTlsInspector;
  options.match = "{ server_names: [a.test] }";
  options.tcp_chains = {{"others", "{ server_names: [\"*.test\"] }"}};
  options.clusters = {{"users", 1}, {"others", 1}};
  options.log = "%REQUESTED_SERVER_NAME% %UPSTREAM_CLUSTER% %DOWNSTREAM_TLS_VERSION%";
  ProxyFixture proxy("", options);
  tls.LayHost(proxy, {"h2"});
  tls.LayClients(proxy, {"h2"});
  TcpHost host(proxy), other(proxy, 0, 1);
  auto client = DialProxy(proxy);
  client->Send("secret");
  proxy.Run();
  EXPECT_EQ(host.peer().Take(), "secret");
  EXPECT_EQ(tls.clients.peer_name, "host") << "it is the host's certificate that the client sees";
  EXPECT_EQ(tls.clients.alpn, "h2");
  tls.LayClients(proxy, {}, nullptr, "b.test");
  auto second = DialProxy(proxy);
  proxy.Run();
  EXPECT_EQ(other.connections(), 1u);
  client.reset();
  proxy.Run();
  host.peer().SendFin();
  proxy.Run();
  EXPECT_EQ(proxy.LogLines(), Lines{"a.test users -"});
}

TEST(TcpProxyOverTls, EndsAtTheProxy) {
  TlsSetup tls;
  ProxyOptions options = Tcp();
  options.filter_chain = tls.Downstream();
  options.log = "%DOWNSTREAM_TLS_VERSION% %REQUESTED_SERVER_NAME% %BYTES_RECEIVED% %BYTES_SENT%";
  ProxyFixture proxy("", options);
  tls.LayClients(proxy, {});
  TcpHost host(proxy);
  auto client = DialProxy(proxy);
  client->Send("ping");
  proxy.Run();
  EXPECT_EQ(host.peer().Take(), "ping");
  host.peer().Send("pong");
  host.peer().SendFin();
  proxy.Run();
  EXPECT_EQ(client->Take(), "pong");
  client->SendFin();
  proxy.Run();
  EXPECT_EQ(proxy.LogLines(), Lines{"TLSv1.3 a.test 4 4"});
}

TEST(TcpProxyOverTls, NoHostIsAskedForAClientWithoutAHandshake) {
  TlsSetup tls;
  ProxyOptions options = Tcp();
  options.filter_chain = tls.Downstream() + "transport_socket_connect_timeout: 5s\n";
  options.log = "%CONNECTION_TERMINATION_DETAILS% %UPSTREAM_CLUSTER%";
  ProxyFixture proxy("", options);
  TcpHost host(proxy);
  auto silent = DialProxy(proxy);
  auto wrong = DialProxy(proxy);
  wrong->Send("GET / HTTP/1.1\r\n\r\n");
  proxy.Advance(seconds(6));
  EXPECT_TRUE(silent->got_fin());
  EXPECT_TRUE(wrong->got_fin() || wrong->got_reset());
  EXPECT_EQ(host.connections(), 0u);
  EXPECT_EQ(proxy.LogLines(), (Lines{"- -", "transport socket timeout was reached -"}));
}

TEST(TcpProxyOverTls, BeginsAtTheProxy) {
  TlsSetup tls;
  ProxyOptions options = Tcp();
  options.cluster = tls.Upstream();
  options.log = "%UPSTREAM_TLS_VERSION% %UPSTREAM_PEER_SUBJECT% %BYTES_RECEIVED%";
  ProxyFixture proxy("", options);
  tls.LayHost(proxy, {});
  TcpHost host(proxy);
  auto client = DialProxy(proxy);
  client->Send("ping");
  proxy.Run();
  EXPECT_EQ(host.peer().Take(), "ping");
  EXPECT_EQ(tls.hosts.asked_name, "host.test");
  client->SendFin();
  proxy.Run();
  EXPECT_TRUE(host.peer().got_fin());
  host.peer().SendFin();
  proxy.Run();
  EXPECT_EQ(proxy.LogLines(), Lines{"TLSv1.3 CN=host 4"});
}

TEST(TcpProxyOverTls, AHostWhoseCertificateDoesNotFitIsAFailedConnect) {
  TlsSetup tls;
  ProxyOptions options = Tcp();
  options.cluster = tls.Upstream();
  tls.host = MakeCertificate({.common_name = "stranger"});
  options.log = "%RESPONSE_FLAGS% %UPSTREAM_TRANSPORT_FAILURE_REASON%";
  ProxyFixture proxy("", options);
  tls.LayHost(proxy, {});
  TcpHost host(proxy);
  auto client = DialProxy(proxy);
  client->Send("ping");
  proxy.Run();
  EXPECT_TRUE(client->got_fin() || client->got_reset());
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_cx_connect_fail"), 1);
  const Lines lines = proxy.LogLines();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].substr(0, 7), "UF,URX ");
  EXPECT_NE(lines[0].find("CERTIFICATE_VERIFY_FAILED"), std::string::npos) << lines[0];
}

}  // namespace
}  // namespace sluice
