// What a host is told of the client, and what of the client's own words is believed.
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/h2_peer.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

using Lines = std::vector<std::string>;

// The request as the host got it.
H1Message Forward(const std::string& manager, const Lines& headers, std::string* log = nullptr) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.manager = manager, .log = "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"});
  H1Server& host = proxy.Host(H1Answer::Of(200));
  proxy.Client().Get("/", headers);
  proxy.Run();
  if (log != nullptr) *log = proxy.LogLines().empty() ? "" : proxy.LogLines()[0];
  EXPECT_EQ(host.requests().size(), 1u);
  return host.requests().empty() ? H1Message() : host.requests()[0];
}

TEST(Forwarding, ClaimsPassUnchangedBehindAnotherProxy) {
  std::string log;
  const H1Message request =
      Forward("", {"x-forwarded-for: 1.2.3.4, 5.6.7.8", "x-forwarded-proto: https"}, &log);
  EXPECT_EQ(request.header("x-forwarded-for"), "1.2.3.4, 5.6.7.8");
  EXPECT_EQ(request.header("x-forwarded-proto"), "https");
  EXPECT_EQ(log, "5.6.7.8");
}

TEST(Forwarding, AtTheEdgeThePeerIsTheClient) {
  std::string log;
  const H1Message request = Forward("use_remote_address: true",
                                    {"x-forwarded-for: 1.2.3.4", "x-forwarded-proto: https",
                                     "x-envoy-expected-rq-timeout-ms: 5", "x-envoy-internal: true"},
                                    &log);
  // Under faults no request may have come.
  const std::string chain = request.header("x-forwarded-for").value_or("");
  EXPECT_TRUE(absl::StartsWith(chain, "1.2.3.4,")) << chain;
  EXPECT_TRUE(absl::EndsWith(chain, log)) << log;
  EXPECT_NE(log, "1.2.3.4");
  EXPECT_EQ(request.header("x-forwarded-proto"), "http");
}

TEST(Forwarding, TrustedHopsAreSkippedFromTheRight) {
  std::string log;
  Forward("xff_num_trusted_hops: 1", {"x-forwarded-for: 1.1.1.1, 2.2.2.2, 3.3.3.3"}, &log);
  EXPECT_EQ(log, "2.2.2.2");
  Forward("use_remote_address: true\nxff_num_trusted_hops: 1",
          {"x-forwarded-for: 1.1.1.1, 2.2.2.2"}, &log);
  EXPECT_EQ(log, "2.2.2.2");
}

TEST(Forwarding, SkipXffAppendLeavesTheHeaderAlone) {
  const H1Message request =
      Forward("use_remote_address: true\nskip_xff_append: true", {"x-forwarded-for: 1.2.3.4"});
  EXPECT_EQ(request.header("x-forwarded-for"), "1.2.3.4");
}

TEST(Forwarding, ThePortIsThatOfTheListener) {
  EXPECT_EQ(Forward("use_remote_address: true\nappend_x_forwarded_port: true", {})
                .header("x-forwarded-port"),
            "80");
  EXPECT_EQ(Forward("use_remote_address: true", {}).header("x-forwarded-port"), std::nullopt);
}

// The request as a host that speaks HTTP/2 got it, from a client that says this scheme.
H2Message ForwardScheme(const std::string& scheme, const std::string& transformation,
                        std::string* log = nullptr) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.manager = absl::StrCat("scheme_header_transformation: ", transformation),
                      .cluster = "http2_protocol_options: {}",
                      .log = "%REQ(:SCHEME)%"});
  H2Server host(proxy.world(), ProxyFixture::HostAddress(0, 0),
                [](const H2Message&) { return H2Answer::Of(200); });
  H2Client client(proxy.world(), proxy.listener_address());
  client.Start({{":method", "GET"}, {":scheme", scheme}, {":authority", "a.test"}, {":path", "/"}},
               End::kYes);
  proxy.Run();
  if (log != nullptr) *log = proxy.LogLines().empty() ? "" : proxy.LogLines()[0];
  return host.requests().empty() ? H2Message() : host.requests()[0];
}

TEST(Forwarding, TheSchemeIsTheClientsUnlessItIsOverwritten) {
  EXPECT_EQ(ForwardScheme("https", "{}").Get(":scheme"), "https");
  EXPECT_EQ(ForwardScheme("http", "{}").Get(":scheme"), "http");
  std::string log;
  const H2Message request =
      ForwardScheme("http", "{ scheme_to_overwrite: https, match_upstream: true }", &log);
  EXPECT_EQ(request.Get(":scheme"), "https");
  EXPECT_EQ(request.Get("x-forwarded-proto"), "https");
  EXPECT_EQ(log, "https");
  EXPECT_EQ(ForwardScheme("https", "{ scheme_to_overwrite: http }").Get(":scheme"), "http");
}

