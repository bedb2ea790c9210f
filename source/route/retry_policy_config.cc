#include "source/route/retry_policy_config.h"

#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "envoy/config/route/v3/route_components.pb.h"
#include "envoy/extensions/retry/host/previous_hosts/v3/previous_hosts.pb.h"
#include "source/config/any_unpack.h"
#include "source/config/proto_fields.h"
#include "source/http/match/match_config.h"

namespace sluice {
namespace {

using envoy::config::route::v3::HeaderMatcher;
using envoy::extensions::retry::host::previous_hosts::v3::PreviousHostsPredicate;
using ProtoPolicy = envoy::config::route::v3::RetryPolicy;

constexpr std::string_view kPreviousHosts = "envoy.retry_host_predicates.previous_hosts";
constexpr DurationRange kPositive = {.min = std::chrono::nanoseconds(1)};

RetryConditions ParseConditions(const std::string& text, const FieldScope& scope) {
  RetryConditions conditions;
  for (absl::string_view name : absl::StrSplit(text, ',', absl::SkipWhitespace())) {
    name = absl::StripAsciiWhitespace(name);
    std::optional<RetryCondition> condition = FindHttpRetryCondition(name);
    if (!condition.has_value()) condition = FindGrpcRetryCondition(name);
    if (condition.has_value()) {
      conditions.Add(*condition);
      continue;
    }
    scope.Error(absl::StrCat("\"", name, "\" is no condition of a retry"),
                "a comma list of 5xx, gateway-error, reset, connect-failure ...");
  }
  return conditions;
}

std::vector<HeaderMatch> ParseMatchers(
    const google::protobuf::RepeatedPtrField<HeaderMatcher>& matchers, std::string_view field,
    const FieldScope& scope) {
  std::vector<HeaderMatch> matches;
  for (int i = 0; i < matchers.size(); ++i) {
    std::optional<HeaderMatch> match = ParseHeaderMatch(matchers[i], scope.At(field, i));
    if (match.has_value()) matches.push_back(*std::move(match));
  }
  return matches;
}

void ParseBackOff(const ProtoPolicy& proto, const FieldScope& scope, RetryPolicy& policy) {
  if (!proto.has_retry_back_off()) return;
  const FieldScope field = scope.At("retry_back_off");
  const auto& back_off = proto.retry_back_off();
  if (!Required(back_off, "base_interval", field)) return;
  policy.back_off_base =
      DurationOr(back_off, "base_interval", policy.back_off_base, field, kPositive);
  policy.back_off_max =
      DurationOr(back_off, "max_interval", policy.back_off_base * 10, field, kPositive);
  if (policy.back_off_max < policy.back_off_base)
    field.At("max_interval").Error("must be at least base_interval");
}

void ParseResetHeaders(const ProtoPolicy& proto, const FieldScope& scope, RetryPolicy& policy) {
  if (!proto.has_rate_limited_retry_back_off()) return;
  const FieldScope field = scope.At("rate_limited_retry_back_off");
  const auto& back_off = proto.rate_limited_retry_back_off();
  Required(back_off, "reset_headers", field);
  policy.reset_max = DurationOr(back_off, "max_interval", policy.reset_max, field, kPositive);
  for (int i = 0; i < back_off.reset_headers_size(); ++i) {
    const auto& header = back_off.reset_headers(i);
    Required(header, "name", field.At("reset_headers", i));
    const bool stamp = header.format() == ProtoPolicy::UNIX_TIMESTAMP;
    policy.reset_headers.push_back(
        {HeaderKey(header.name()),
         stamp ? ResetHeader::Format::kUnixTimestamp : ResetHeader::Format::kSeconds});
  }
}

void ParseHostPredicates(const ProtoPolicy& proto, const FieldScope& scope, RetryPolicy& policy) {
  for (int i = 0; i < proto.retry_host_predicate_size(); ++i) {
    const auto& predicate = proto.retry_host_predicate(i);
    const FieldScope field = scope.At("retry_host_predicate", i);
    if (!predicate.has_typed_config()) {
      if (predicate.name() == kPreviousHosts) {
        policy.other_hosts = true;
      } else {
        field.Error(absl::StrCat("no predicate \"", predicate.name(), "\" is built in"),
                    kPreviousHosts);
      }
      continue;
    }
    const FieldScope config = field.At("typed_config");
    if (Unpack<PreviousHostsPredicate>(predicate.typed_config(), config).has_value())
      policy.other_hosts = true;
  }
  const int64_t picks = proto.host_selection_retry_max_attempts();
  // As Envoy: zero says nothing.
  if (picks == 0) return;
  constexpr int64_t kPicksMax = 100;
  if (picks < 0 || picks > kPicksMax) {
    return scope.At("host_selection_retry_max_attempts")
        .Error(absl::StrCat("is ", picks, ", must be from 0 to ", kPicksMax));
  }
  policy.host_picks_more = static_cast<uint32_t>(picks);
}

}  // namespace

std::shared_ptr<const RetryPolicy> ParseRetryPolicy(const ProtoPolicy& proto,
                                                    const FieldScope& scope) {
  auto policy = std::make_shared<RetryPolicy>();
  policy->on = ParseConditions(proto.retry_on(), scope.At("retry_on"));
  policy->retries_max = UInt32Or(proto, "num_retries", policy->retries_max, scope);
  policy->per_try_timeout = DurationOr(proto, "per_try_timeout", Duration{0}, scope);
  policy->per_try_idle_timeout = DurationOr(proto, "per_try_idle_timeout", Duration{0}, scope);
  ParseBackOff(proto, scope, *policy);
  ParseResetHeaders(proto, scope, *policy);
  for (int i = 0; i < proto.retriable_status_codes_size(); ++i) {
    const uint32_t code = proto.retriable_status_codes(i);
    if (code < 100 || code > 599)
      scope.At("retriable_status_codes", i).Error("must be from 100 to 599");
    policy->status_codes.push_back(code);
  }
  policy->retriable_headers = ParseMatchers(proto.retriable_headers(), "retriable_headers", scope);
  policy->request_headers =
      ParseMatchers(proto.retriable_request_headers(), "retriable_request_headers", scope);
  ParseHostPredicates(proto, scope, *policy);
  if (proto.has_retry_priority()) scope.At("retry_priority").Error("no such extension is built in");
  return policy;
}

}  // namespace sluice
