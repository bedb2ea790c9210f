// Requests that are tried again, as their routes or their headers say.
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Then = H1Answer::Then;
using Lines = std::vector<std::string>;

constexpr char kLog[] =
    "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %UPSTREAM_REQUEST_ATTEMPT_COUNT%";

std::string Policy(const std::string& fields) {
  return ProxyFixture::ToUsers(absl::StrCat("retry_policy: {", fields, "}"));
}

// Says 503 to the first `failures` requests, and 200 with the body "done" to the others.
H1Server::OnRequest FailsFirst(int failures) {
  return [failures](const H1Message&) mutable {
    return failures-- > 0 ? H1Answer::Of(503, "busy") : H1Answer::Of(200, "done");
  };
}

class RetryPolicies : public testing::Test {
 protected:
  void Start(const std::string& routes, ProxyOptions options = {}) {
    options.log = kLog;
    proxy_ = std::make_unique<ProxyFixture>(routes, options);
  }
  int64_t Stat(const std::string& name) {
    return proxy_->Stat(absl::StrCat("cluster.users.", name));
  }
  // Sends, and waits longer than any back-off of these tests.
  const H1Message& Get(const std::vector<std::string>& header_lines = {}) {
    H1Client& client = proxy_->Client();
    client.Get("/", header_lines);
    proxy_->Advance(seconds(2));
    return client.response(0);
  }
  std::unique_ptr<ProxyFixture> proxy_;
};

TEST_F(RetryPolicies, AResponseThatThePolicyNamesIsNotTheClients) {
  Start(Policy("retry_on: 5xx, num_retries: 2"));
  H1Server& host = proxy_->Host(FailsFirst(2));
  const H1Message& response = Get();
  EXPECT_EQ(response.status(), 200);
  EXPECT_EQ(response.body, "done");
  EXPECT_EQ(response.header("x-envoy-ratelimited"), std::nullopt);
  EXPECT_EQ(host.requests().size(), 3u);
  EXPECT_EQ(proxy_->LogLines(), (Lines{"200 - via_upstream 3"}));
  EXPECT_EQ(Stat("upstream_rq_retry"), 2);
  EXPECT_EQ(Stat("upstream_rq_retry_success"), 1);
  EXPECT_EQ(Stat("upstream_rq_retry_backoff_exponential"), 2);
  EXPECT_EQ(Stat("upstream_rq_retry_limit_exceeded"), 0);
  EXPECT_EQ(Stat("upstream_rq_5xx"), 2);
}

TEST_F(RetryPolicies, TheLastOneIsPassedOnAndSaysSo) {
  Start(Policy("retry_on: gateway-error"));
  H1Server& host = proxy_->Host(FailsFirst(9));
  EXPECT_EQ(Get().body, "busy");
  EXPECT_EQ(host.requests().size(), 2u);
  EXPECT_EQ(proxy_->LogLines(), (Lines{"503 URX via_upstream 2"}));
  EXPECT_EQ(Stat("upstream_rq_retry_limit_exceeded"), 1);
  EXPECT_EQ(Stat("upstream_rq_retry_success"), 0);
}

TEST_F(RetryPolicies, WhatThePolicyDoesNotNameIsPassedOn) {
  Start(Policy("retry_on: \"reset,retriable-4xx\", num_retries: 3"));
  H1Server& host = proxy_->Host(FailsFirst(1));
  EXPECT_EQ(Get().status(), 503);
  EXPECT_EQ(host.requests().size(), 1u);
  EXPECT_EQ(proxy_->LogLines(), (Lines{"503 - via_upstream 1"}));
}

TEST_F(RetryPolicies, TheBodyIsSentAgain) {
  Start(Policy("retry_on: 5xx"));
  H1Server& host = proxy_->Host(FailsFirst(1));
  H1Client& client = proxy_->Client();
  const std::string body(30000, 'b');
  client.Post("/", body);
  proxy_->Advance(seconds(1));
  EXPECT_EQ(client.response(0).status(), 200);
  ASSERT_EQ(host.requests().size(), 2u);
  EXPECT_EQ(host.request(1).method(), "POST");
  EXPECT_EQ(host.request(1).body, body);
}