TEST(Forwarding, OverHttp1TheOverwrittenSchemeIsInXForwardedProto) {
  const H1Message request = Forward(
      "scheme_header_transformation: { scheme_to_overwrite: https }\n"
      "use_remote_address: true",
      {"x-forwarded-proto: http"});
  EXPECT_EQ(request.header("x-forwarded-proto"), "https");
}

TEST(Forwarding, TheSchemeMatchesAPlaintextHostOnRequest) {
  const H2Message request = ForwardScheme("https", "{ match_upstream: true }");
  EXPECT_EQ(request.Get(":scheme"), "http");
  EXPECT_EQ(request.Get("x-forwarded-proto"), "http") << "which is the connection's";
}

TEST(Forwarding, EachRequestHasAnId) {
  const std::string id = Forward("", {}).header("x-request-id").value_or("");
  ASSERT_EQ(id.size(), 36u);
  EXPECT_EQ(id[14], '4');
  EXPECT_EQ(Forward("", {"x-request-id: mine"}).header("x-request-id"), "mine");
  EXPECT_EQ(Forward("generate_request_id: false", {}).header("x-request-id"), std::nullopt);
}

TEST(Forwarding, ViaIsAppended) {
  EXPECT_EQ(Forward("via: here", {"via: 1.1 there"}).header("via"), "1.1 there, here");
}

TEST(Forwarding, ResponsesSayWhoServedThemAndWhen) {
  const auto respond = [](const std::string& manager, const Lines& headers) {
    ProxyFixture proxy(ProxyFixture::ToUsers(), {.manager = manager});
    proxy.Host(H1Answer::Of(200, "", headers));
    H1Client& client = proxy.Client();
    client.Get("/", {"x-request-id: id-7"});
    proxy.Run();
    return client.response(0);
  };
  EXPECT_EQ(respond("", {"server: nginx"}).header("server"), "sluice");
  EXPECT_EQ(respond("server_name: edge", {}).header("server"), "edge");
  EXPECT_EQ(
      respond("server_header_transformation: APPEND_IF_ABSENT", {"server: nginx"}).header("server"),
      "nginx");
  EXPECT_EQ(respond("server_header_transformation: APPEND_IF_ABSENT", {}).header("server"),
            "sluice");
  EXPECT_EQ(respond("server_header_transformation: PASS_THROUGH", {}).header("server"),
            std::nullopt);
  EXPECT_EQ(respond("", {"date: Sat, 01 Jan 2022 00:00:00 GMT"}).header("date"),
            "Sat, 01 Jan 2022 00:00:00 GMT");
  EXPECT_TRUE(respond("", {}).header("date").has_value());
  EXPECT_EQ(respond("", {}).header("x-request-id"), std::nullopt);
  EXPECT_EQ(respond("always_set_request_id_in_response: true", {}).header("x-request-id"), "id-7");
  EXPECT_EQ(respond("via: here", {}).header("via"), "here");
}

TEST(Forwarding, EditsOfTheRouteComeBeforeThoseOfTheVirtualHostAndTheTable) {
  ProxyFixture proxy(R"(
    request_headers_to_add: [{ header: { key: x-order, value: table } }]
    response_headers_to_add: [{ header: { key: x-order, value: table } }]
    virtual_hosts:
    - name: all
      domains: ["*"]
      request_headers_to_add: [{ header: { key: x-order, value: host } }]
      response_headers_to_add: [{ header: { key: x-order, value: host } }]
      routes:
      - match: { prefix: / }
        route: { cluster: users }
        request_headers_to_add: [{ header: { key: x-order, value: route } }]
        response_headers_to_add: [{ header: { key: x-order, value: route } }]
  )");
  H1Server& host = proxy.Host(H1Answer::Of(200));
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  const auto values = [](const H1Message& message) {
    std::string joined;
    for (const auto& [name, value] : message.headers) {
      if (name == "x-order") absl::StrAppend(&joined, value, " ");
    }
    return joined;
  };
  ASSERT_EQ(host.requests().size(), 1u);
  EXPECT_EQ(values(host.requests()[0]), "route host table ");
  EXPECT_EQ(values(client.response(0)), "route host table ");
}

