// What the access log says of every way in which a request can end.
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "source/sdk/filter_context.h"
#include "source/sdk/http_filter.h"
#include "source/sdk/http_filter_factory.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Then = H1Answer::Then;
using Lines = std::vector<std::string>;

constexpr char kFileLog[] =
    R"("@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog)";

ProxyOptions WithLog(const std::string& fields, const std::string& filter = "") {
  return {.manager = absl::StrCat("access_log:\n- name: log\n  typed_config: { ", kFileLog,
                                  ", path: /log", fields, " }\n", filter),
          .log = ""};
}

// ---- A row of the failure table each.

TEST(FailureRows, Success) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  proxy.Host(H1Answer::Of(200));
  proxy.Client().Get("/");
  proxy.Run();
  EXPECT_EQ(proxy.LogLines(), Lines{"200 - via_upstream"});
}

TEST(FailureRows, BadRequest) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  proxy.Client().Send("GET / HTTP/1.1\r\nhost: a\r\nbad name: 1\r\n\r\n");
  proxy.Run();
  ASSERT_EQ(proxy.LogLines().size(), 1u);
  EXPECT_TRUE(absl::StartsWith(proxy.LogLines()[0], "400 DPE http1.")) << proxy.LogLines()[0];
}

TEST(FailureRows, UnsupportedVersion) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  proxy.Client().Send("GET / HTTP/1.0\r\nhost: a\r\n\r\n");
  proxy.Run();
  ASSERT_EQ(proxy.LogLines().size(), 1u);
  EXPECT_TRUE(absl::StartsWith(proxy.LogLines()[0], "426 DPE ")) << proxy.LogLines()[0];
}

TEST(FailureRows, HeadersTooLarge) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.manager = "max_request_headers_kb: 1"});
  proxy.Client().Get("/", {"x: " + std::string(2000, 'a')});
  proxy.Run();
  ASSERT_EQ(proxy.LogLines().size(), 1u);
  EXPECT_TRUE(absl::StartsWith(proxy.LogLines()[0], "431 DPE ")) << proxy.LogLines()[0];
}

TEST(FailureRows, TargetTooLong) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Client& client = proxy.Client();
  client.Get("/" + std::string(20000, 'a'));
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 414);
  ASSERT_EQ(proxy.LogLines().size(), 1u);
  EXPECT_TRUE(absl::StartsWith(proxy.LogLines()[0], "414 DPE ")) << proxy.LogLines()[0];
}

TEST(FailureRows, MissingHost) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.manager = "http_protocol_options: { accept_http_10: true }"});
  for (const char* request : {"GET / HTTP/1.1\r\nhost:\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"}) {
    H1Client& client = proxy.Client();
    client.Send(request);
    proxy.Run();
    EXPECT_EQ(client.response(0).status(), 400) << request;
  }
  EXPECT_EQ(proxy.LogLines(),
            Lines({"400 DPE missing_host_header", "400 DPE missing_host_header"}));
}

// In the place of a filter that the configuration may name.
class Resetting final : public HttpFilter {
 public:
  Verdict OnRequestHeaders(FilterContext&, Headers&, End) override { return Verdict::kReset; }
};

class ResettingFactory final : public HttpFilterFactory {
 public:
  Interest interests() const override { return Interest::kRequestHeaders; }
  ArenaPtr<HttpFilter> Create(Arena& arena) const override {
    return ArenaPtr<HttpFilter>(arena.New<Resetting>());
  }
};

TEST(FailureRows, FilterReset) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.filters = R"(
    - name: resetting
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer
        max_request_bytes: 1)",
                      .add_extensions = [](Registry& registry) {
                        registry.AddHttpFilter(
                            "envoy.extensions.filters.http.buffer.v3.Buffer",
                            [](const auto&...) { return std::make_unique<ResettingFactory>(); });
                      }});
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  EXPECT_TRUE(client.responses().empty());
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(proxy.LogLines(), Lines{"0 LR filter_reset"});
}

TEST(FailureRows, InvalidPath) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.manager = "normalize_path: true"});
  proxy.Client().Get("/%2%65");
  proxy.Run();
  EXPECT_EQ(proxy.LogLines(), Lines{"400 - path_normalization_failed"});
}

TEST(FailureRows, HeaderWithUnderscore) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.manager = R"(
    common_http_protocol_options: { headers_with_underscores_action: REJECT_REQUEST })"});
  proxy.Client().Get("/", {"x_y: 1"});
  proxy.Run();
  EXPECT_EQ(proxy.LogLines(), Lines{"400 DPE unexpected_underscore"});
}