TEST_F(RetryPolicies, WhatComesWhileItWaitsIsSentWithTheRest) {
  constexpr char kTrailers[] = "http_protocol_options: { enable_trailers: true }";
  Start(Policy("retry_on: 5xx, retry_back_off: { base_interval: 0.5s }"),
        {.manager = kTrailers, .cluster = kTrailers});
  H1Server& host = proxy_->Host(H1Answer::Of(200, "done"));
  H1Client& client = proxy_->Client();
  client.Send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n");
  proxy_->Run();
  host.connection(0).Send("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n");
  proxy_->Run();
  EXPECT_EQ(host.connections_open(), 0u);
  client.Send("2\r\nde\r\n0\r\nx-t: 1\r\n\r\n");
  proxy_->Advance(seconds(1));
  EXPECT_EQ(client.response(0).body, "done");
  EXPECT_EQ(host.request(0).body, "abcde");
  ASSERT_EQ(host.request(0).trailers.size(), 1u);
}

TEST_F(RetryPolicies, ABodyThatIsTooLongToKeepIsNotSentAgain) {
  Start(R"(
    virtual_hosts:
    - name: all
      domains: ["*"]
      per_request_buffer_limit_bytes: 10
      routes:
      - match: { prefix: / }
        route: { cluster: users, retry_policy: { retry_on: 5xx } }
  )");
  H1Server& host = proxy_->Host(FailsFirst(9));
  H1Client& client = proxy_->Client();
  client.Post("/", "0123456789");
  proxy_->Advance(seconds(1));
  EXPECT_EQ(host.requests().size(), 2u);
  EXPECT_EQ(Stat("retry_or_shadow_abandoned"), 0);
  client.Post("/", "0123456789a");
  proxy_->Advance(seconds(1));
  EXPECT_EQ(client.response(1).status(), 503);
  EXPECT_EQ(host.requests().size(), 3u);
  EXPECT_EQ(Stat("retry_or_shadow_abandoned"), 1);
}

TEST_F(RetryPolicies, AnotherHostIsAskedWhereTheFirstCannotBeReached) {
  Start(Policy(R"(retry_on: connect-failure, num_retries: 1,
                  host_selection_retry_max_attempts: 5,
                  retry_host_predicate: [{ name: a, typed_config: {
                    "@type": type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate } }])"),
        {.clusters = {{"users", 2}}});
  proxy_->Host(H1Answer::Of(200, "second"), 1);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(Get().body, "second") << i;
  EXPECT_GT(Stat("upstream_rq_retry"), 0);
  EXPECT_EQ(Stat("upstream_rq_retry_success"), Stat("upstream_rq_retry"));
}

TEST_F(RetryPolicies, AConnectionThatEndsIsTriedAgainWhateverTheMethod) {
  Start(Policy("retry_on: reset"));
  H1Server& host = proxy_->Host([first = true](const H1Message&) mutable {
    if (std::exchange(first, false)) return H1Answer{.bytes = "", .then = Then::kReset};
    return H1Answer::Of(200, "done");
  });
  H1Client& client = proxy_->Client();
  client.Post("/", "abc");
  proxy_->Advance(seconds(1));
  EXPECT_EQ(client.response(0).body, "done");
  EXPECT_EQ(host.request(1).body, "abc");
}