TEST(Forwarding, TheExpectedTimeoutIsTheRoutesUnlessEnvoyHeadersAreSuppressed) {
  for (const bool suppressed : {false, true}) {
    ProxyFixture proxy(ProxyFixture::ToUsers("timeout: 7s"),
                       {.router = suppressed ? "suppress_envoy_headers: true" : ""});
    H1Server& host = proxy.Host(H1Answer::Of(200));
    H1Client& client = proxy.Client();
    client.Get("/");
    proxy.Run();
    ASSERT_EQ(host.requests().size(), 1u);
    EXPECT_EQ(host.requests()[0].header("x-envoy-expected-rq-timeout-ms").value_or("-"),
              suppressed ? "-" : "7000");
    EXPECT_EQ(client.response(0).header("x-envoy-upstream-service-time").has_value(), !suppressed);
  }
}

// The first try meets a pooled connection that the host has closed.
TEST(Forwarding, TheAttemptCountIsToldWhereTheVirtualHostSaysSo) {
  for (const bool told : {false, true}) {
    std::string routes = ProxyFixture::ToUsers();
    if (told) {
      routes +=
          "  include_request_attempt_count: true\n  include_attempt_count_in_response: true\n";
    }
    ProxyFixture proxy(routes, {.router = "suppress_envoy_headers: true"});
    H1Server& host = proxy.Host(H1Answer::Of(200, "", {"x-envoy-attempt-count: 7"}));
    H1Client& client = proxy.Client();
    client.Get("/", {"x-envoy-attempt-count: 5"});
    proxy.Run();
    bool first = true;
    host.SetOnRequest([&first](const H1Message&) {
      if (std::exchange(first, false)) return H1Answer{.bytes = "", .then = H1Answer::Then::kReset};
      return H1Answer::Of(200);
    });
    client.Get("/");
    proxy.Run();
    ASSERT_EQ(host.requests().size(), 3u);
    const auto count = [](const H1Message& message) {
      return message.header("x-envoy-attempt-count").value_or("-");
    };
    EXPECT_EQ(count(host.request(0)), told ? "1" : "5");
    EXPECT_EQ(count(client.response(0)), told ? "1" : "7");
    EXPECT_EQ(count(host.request(1)), told ? "1" : "-");
    EXPECT_EQ(count(host.request(2)), told ? "2" : "-");
    EXPECT_EQ(count(client.response(1)), told ? "2" : "-");
  }
}

TEST(Forwarding, AnAnswerOfTheRouterTellsTheAttemptCountToo) {
  ProxyFixture proxy(ProxyFixture::ToUsers() + "  include_attempt_count_in_response: true\n");
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 503);
  EXPECT_EQ(client.response(0).header("x-envoy-attempt-count"), "1");
}

TEST(Forwarding, TheExpectedTimeoutOfAnEgressProxyIsTheRequestsWhereTheRouterRespectsIt) {
  for (const bool respected : {false, true}) {
    ProxyFixture proxy(ProxyFixture::ToUsers("timeout: 7s"),
                       {.router = respected ? "respect_expected_rq_timeout: true" : ""});
    H1Server& host = proxy.Host(H1Answer{.bytes = ""});
    H1Client& client = proxy.Client();
    client.Get("/", {"x-envoy-expected-rq-timeout-ms: 2000", "x-forwarded-for: 10.0.0.1"});
    proxy.Advance(std::chrono::milliseconds(2100));
    EXPECT_EQ(host.request(0).header("x-envoy-expected-rq-timeout-ms"),
              respected ? "2000" : "7000");
    EXPECT_EQ(client.responses().size(), respected ? 1u : 0u);
    proxy.Advance(std::chrono::seconds(5));
    EXPECT_EQ(client.response(0).status(), 504);
  }
}

TEST(Forwarding, AnExpectedTimeoutThatIsNoNumberIsNotRespected) {
  for (const char* value : {"", "x", "-1", "1.5", "99999999999999999999"}) {
    ProxyFixture proxy(ProxyFixture::ToUsers("timeout: 7s"),
                       {.router = "respect_expected_rq_timeout: true"});
    H1Server& host = proxy.Host(H1Answer::Of(200));
    proxy.Client().Get("/", {std::string("x-envoy-expected-rq-timeout-ms: ") + value,
                             "x-forwarded-for: 10.0.0.1"});
    proxy.Run();
    EXPECT_EQ(host.request(0).header("x-envoy-expected-rq-timeout-ms"), "7000") << value;
  }
}

}  // namespace
}  // namespace sluice