TEST(FailureRows, UpgradeDenied) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  H1Client& client = proxy.Client();
  client.Get("/", {"connection: upgrade", "upgrade: foo"});
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 403);
  EXPECT_EQ(proxy.LogLines(), Lines{"403 - upgrade_failed"});
}

TEST(FailureRows, PayloadTooLarge) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.filters = R"(
    - name: buffer
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer
        max_request_bytes: 10)"});
  H1Server& host = proxy.Host(H1Answer::Of(200));
  H1Client& client = proxy.Client();
  client.Post("/", "more than ten bytes");
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 413);
  EXPECT_EQ(proxy.LogLines(), Lines{"413 - request_payload_too_large"});
  EXPECT_TRUE(host.requests().empty());
}

TEST(FailureRows, RequestHeadersTimeout) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.manager = "request_headers_timeout: 1s"});
  proxy.Client().Send("GET / HT");
  proxy.Advance(seconds(2));
  ASSERT_EQ(proxy.LogLines().size(), 1u);
  EXPECT_EQ(proxy.LogLines()[0], "408 DPE request_header_timeout");
}

TEST(FailureRows, RequestTimeout) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.manager = "request_timeout: 1s"});
  proxy.Host(H1Answer::Of(200));
  proxy.Client().Send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nabc");
  proxy.Advance(seconds(2));
  EXPECT_EQ(proxy.LogLines(), Lines{"408 - request_overall_timeout"});
}

TEST(FailureRows, StreamIdleTimeout) {
  ProxyFixture proxy(ProxyFixture::ToUsers("timeout: 0s\nidle_timeout: 1s"));
  proxy.Host(H1Answer{.bytes = ""});
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Advance(seconds(2));
  EXPECT_EQ(client.response(0).body, "stream timeout");
  EXPECT_EQ(proxy.LogLines(), Lines{"504 SI stream_idle_timeout"});
}

TEST(FailureRows, MaxDuration) {
  ProxyFixture proxy(ProxyFixture::ToUsers("timeout: 0s"), {.manager = R"(
    common_http_protocol_options: { max_stream_duration: 1s })"});
  proxy.Host(H1Answer{.bytes = ""});
  proxy.Client().Get("/");
  proxy.Advance(seconds(2));
  EXPECT_EQ(proxy.LogLines(), Lines{"504 DT max_duration_timeout"});
}

TEST(FailureRows, NoRoute) {
  ProxyFixture proxy("virtual_hosts: [{ name: a, domains: [other.test] }]");
  proxy.Client().Get("/");
  proxy.Run();
  EXPECT_EQ(proxy.LogLines(), Lines{"404 NR route_not_found"});
}

TEST(FailureRows, NoCluster) {
  ProxyFixture proxy(R"(
    virtual_hosts:
    - { name: a, domains: ["*"], routes: [{ match: { prefix: / }, route: { cluster_header: x-to } }] })");
  proxy.Client().Get("/", {"x-to: nowhere"});
  proxy.Run();
  EXPECT_EQ(proxy.LogLines(), Lines{"503 NC cluster_not_found"});
}

TEST(FailureRows, NoHealthyHost) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), {.cluster = "type: STRICT_DNS"});
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(0).body, "no healthy upstream");
  EXPECT_EQ(proxy.LogLines(), Lines{"503 UH no_healthy_upstream"});
}

TEST(FailureRows, Overflow) {
  ProxyFixture proxy(
      ProxyFixture::ToUsers(),
      {.cluster = "circuit_breakers: { thresholds: [{ max_pending_requests: 0 }] }"});
  proxy.Client().Get("/");
  proxy.Run();
  EXPECT_EQ(proxy.LogLines(), Lines{"503 UO upstream_reset_before_response_started{overflow}"});
}

TEST(FailureRows, ConnectFailed) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  proxy.Client().Get("/");
  proxy.Run();
  EXPECT_EQ(proxy.LogLines(),
            Lines{"503 UF upstream_reset_before_response_started{connection_failure|"
                  "delayed_connect_error:_Connection_refused}"});
}

TEST(FailureRows, UpstreamClosed) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  proxy.Host(H1Answer{.bytes = "", .then = Then::kFin});
  proxy.Client().Get("/");
  proxy.Run();
  EXPECT_EQ(proxy.LogLines(),
            Lines{"503 UC upstream_reset_before_response_started{connection_termination}"});
}

TEST(FailureRows, UpstreamProtocolError) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  proxy.Host(H1Answer{.bytes = "rubbish\r\n\r\n"});
  proxy.Client().Get("/");
  proxy.Run();
  EXPECT_EQ(proxy.LogLines(),
            Lines{"502 UPE upstream_reset_before_response_started{protocol_error}"});
}

