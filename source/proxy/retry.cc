#include "source/proxy/retry.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"

namespace sluice {
namespace {

using enum RetryCondition;

constexpr HeaderId kRetryHeaders[] = {
    HeaderId::kXEnvoyRetryOn,
    HeaderId::kXEnvoyRetryGrpcOn,
    HeaderId::kXEnvoyMaxRetries,
    HeaderId::kXEnvoyRetriableStatusCodes,
    HeaderId::kXEnvoyRetriableHeaderNames,
    HeaderId::kXEnvoyUpstreamRqPerTryTimeoutMs,
    HeaderId::kXEnvoyUpstreamRqTimeoutMs,
};

// The first that `visit` says yes to.
template <class Visit>
bool AnyOfList(absl::string_view list, Visit visit) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    const absl::string_view item = absl::StripAsciiWhitespace(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (!item.empty() && visit(item)) return true;
  }
  return false;
}

// Names that nobody knows are passed over, as in Envoy: they come with requests.
RetryConditions AskedConditions(const Headers& request) {
  RetryConditions conditions;
  AnyOfList(request.Get(HeaderId::kXEnvoyRetryOn), [&](absl::string_view name) {
    const std::optional<RetryCondition> condition = FindHttpRetryCondition(name);
    if (condition.has_value()) conditions.Add(*condition);
    return false;
  });
  AnyOfList(request.Get(HeaderId::kXEnvoyRetryGrpcOn), [&](absl::string_view name) {
    const std::optional<RetryCondition> condition = FindGrpcRetryCondition(name);
    if (condition.has_value()) conditions.Add(*condition);
    return false;
  });
  return conditions;
}

bool MatchesAnyOf(const std::vector<HeaderMatch>& matches, const Headers& headers) {
  return std::any_of(matches.begin(), matches.end(),
                     [&](const HeaderMatch& match) { return match.Matches(headers); });
}

bool HasAnyOfNames(absl::string_view names, const Headers& response) {
  return AnyOfList(names, [&](absl::string_view name) {
    return std::any_of(response.begin(), response.end(), [name](const Header& header) {
      return absl::EqualsIgnoreCase(header.name, name);
    });
  });
}

bool IsListed(const RetryRules& rules, uint32_t code) {
  const auto& codes = rules.policy.status_codes;
  if (std::find(codes.begin(), codes.end(), code) != codes.end()) return true;
  return AnyOfList(rules.status_codes, [code](absl::string_view text) {
    uint32_t listed = 0;
    return absl::SimpleAtoi(text, &listed) && listed == code;
  });
}

bool IsRetriableCode(const RetryRules& rules, uint32_t code) {
  const RetryConditions on = rules.on;
  if (on.Has(k5xx) && code >= 500 && code <= 599) return true;
  if (on.Has(kGatewayError) && code >= 502 && code <= 504) return true;
  if (on.Has(kRetriable4xx) && code == 409) return true;
  return on.Has(kRetriableStatusCodes) && IsListed(rules, code);
}

// A response that is only its trailers has the status in its head; by the numbers of
// https://github.com/grpc/grpc/blob/master/doc/statuscodes.md.
bool IsRetriableGrpc(RetryConditions on, absl::string_view status) {
  int number = 0;
  if (!absl::SimpleAtoi(status, &number)) return false;
  switch (number) {
    case 1:
      return on.Has(kGrpcCancelled);
    case 4:
      return on.Has(kGrpcDeadlineExceeded);
    case 8:
      return on.Has(kGrpcResourceExhausted);
    case 13:
      return on.Has(kGrpcInternal);
    case 14:
      return on.Has(kGrpcUnavailable);
    default:
      return false;
  }
}

}  // namespace

bool HasRetryHeaders(const Headers& request) {
  return request
      .HasAnyOf<HeaderId::kXEnvoyRetryOn, HeaderId::kXEnvoyRetryGrpcOn, HeaderId::kXEnvoyMaxRetries,
                HeaderId::kXEnvoyRetriableStatusCodes, HeaderId::kXEnvoyRetriableHeaderNames,
                HeaderId::kXEnvoyUpstreamRqPerTryTimeoutMs, HeaderId::kXEnvoyUpstreamRqTimeoutMs>();
}

