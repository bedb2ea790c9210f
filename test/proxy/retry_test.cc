// What is tried again, and when: decisions alone.
#include "source/proxy/retry.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace sluice {
namespace {

using Condition = RetryCondition;
using std::chrono::milliseconds;
using std::chrono::seconds;

using HeaderLines = std::vector<std::pair<std::string, std::string>>;

struct Message {
  explicit Message(const HeaderLines& lines = {}) : headers(arena) {
    for (const auto& [name, value] : lines) headers.Add(name, value);
  }
  Arena arena;
  Headers headers;
};

Message Response(const std::string& status, const std::string& name = "",
                 const std::string& value = "") {
  HeaderLines lines = {{":status", status}};
  if (!name.empty()) lines.push_back({name, value});
  return Message(lines);
}

RetryPolicy On(RetryConditions conditions) {
  RetryPolicy policy;
  policy.on = conditions;
  return policy;
}

bool RetriesResponse(const RetryPolicy& policy, const Headers& response) {
  const Message request;
  return IsRetriable(MakeRetryRules(policy, request.headers, seconds(15)), response);
}

bool RetriesStatus(Condition condition, const std::string& status) {
  return RetriesResponse(On({condition}), Response(status).headers);
}

bool RetriesEnd(Condition condition, TryEnd end, RequestSent sent = RequestSent::kYes) {
  const Message request;
  const RetryPolicy policy = On({condition});
  return IsRetriable(MakeRetryRules(policy, request.headers, seconds(15)), end, sent);
}

TEST(RetryDecision, StatusesByCondition) {
  EXPECT_TRUE(RetriesStatus(Condition::k5xx, "500"));
  EXPECT_TRUE(RetriesStatus(Condition::k5xx, "599"));
  EXPECT_FALSE(RetriesStatus(Condition::k5xx, "499"));
  EXPECT_FALSE(RetriesStatus(Condition::k5xx, "200"));
  for (const char* status : {"502", "503", "504"})
    EXPECT_TRUE(RetriesStatus(Condition::kGatewayError, status)) << status;
  EXPECT_FALSE(RetriesStatus(Condition::kGatewayError, "500"));
  EXPECT_FALSE(RetriesStatus(Condition::kGatewayError, "505"));
  EXPECT_TRUE(RetriesStatus(Condition::kRetriable4xx, "409"));
  EXPECT_FALSE(RetriesStatus(Condition::kRetriable4xx, "408"));
  EXPECT_FALSE(RetriesStatus(Condition::kReset, "503"));
  EXPECT_FALSE(RetriesStatus(Condition::kRetriableStatusCodes, "503"));
}

TEST(RetryDecision, ListedStatuses) {
  RetryPolicy policy = On({Condition::kRetriableStatusCodes});
  policy.status_codes = {404, 418};
  EXPECT_TRUE(RetriesResponse(policy, Response("418").headers));
  EXPECT_FALSE(RetriesResponse(policy, Response("503").headers));
  policy.on = {Condition::k5xx};
  EXPECT_FALSE(RetriesResponse(policy, Response("418").headers));
}

TEST(RetryDecision, ResponseHeaders) {
  RetryPolicy policy = On({Condition::kRetriableHeaders});
  policy.retriable_headers.push_back({HeaderKey("X-Busy"), HeaderMatch::Presence{}});
  EXPECT_TRUE(RetriesResponse(policy, Response("200", "x-busy", "1").headers));
  EXPECT_FALSE(RetriesResponse(policy, Response("200", "x-idle", "1").headers));
}

TEST(RetryDecision, GrpcStatusOfAResponseThatIsOnlyItsTrailers) {
  const auto retries = [](Condition condition, const std::string& status) {
    return RetriesResponse(On({condition}), Response("200", "grpc-status", status).headers);
  };
  EXPECT_TRUE(retries(Condition::kGrpcCancelled, "1"));
  EXPECT_TRUE(retries(Condition::kGrpcDeadlineExceeded, "4"));
  EXPECT_TRUE(retries(Condition::kGrpcResourceExhausted, "8"));
  EXPECT_TRUE(retries(Condition::kGrpcInternal, "13"));
  EXPECT_TRUE(retries(Condition::kGrpcUnavailable, "14"));
  EXPECT_FALSE(retries(Condition::kGrpcUnavailable, "13"));
  EXPECT_FALSE(retries(Condition::kGrpcUnavailable, "0"));
  EXPECT_FALSE(retries(Condition::kGrpcUnavailable, "x"));
  EXPECT_FALSE(retries(Condition::k5xx, "14"));
}

TEST(RetryDecision, ARateLimitedResponseIsNotTriedAgainUnlessThePolicySaysSo) {
  const Message limited = Response("503", "x-envoy-ratelimited", "true");
  EXPECT_FALSE(RetriesResponse(On({Condition::k5xx}), limited.headers));
  EXPECT_TRUE(RetriesResponse(On({Condition::kEnvoyRatelimited}), limited.headers));
}

TEST(RetryDecision, EndsWithoutAResponse) {
  for (const Condition all : {Condition::k5xx, Condition::kGatewayError, Condition::kReset}) {
    for (const TryEnd end :
         {TryEnd::kNoConnection, TryEnd::kReset, TryEnd::kRefused, TryEnd::kTimeout}) {
      EXPECT_TRUE(RetriesEnd(all, end));
    }
    EXPECT_FALSE(RetriesEnd(all, TryEnd::kOverflow));
  }
  EXPECT_TRUE(RetriesEnd(Condition::kConnectFailure, TryEnd::kNoConnection));
  EXPECT_FALSE(RetriesEnd(Condition::kConnectFailure, TryEnd::kReset));
  EXPECT_TRUE(RetriesEnd(Condition::kRefusedStream, TryEnd::kRefused));
  EXPECT_FALSE(RetriesEnd(Condition::kRefusedStream, TryEnd::kReset));
  EXPECT_TRUE(RetriesEnd(Condition::kResetBeforeRequest, TryEnd::kReset, RequestSent::kNo));
  EXPECT_FALSE(RetriesEnd(Condition::kResetBeforeRequest, TryEnd::kReset, RequestSent::kYes));
  EXPECT_FALSE(RetriesEnd(Condition::kHttp3PostConnectFailure, TryEnd::kNoConnection));
  EXPECT_FALSE(RetriesEnd(Condition::kGrpcUnavailable, TryEnd::kReset));
}

TEST(RetryRules, TheRequestsHeadersAddToThePolicy) {
  RetryPolicy policy = On({Condition::kReset});
  const Message request(
      HeaderLines{{"x-envoy-retry-on", "gateway-error, unknown,retriable-status-codes,"},
                  {"x-envoy-retry-grpc-on", "unavailable,5xx"},
                  {"x-envoy-max-retries", "7"},
                  {"x-envoy-retriable-status-codes", "404, 418"},
                  {"x-envoy-retriable-header-names", "X-Busy,x-late"},
                  {"x-envoy-upstream-rq-per-try-timeout-ms", "250"}});
  const RetryRules rules = MakeRetryRules(policy, request.headers, seconds(15));
  EXPECT_EQ(rules.on,
            (RetryConditions{Condition::kReset, Condition::kGatewayError,
                             Condition::kRetriableStatusCodes, Condition::kGrpcUnavailable}));
  EXPECT_EQ(rules.retries_max, 7u);
  EXPECT_EQ(rules.per_try_timeout, milliseconds(250));
  EXPECT_TRUE(IsRetriable(rules, Response("418").headers));
  EXPECT_FALSE(IsRetriable(rules, Response("419").headers));
  EXPECT_FALSE(IsRetriable(rules, Response("200", "x-busy", "1").headers));
}

TEST(RetryRules, HeaderNamesOfTheRequestCountWithTheirConditionOnly) {
  const Message request(HeaderLines{{"x-envoy-retry-on", "retriable-headers"},
                                    {"x-envoy-retriable-header-names", "X-Busy,x-late"}});
  const RetryPolicy policy;
  const RetryRules rules = MakeRetryRules(policy, request.headers, seconds(15));
  EXPECT_TRUE(IsRetriable(rules, Response("200", "x-busy", "").headers));
  EXPECT_FALSE(IsRetriable(rules, Response("200", "x-other", "").headers));
}

TEST(RetryRules, OnlyRequestsThatMatchWhereThePolicySaysWhich) {
  RetryPolicy policy = On({Condition::k5xx});
  policy.request_headers.push_back({HeaderKey("x-again"), HeaderMatch::Presence{}});
  const Message with(HeaderLines{{"x-again", "1"}}), without;
  EXPECT_FALSE(MakeRetryRules(policy, with.headers, seconds(1)).on.empty());
  EXPECT_TRUE(MakeRetryRules(policy, without.headers, seconds(1)).on.empty());
}

TEST(RetryRules, ATryMayNotTakeAsLongAsTheWhole) {
  RetryPolicy policy = On({Condition::k5xx});
  policy.per_try_timeout = seconds(5);
  const Message request;
  EXPECT_EQ(MakeRetryRules(policy, request.headers, seconds(5)).per_try_timeout, Duration{0});
  EXPECT_EQ(MakeRetryRules(policy, request.headers, seconds(6)).per_try_timeout, seconds(5));
  EXPECT_EQ(MakeRetryRules(policy, request.headers, Duration{0}).per_try_timeout, seconds(5));
}

TEST(RetryRules, TheHeadersAreTakenOff) {
  Message request(
      HeaderLines{{"x-envoy-retry-on", "5xx"}, {"x-envoy-max-retries", "1"}, {"x-a", "1"}});
  EXPECT_TRUE(HasRetryHeaders(request.headers));
  RemoveRetryHeaders(request.headers);
  EXPECT_FALSE(HasRetryHeaders(request.headers));
  EXPECT_EQ(request.headers.size(), 1u);
}

TEST(RetryBackOff, IsBelowABoundThatGrowsUpToItsLimit) {
  const RetryPolicy policy;
  FastRandom random(1);
  Duration longest[6] = {};
  for (int round = 0; round < 2000; ++round) {
    for (uint32_t retry = 1; retry < 6; ++retry) {
      const Duration wait = BackOff(policy, retry, random);
      EXPECT_GE(wait, Duration{0});
      longest[retry] = std::max(longest[retry], wait);
    }
  }
  const Duration bounds[] = {{},
                             milliseconds(25),
                             milliseconds(75),
                             milliseconds(175),
                             milliseconds(250),
                             milliseconds(250)};
  for (uint32_t retry = 1; retry < 6; ++retry) {
    EXPECT_LT(longest[retry], bounds[retry]);
    EXPECT_GT(longest[retry], bounds[retry] * 9 / 10);
  }
  EXPECT_LT(BackOff(policy, 4000000000u, random), milliseconds(250));
}

TEST(RetryBackOff, AResponseMayAskForIt) {
  RetryPolicy policy;
  policy.reset_headers = {{HeaderKey("retry-after"), ResetHeader::Format::kSeconds},
                          {HeaderKey("x-reset"), ResetHeader::Format::kUnixTimestamp}};
  policy.reset_max = seconds(60);
  FastRandom random(1);
  const WallTime now{seconds(1000)};
  const auto asked = [&](const std::string& name, const std::string& value) {
    return AskedBackOff(policy, Response("429", name, value).headers, now, random);
  };
  for (const auto& [name, value] : {std::pair("retry-after", "10"), std::pair("x-reset", "1010")}) {
    const std::optional<Duration> wait = asked(name, value);
    ASSERT_TRUE(wait.has_value()) << name;
    EXPECT_GE(*wait, seconds(10));
    EXPECT_LT(*wait, seconds(15));
  }
  EXPECT_FALSE(asked("retry-after", "61").has_value());
  EXPECT_FALSE(asked("retry-after", "soon").has_value());
  EXPECT_FALSE(asked("x-reset", "999").has_value());
  EXPECT_FALSE(asked("x-other", "1").has_value());
}

}  // namespace
}  // namespace sluice
