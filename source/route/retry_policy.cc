#include "source/route/retry_policy.h"

namespace sluice {
namespace {

struct ConditionName {
  absl::string_view name;
  RetryCondition condition;
};

constexpr ConditionName kHttpNames[] = {
    {"5xx", RetryCondition::k5xx},
    {"gateway-error", RetryCondition::kGatewayError},
    {"reset", RetryCondition::kReset},
    {"reset-before-request", RetryCondition::kResetBeforeRequest},
    {"connect-failure", RetryCondition::kConnectFailure},
    {"envoy-ratelimited", RetryCondition::kEnvoyRatelimited},
    {"retriable-4xx", RetryCondition::kRetriable4xx},
    {"refused-stream", RetryCondition::kRefusedStream},
    {"retriable-status-codes", RetryCondition::kRetriableStatusCodes},
    {"retriable-headers", RetryCondition::kRetriableHeaders},
    {"http3-post-connect-failure", RetryCondition::kHttp3PostConnectFailure},
};
constexpr ConditionName kGrpcNames[] = {
    {"cancelled", RetryCondition::kGrpcCancelled},
    {"deadline-exceeded", RetryCondition::kGrpcDeadlineExceeded},
    {"internal", RetryCondition::kGrpcInternal},
    {"resource-exhausted", RetryCondition::kGrpcResourceExhausted},
    {"unavailable", RetryCondition::kGrpcUnavailable},
};

template <size_t kCount>
std::optional<RetryCondition> FindIn(const ConditionName (&names)[kCount], absl::string_view name) {
  for (const ConditionName& known : names) {
    if (known.name == name) return known.condition;
  }
  return std::nullopt;
}

}  // namespace

std::optional<RetryCondition> FindHttpRetryCondition(absl::string_view name) {
  return FindIn(kHttpNames, name);
}

std::optional<RetryCondition> FindGrpcRetryCondition(absl::string_view name) {
  return FindIn(kGrpcNames, name);
}

}  // namespace sluice
