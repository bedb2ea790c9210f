// Several filter chains on one port, and what listener filters find out.
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

using std::chrono::seconds;

const std::string kFilterTypes = "type.googleapis.com/envoy.extensions.filters.listener.";

std::string ListenerFilter(const std::string& type, const std::string& fields = "") {
  return absl::StrCat("- name: filter\n  typed_config: { \"@type\": ", kFilterTypes, type,
                      fields.empty() ? "" : ", ", fields, " }\n");
}
const std::string kProxyProtocol = "proxy_protocol.v3.ProxyProtocol";
const std::string kHttpInspector = "http_inspector.v3.HttpInspector";
const std::string kOriginalDst = "original_dst.v3.OriginalDst";

std::string Filters(const std::string& items) { return "listener_filters:\n" + items; }

// The one response, as text, of a client that sends these bytes.
std::string Answer(ProxyFixture& proxy, const std::string& bytes) {
  H1Client& client = proxy.Client();
  client.Send(bytes);
  proxy.Run();
  if (client.responses().empty()) return client.closed_by_peer() ? "closed" : "nothing";
  return client.response(0).body;
}

const std::string kGet = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";

TEST(FilterChains, OnePortSeveralChains) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.listener = Filters(ListenerFilter(kProxyProtocol)),
                      .match = "{ transport_protocol: tls }",
                      .chains = {{"port", "{ destination_port: 8443 }"},
                                 {"office",
                                  "{ source_prefix_ranges: [{ address_prefix: 192.0.2.0, "
                                  "prefix_len: 24 }] }"},
                                 {"rest", "{}"}}});
  EXPECT_EQ(Answer(proxy, "PROXY TCP4 192.0.2.1 10.9.9.9 5000 80\r\n" + kGet), "office");
  EXPECT_EQ(Answer(proxy, "PROXY TCP4 192.0.2.1 10.9.9.9 5000 8443\r\n" + kGet), "port");
  EXPECT_EQ(Answer(proxy, "PROXY TCP6 2001:db8::1 2001:db8::2 5000 80\r\n" + kGet), "rest");
  EXPECT_EQ(Answer(proxy, "PROXY UNKNOWN\r\n" + kGet), "rest");
}

TEST(FilterChains, NoneThatMatches) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.match = "{ server_names: [x.org] }"});
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(proxy.Stat("listener.10.9.9.9_80.no_filter_chain_match"), 1);
}

TEST(FilterChains, ByTheVersionOfHttp) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.listener = Filters(ListenerFilter(kHttpInspector)),
                      .match = "{ application_protocols: [h2c] }",
                      .chains = {{"old", "{ application_protocols: [http/1.0, http/0.9] }"},
                                 {"new", "{ application_protocols: [http/1.1] }"}}});
  EXPECT_EQ(Answer(proxy, kGet), "new");
  // HTTP/1.0 is not accepted by default: what matters is whose answer that is.
  Answer(proxy, "GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(proxy.Stat("http_inspector.http10_found"), 1);
  EXPECT_EQ(proxy.Stat("listener.10.9.9.9_80.no_filter_chain_match"), 0);
  EXPECT_EQ(Answer(proxy, "SSH-2.0-OpenSSH\r\n"), "closed");
  EXPECT_EQ(proxy.Stat("listener.10.9.9.9_80.no_filter_chain_match"), 1);
}

TEST(FilterChains, ByTheOriginalDestination) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.listener = Filters(ListenerFilter(kOriginalDst)),
                                               .match = "{ destination_port: 80 }",
                                               .chains = {{"tls", "{ destination_port: 443 }"}}});
  proxy.world().memory().Redirect(*Address::FromIp("198.51.100.7", 443), proxy.listener_address());
  EXPECT_EQ(Answer(proxy, kGet), "tls");
}

TEST(ProxyProtocol, TheHeadersSourceIsTheClient) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.manager = "use_remote_address: true\nappend_x_forwarded_port: true",
                      .listener = Filters(ListenerFilter(kProxyProtocol)),
                      .log = "%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% "
                             "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%"});
  H1Server& host = proxy.Host(H1Answer::Of(200, "hi"));
  const std::string v2(
      "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\x00\x02\x01\xc6\x33\x64\x02\x13\x88\x01\xbb", 28);
  size_t sent = 0;
  for (const std::string& header :
       {std::string("PROXY TCP4 192.0.2.1 198.51.100.2 5000 443\r\n"), v2}) {
    H1Client& client = proxy.Client();
    client.Send(header + kGet);
    proxy.Run();
    EXPECT_EQ(client.response(0).body, "hi");
    const H1Message& request = host.request(sent++);
    EXPECT_EQ(request.header("x-forwarded-for"), "192.0.2.1");
    EXPECT_EQ(request.header("x-forwarded-port"), "443");
    const std::string direct = client.peer().local_address().ip_text();
    const std::vector<std::string> lines = proxy.LogLines();
    EXPECT_EQ(lines.empty() ? "" : lines.back(),
              absl::StrCat("192.0.2.1:5000 198.51.100.2:443 ", direct));
  }
}