TEST(FailureRows, UpstreamTimeout) {
  ProxyFixture proxy(ProxyFixture::ToUsers("timeout: 1s"));
  proxy.Host(H1Answer{.bytes = ""});
  proxy.Client().Get("/");
  proxy.Advance(seconds(2));
  EXPECT_EQ(proxy.LogLines(), Lines{"504 UT response_timeout"});
}

TEST(FailureRows, DownstreamClosed) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  proxy.Host(H1Answer{.bytes = ""});
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Run();
  client.Close();
  proxy.Advance(seconds(1));
  EXPECT_EQ(proxy.LogLines(), Lines{"0 DC downstream_remote_disconnect"});
}

TEST(FailureRows, UpstreamThatDiesInItsResponse) {
  ProxyFixture proxy(ProxyFixture::ToUsers());
  proxy.Host(
      H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc", .then = Then::kFin});
  proxy.Client().Get("/");
  proxy.Run();
  ASSERT_EQ(proxy.LogLines().size(), 1u);
  EXPECT_TRUE(absl::StartsWith(proxy.LogLines()[0], "200 UC ")) << proxy.LogLines()[0];
}

// ---- Formats and filters.

TEST(AccessLog, TheDefaultLineIsEnvoys) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), WithLog(""));
  proxy.Host(H1Answer::Of(200, "hello"));
  proxy.Client().Post("/a?b=c", "abc",
                      {"user-agent: ua", "x-request-id: id-1", "x-forwarded-for: 1.2.3.4"});
  proxy.Run();
  const Lines lines = proxy.LogLines();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_TRUE(absl::StartsWith(lines[0], "[")) << lines[0];
  EXPECT_TRUE(absl::StrContains(lines[0], R"(] "POST /a?b=c HTTP/1.1" 200 - 3 5 0 )")) << lines[0];
  EXPECT_TRUE(absl::EndsWith(lines[0], R"( "1.2.3.4" "ua" "id-1" "test" "10.0.0.1:80")"))
      << lines[0];
}

TEST(AccessLog, JsonKeepsTypes) {
  ProxyFixture proxy(ProxyFixture::ToUsers(), WithLog(R"(, log_format: { json_format: {
      code: "%RESPONSE_CODE%", cluster: "%UPSTREAM_CLUSTER%", attempts: "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
      none: "%REQ(x-none)%" } })"));
  proxy.Host(H1Answer::Of(201));
  proxy.Client().Get("/");
  proxy.Run();
  EXPECT_EQ(proxy.LogLines(), Lines{R"({"attempts":1,"cluster":"users","code":201,"none":null})"});
}

TEST(AccessLog, AFilterChoosesRequests) {
  ProxyFixture proxy(
      ProxyFixture::ToUsers(),
      WithLog(R"(, log_format: { text_format_source: { inline_string: "%REQ(:PATH)%\n" } })", R"(
  filter:
    or_filter:
      filters:
      - status_code_filter: { comparison: { op: GE, value: { default_value: 500, runtime_key: k } } }
      - header_filter: { header: { name: x-log, present_match: true } }
)"));
  proxy.Host(
      [](const H1Message& request) { return H1Answer::Of(request.path() == "/bad" ? 500 : 200); });
  H1Client& client = proxy.Client();
  client.Get("/good");
  client.Get("/bad");
  client.Get("/marked", {"x-log: 1"});
  proxy.Run();
  EXPECT_EQ(proxy.LogLines(), (Lines{"/bad", "/marked"}));
}

TEST(AccessLog, DurationsAreThoseOfTheSimulatedClock) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.log = "%DURATION% %RESPONSE_DURATION% %BYTES_SENT%"});
  proxy.Host(H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
                      .delay = milliseconds(250)});
  proxy.Client().Get("/");
  proxy.Advance(seconds(1));
  EXPECT_EQ(proxy.LogLines(), Lines{"250 250 2"});
}

TEST(AccessLog, ALongStreamIsLoggedAtItsInterval) {
  ProxyFixture proxy(ProxyFixture::ToUsers("timeout: 0s"), {.manager = R"(
    access_log_options: { access_log_flush_interval: 10s }
    access_log:
    - name: log
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
        path: /log
        log_format: { text_format_source: { inline_string: "%ACCESS_LOG_TYPE%\n" } })",
                                                            .log = ""});
  proxy.Host(
      H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", .delay = seconds(25)});
  H1Client& client = proxy.Client();
  client.Get("/");
  proxy.Advance(seconds(30));
  EXPECT_EQ(client.response(0).status(), 200);
  EXPECT_EQ(proxy.LogLines(), (Lines{"DownstreamPeriodic", "DownstreamPeriodic", "DownstreamEnd"}));
}

}  // namespace
}  // namespace sluice