TEST_F(RetryPolicies, AResponseThatHasBegunIsCutAsEver) {
  Start(Policy("retry_on: \"5xx,reset\""));
  H1Server& host = proxy_->Host(
      H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab", .then = Then::kFin});
  H1Client& client = proxy_->Client();
  client.Get("/");
  proxy_->Advance(seconds(1));
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(host.requests().size(), 1u);
}

// ---- Time.

TEST_F(RetryPolicies, ATryThatTakesTooLongIsFollowedByAnother) {
  Start(R"(
    virtual_hosts:
    - name: all
      domains: ["*"]
      include_request_attempt_count: true
      include_attempt_count_in_response: true
      include_is_timeout_retry_header: true
      retry_policy: { retry_on: 5xx, per_try_timeout: 0.5s }
      routes:
      - { match: { prefix: / }, route: { cluster: users } }
  )");
  H1Server& host = proxy_->Host([first = true](const H1Message&) mutable {
    return std::exchange(first, false) ? H1Answer{.bytes = ""} : H1Answer::Of(200, "done");
  });
  const H1Message& response = Get();
  EXPECT_EQ(response.body, "done");
  EXPECT_EQ(response.header("x-envoy-attempt-count"), "2");
  EXPECT_EQ(host.request(0).header("x-envoy-attempt-count"), "1");
  EXPECT_EQ(host.request(0).header("x-envoy-is-timeout-retry"), std::nullopt);
  EXPECT_EQ(host.request(0).header("x-envoy-expected-rq-timeout-ms"), "500");
  EXPECT_EQ(host.request(1).header("x-envoy-attempt-count"), "2");
  EXPECT_EQ(host.request(1).header("x-envoy-is-timeout-retry"), "true");
  EXPECT_EQ(Stat("upstream_rq_per_try_timeout"), 1);
  EXPECT_EQ(Stat("upstream_rq_timeout"), 0);
}

TEST_F(RetryPolicies, TheLastTryThatTakesTooLongIsATimeout) {
  Start(Policy("retry_on: 5xx, per_try_timeout: 0.5s"));
  proxy_->Host(H1Answer{.bytes = ""});
  const H1Message& response = Get();
  EXPECT_EQ(response.status(), 504);
  EXPECT_EQ(response.body, "upstream request timeout");
  EXPECT_EQ(proxy_->LogLines(), (Lines{"504 UT,URX upstream_per_try_timeout 2"}));
}

TEST_F(RetryPolicies, ATryIsIdleAloneByItself) {
  Start(Policy("per_try_idle_timeout: 0.5s"));
  proxy_->Host(H1Answer{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"});
  H1Client& client = proxy_->Client();
  client.Get("/");
  proxy_->Advance(milliseconds(400));
  EXPECT_FALSE(client.closed_by_peer());
  proxy_->Advance(milliseconds(200));
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(proxy_->LogLines(), (Lines{"200 UT upstream_per_try_idle_timeout 1"}));
  EXPECT_EQ(Stat("upstream_rq_per_try_idle_timeout"), 1);
}

TEST_F(RetryPolicies, TheRoutesTimeoutIsForAllTriesTogether) {
  Start(ProxyFixture::ToUsers(
      "timeout: 1s\nretry_policy: { retry_on: 5xx, num_retries: 99, per_try_timeout: 0.3s }"));
  H1Server& host = proxy_->Host(H1Answer{.bytes = ""});
  EXPECT_EQ(Get().status(), 504);
  EXPECT_LE(host.requests().size(), 4u);
  EXPECT_GE(host.requests().size(), 3u);
  EXPECT_EQ(proxy_->LogLines().size(), 1u);
  EXPECT_EQ(Stat("upstream_rq_timeout"), 1);
}

TEST_F(RetryPolicies, AHostThatSaysWhenToComeAgainIsHeeded) {
  Start(Policy(R"(retry_on: retriable-status-codes, retriable_status_codes: [429],
                  rate_limited_retry_back_off: { reset_headers: [{ name: retry-after }] })"));
  H1Server& host = proxy_->Host([first = true](const H1Message&) mutable {
    return std::exchange(first, false) ? H1Answer::Of(429, "", {"retry-after: 4"})
                                       : H1Answer::Of(200, "done");
  });
  H1Client& client = proxy_->Client();
  client.Get("/");
  proxy_->Advance(milliseconds(3990));
  EXPECT_EQ(host.requests().size(), 1u);
  proxy_->Advance(seconds(2));
  EXPECT_EQ(client.response(0).body, "done");
  EXPECT_EQ(Stat("upstream_rq_retry_backoff_ratelimited"), 1);
}

TEST_F(RetryPolicies, AClientThatLeavesWhileItWaitsLeavesNothingBehind) {
  Start(Policy("retry_on: 5xx, retry_back_off: { base_interval: 10s }"));
  H1Server& host = proxy_->Host(FailsFirst(9));
  H1Client& client = proxy_->Client();
  client.Post("/", "abc");
  proxy_->Run();
  EXPECT_EQ(Stat("circuit_breakers.default.rq_retry_open"), 0);
  client.Close();
  proxy_->Advance(seconds(20));
  EXPECT_EQ(host.requests().size(), 1u);
}

// ---- Limits.

TEST_F(RetryPolicies, AreLimitedByTheCluster) {
  Start(Policy("retry_on: 5xx, num_retries: 9, per_try_timeout: 1s"),
        {.cluster = "circuit_breakers: { thresholds: [{ max_retries: 1 }] }"});
  proxy_->Host([first = true](const H1Message& request) mutable {
    if (request.path() == "/slow" && !std::exchange(first, false)) return H1Answer{.bytes = ""};
    return H1Answer::Of(503);
  });
  H1Client& slow = proxy_->Client();
  slow.Get("/slow");
  proxy_->Advance(milliseconds(500));
  EXPECT_EQ(Stat("circuit_breakers.default.rq_retry_open"), 1);
  H1Client& other = proxy_->Client();
  other.Get("/");
  proxy_->Advance(milliseconds(100));
  EXPECT_EQ(other.response(0).status(), 503);
  EXPECT_EQ(proxy_->LogLines(), (Lines{"503 UO via_upstream 1"}));
  EXPECT_EQ(Stat("upstream_rq_retry_overflow"), 1);
}

// ---- The request's own headers.

TEST_F(RetryPolicies, ARequestFromInsideMayAskForThem) {
  Start(ProxyFixture::ToUsers(), {.manager = "use_remote_address: true"});
  H1Server& host = proxy_->Host(FailsFirst(2));
  const std::vector<std::string> asks = {"x-envoy-retry-on: 5xx", "x-envoy-max-retries: 2"};
  EXPECT_EQ(Get(asks).status(), 200);
  EXPECT_EQ(host.requests().size(), 3u);
  EXPECT_EQ(host.request(0).header("x-envoy-retry-on"), std::nullopt);
  EXPECT_EQ(host.request(0).header("x-envoy-max-retries"), std::nullopt);
}

TEST_F(RetryPolicies, ARequestFromOutsideMayNot) {
  Start(ProxyFixture::ToUsers(), {.manager = "use_remote_address: false"});
  H1Server& host = proxy_->Host(FailsFirst(9));
  const std::string asks = "x-envoy-retry-on: 5xx";
  EXPECT_EQ(Get({asks}).status(), 503);
  EXPECT_EQ(Get({asks, "x-forwarded-for: 8.8.8.8"}).status(), 503);
  EXPECT_EQ(Get({asks, "x-forwarded-for: 10.0.0.1, 10.0.0.2"}).status(), 503);
  EXPECT_EQ(host.requests().size(), 3u);
  EXPECT_EQ(host.request(0).header("x-envoy-retry-on"), std::nullopt);
  Get({asks, "x-forwarded-for: 10.0.0.1"});
  EXPECT_EQ(host.requests().size(), 5u);
}

TEST_F(RetryPolicies, ARequestMayAskForAnotherTimeout) {
  Start(ProxyFixture::ToUsers(), {.manager = "use_remote_address: true"});
  H1Server& host = proxy_->Host(H1Answer{.bytes = ""});
  EXPECT_EQ(Get({"x-envoy-upstream-rq-timeout-ms: 300"}).status(), 504);
  EXPECT_EQ(host.request(0).header("x-envoy-expected-rq-timeout-ms"), "300");
  EXPECT_EQ(host.request(0).header("x-envoy-upstream-rq-timeout-ms"), std::nullopt);
  EXPECT_EQ(Get({"x-envoy-upstream-rq-per-try-timeout-ms: 200"}).status(), 504);
  EXPECT_EQ(Stat("upstream_rq_per_try_timeout"), 1);
}

// ---- Upgrades.

TEST_F(RetryPolicies, AWebSocketIsAskedForAgainUntilItIsAnswered) {
  Start(Policy("retry_on: 5xx"));
  H1Server& host = proxy_->Host([first = true](const H1Message&) mutable {
    if (std::exchange(first, false)) return H1Answer::Of(503);
    return H1Answer{.bytes =
                        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\n"
                        "upgrade: websocket\r\n"
                        "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"};
  });
  H1Client& client = proxy_->Client();
  client.Send(
      "GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
      "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  proxy_->Advance(seconds(1));
  EXPECT_EQ(host.requests().size(), 2u);
  EXPECT_EQ(client.response(0).status(), 101);
  EXPECT_EQ(Stat("upstream_rq_retry_success"), 1);
}

}  // namespace
}  // namespace sluice