void RemoveRetryHeaders(Headers& request) {
  for (const HeaderId id : kRetryHeaders) {
    if (request.Has(id)) request.Remove(id);
  }
}

RetryRules MakeRetryRules(const RetryPolicy& policy, const Headers& request, Duration timeout) {
  RetryRules rules{.policy = policy,
                   .on = policy.on,
                   .retries_max = policy.retries_max,
                   .per_try_timeout = policy.per_try_timeout,
                   .status_codes = request.Get(HeaderId::kXEnvoyRetriableStatusCodes),
                   .header_names = request.Get(HeaderId::kXEnvoyRetriableHeaderNames)};
  rules.on.Add(AskedConditions(request));
  const bool wanted =
      policy.request_headers.empty() || MatchesAnyOf(policy.request_headers, request);
  if (!wanted) rules.on = {};
  uint32_t number = 0;
  if (absl::SimpleAtoi(request.Get(HeaderId::kXEnvoyMaxRetries), &number))
    rules.retries_max = number;
  if (absl::SimpleAtoi(request.Get(HeaderId::kXEnvoyUpstreamRqPerTryTimeoutMs), &number))
    rules.per_try_timeout = std::chrono::milliseconds(number);
  if (timeout > Duration{0} && rules.per_try_timeout >= timeout)
    rules.per_try_timeout = Duration{0};
  return rules;
}

bool IsRetriable(const RetryRules& rules, TryEnd end, RequestSent sent) {
  const RetryConditions on = rules.on;
  // More of the same would not help where there is too much already.
  if (end == TryEnd::kOverflow) return false;
  // The answer for the client would be a 503 or a 504.
  if (on.HasAnyOf({k5xx, kGatewayError, kReset})) return true;
  if (on.Has(kResetBeforeRequest) && sent == RequestSent::kNo) return true;
  if (on.Has(kRefusedStream) && end == TryEnd::kRefused) return true;
  return on.Has(kConnectFailure) && end == TryEnd::kNoConnection;
}

bool IsRetriable(const RetryRules& rules, const Headers& response) {
  if (response.Has(HeaderId::kXEnvoyRatelimited)) return rules.on.Has(kEnvoyRatelimited);
  uint32_t code = 0;
  for (const char digit : response.Get(HeaderId::kStatus)) code = code * 10 + (digit - '0');
  if (IsRetriableCode(rules, code)) return true;
  if (rules.on.Has(kRetriableHeaders) && (MatchesAnyOf(rules.policy.retriable_headers, response) ||
                                          HasAnyOfNames(rules.header_names, response)))
    return true;
  const absl::string_view grpc_status = response.Get(HeaderId::kGrpcStatus);
  return !grpc_status.empty() && IsRetriableGrpc(rules.on, grpc_status);
}

Duration BackOff(const RetryPolicy& policy, uint32_t retry, Random& random) {
  constexpr uint32_t kDoublingsMax = 20;
  const int64_t most = (int64_t{1} << std::min(retry, kDoublingsMax)) - 1;
  Duration bound = policy.back_off_max;
  if (policy.back_off_base < bound / most) bound = policy.back_off_base * most;
  return Duration(static_cast<int64_t>(random.Below(static_cast<uint64_t>(bound.count()))));
}

std::optional<Duration> AskedBackOff(const RetryPolicy& policy, const Headers& response,
                                     WallTime now, Random& random) {
  for (const ResetHeader& reset : policy.reset_headers) {
    const Header* const header = reset.name.FindIn(response);
    uint32_t number = 0;
    if (header == nullptr || !absl::SimpleAtoi(header->value, &number)) continue;
    Duration wait = std::chrono::seconds(number);
    if (reset.format == ResetHeader::Format::kUnixTimestamp)
      wait = std::chrono::seconds(number) - now.time_since_epoch();
    if (wait < Duration{0} || wait > policy.reset_max) continue;
    // Those who were refused together are not to come back together, nor too early.
    const auto half = static_cast<uint64_t>(wait.count()) / 2;
    if (half > 0) wait += Duration(static_cast<int64_t>(random.Below(half)));
    return wait;
  }
  return std::nullopt;
}

}  // namespace sluice