TEST(ProxyProtocol, ATlvIsToldInLogsAndHeadersOfEveryRequest) {
  ProxyFixture proxy(ProxyFixture::ToUsers() +
                         "request_headers_to_add:\n- header: { key: x-endpoint, value: "
                         "\"%DYNAMIC_METADATA(aws:endpoint)%\" }\n",
                     {.listener = Filters(ListenerFilter(
                          kProxyProtocol,
                          "rules: [{ tlv_type: 234, on_tlv_present: { metadata_namespace: aws, "
                          "key: endpoint } }]")),
                      .log = "%DYNAMIC_METADATA(aws:endpoint)% %DYNAMIC_METADATA(aws:other)%"});
  H1Server& host = proxy.Host(H1Answer::Of(200, "hi"));
  H1Client& client = proxy.Client();
  client.Send(
      std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x16\xc0\x00\x02\x01\xc6\x33\x64\x02\x13\x88"
                  "\x01\xbb\xea\0\x07\x01vpce-1",
                  38) +
      kGet);
  proxy.Run();
  client.Send(kGet);
  proxy.Run();
  EXPECT_EQ(host.request(0).header("x-endpoint"), "!vpce-1");
  EXPECT_EQ(host.request(1).header("x-endpoint"), "!vpce-1");
  EXPECT_EQ(proxy.LogLines(), (std::vector<std::string>{"!vpce-1 -", "!vpce-1 -"}));
}

TEST(ProxyProtocol, WithoutAHeaderThereIsNoAnswer) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.listener = Filters(ListenerFilter(kProxyProtocol))});
  EXPECT_EQ(Answer(proxy, kGet), "closed");
}

TEST(ProxyProtocol, UnlessItMayBeMissing) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.listener = Filters(ListenerFilter(
                          kProxyProtocol, "allow_requests_without_proxy_protocol: true"))});
  proxy.Host(H1Answer::Of(200, "hi"));
  EXPECT_EQ(Answer(proxy, kGet), "hi");
}

TEST(Listener, SeveralAddresses) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.listener = "additional_addresses:\n- address: { socket_address: { address: "
                                  "10.9.9.8, port_value: 81 } }\n",
                      .match = "{ destination_port: 80 }",
                      .chains = {{"other", "{ destination_port: 81 }"}}});
  auto peer = proxy.world().memory().Dial(*Address::FromIp("10.9.9.8", 81));
  peer->Send(kGet);
  proxy.Run();
  EXPECT_NE(peer->received().find("other"), std::string::npos) << peer->received();
  proxy.Host(H1Answer::Of(200, "hi"));
  EXPECT_EQ(Answer(proxy, kGet), "hi");
}

TEST(Listener, OneSocketForAllWorkers) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.workers = 3, .listener = "enable_reuse_port: false\n"});
  proxy.Host(H1Answer::Of(200, "hi"));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(Answer(proxy, kGet), "hi");
}

TEST(Listener, ConnectionsThatAreHandedToOtherWorkersAreServed) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.workers = 3,
                      .listener = "enable_reuse_port: false\n"
                                  "connection_balance_config: { exact_balance: {} }\n"});
  proxy.Host(H1Answer::Of(200, "hi"));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(Answer(proxy, kGet), "hi");
}

TEST(ListenerFilters, AreLeftOutWhereTheyAreDisabled) {
  const std::string disabled =
      "  filter_disabled: { and_match: { rules: [{ destination_port_range: { start: 80, end: 81 } "
      "},"
      " { not_match: { destination_port_range: { start: 81, end: 90 } } }] } }\n";
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.listener = "additional_addresses:\n- address: { socket_address: { address: "
                                  "10.9.9.8, port_value: 81 } }\n" +
                                  Filters(ListenerFilter(kProxyProtocol) + disabled)});
  proxy.Host(H1Answer::Of(200, "hi"));
  EXPECT_EQ(Answer(proxy, kGet), "hi");
  auto peer = proxy.world().memory().Dial(*Address::FromIp("10.9.9.8", 81));
  peer->Send(kGet);
  proxy.Run();
  EXPECT_EQ(peer->received(), "");
  EXPECT_TRUE(peer->got_fin() || peer->got_reset());
}

TEST(ListenerFilters, TheirTimeIsBounded) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.listener = Filters(ListenerFilter(kProxyProtocol)) +
                                                           "listener_filters_timeout: 5s"});
  H1Client& silent = proxy.Client();
  H1Client& slow = proxy.Client();
  slow.Send("PROXY ");
  proxy.Advance(seconds(4));
  slow.Send("TCP4 ");
  EXPECT_EQ(proxy.Stat("listener.10.9.9.9_80.downstream_pre_cx_active"), 2);
  proxy.Advance(seconds(1));
  EXPECT_TRUE(silent.closed_by_peer());
  EXPECT_TRUE(slow.closed_by_peer());
  EXPECT_EQ(proxy.Stat("listener.10.9.9.9_80.downstream_pre_cx_timeout"), 2);
  EXPECT_EQ(proxy.Stat("listener.10.9.9.9_80.downstream_pre_cx_active"), 0);
}

TEST(ListenerFilters, OrTheChainTakesWhatThereIs) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.listener = Filters(ListenerFilter(kHttpInspector)) +
                                  "listener_filters_timeout: 5s\n"
                                  "continue_on_listener_filters_timeout: true"});
  proxy.Host(H1Answer::Of(200, "hi"));
  H1Client& client = proxy.Client();
  client.Send("GET /");
  proxy.Advance(seconds(5));
  client.Send(" HTTP/1.1\r\nhost: x\r\n\r\n");
  proxy.Run();
  EXPECT_EQ(client.response(0).body, "hi");
}

}  // namespace
}  // namespace sluice
