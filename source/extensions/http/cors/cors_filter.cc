#include "source/extensions/http/cors/cors_filter.h"

#include <algorithm>

#include "absl/types/span.h"
#include "source/http/header_names.h"

namespace sluice {
namespace {

// Names of the Fetch standard, sections 3.2 and 3.3 (CORS protocol).
constexpr absl::string_view kAllowOrigin = "access-control-allow-origin";
constexpr absl::string_view kAllowCredentials = "access-control-allow-credentials";
constexpr absl::string_view kAllowMethods = "access-control-allow-methods";
constexpr absl::string_view kAllowHeaders = "access-control-allow-headers";
constexpr absl::string_view kMaxAge = "access-control-max-age";
constexpr absl::string_view kExposeHeaders = "access-control-expose-headers";
constexpr absl::string_view kRequestMethod = "access-control-request-method";
// Of the draft on private network access.
constexpr absl::string_view kRequestPrivateNetwork = "access-control-request-private-network";
constexpr absl::string_view kAllowPrivateNetwork = "access-control-allow-private-network";

absl::string_view ValueOf(const Headers& headers, absl::string_view name) {
  const Header* const header = headers.Find(name);
  return header == nullptr ? absl::string_view() : header->value;
}

bool IsPreflight(const Headers& headers) {
  return headers.Get(HeaderId::kMethod) == "OPTIONS" && !ValueOf(headers, kRequestMethod).empty();
}

Reply PreflightReply() { return {.status = 200, .details = "cors_response"}; }

absl::Span<const ReplyField> PreflightFields(const CorsPolicy& policy, const Headers& request,
                                             absl::string_view origin, Arena& arena) {
  constexpr size_t kFieldsMax = 6;
  auto* const fields = static_cast<ReplyField*>(
      arena.Allocate(sizeof(ReplyField) * kFieldsMax, alignof(ReplyField)));
  size_t count = 0;
  const auto add = [&](absl::string_view name, absl::string_view value) {
    if (!value.empty()) new (&fields[count++]) ReplyField{HeaderId::kUnknown, value, name};
  };
  add(kAllowOrigin, origin);
  add(kAllowCredentials, policy.allow_credentials ? "true" : "");
  add(kAllowMethods, policy.allow_methods);
  add(kAllowHeaders, policy.allow_headers);
  add(kMaxAge, policy.max_age);
  const bool to_private =
      policy.allow_private_network && ValueOf(request, kRequestPrivateNetwork) == "true";
  add(kAllowPrivateNetwork, to_private ? "true" : "");
  return {fields, count};
}

void SetReference(Headers& headers, absl::string_view name, absl::string_view value) {
  headers.Remove(name);
  headers.AddReference(name, HeaderId::kUnknown, value);
}

}  // namespace

// As Envoy, a matcher that takes "*" allows every origin.
bool CorsPolicy::Allows(absl::string_view origin) const {
  return std::any_of(origins.begin(), origins.end(), [origin](const StringMatch& match) {
    return match.Matches("*") || match.Matches(origin);
  });
}

Verdict CorsFilter::OnRequestHeaders(FilterContext& context, Headers& headers, End) {
  const CorsPolicy* const policy = context.settings<CorsPolicy>();
  const absl::string_view origin = headers.Get(HeaderId::kOrigin);
  if (policy == nullptr || origin.empty()) return Verdict::kDetach;
  const uint64_t random_value = context.worker().random.Next();
  const bool is_enforced = policy->enabled.Includes(random_value);
  if (!is_enforced && !policy->shadow.Includes(random_value)) return Verdict::kDetach;
  const bool is_allowed = policy->Allows(origin);
  (is_allowed ? stats_.origin_valid : stats_.origin_invalid).Add(context.worker().stats);
  if (!is_enforced) return Verdict::kDetach;
  const bool is_preflight = IsPreflight(headers);
  if (!is_allowed && (!is_preflight || policy->forward_not_matching_preflights))
    return Verdict::kDetach;
  if (is_preflight) {
    context.reply() = PreflightReply();
    if (is_allowed) {
      context.reply().fields =
          PreflightFields(*policy, headers, context.arena().Copy(origin), context.arena());
    }
    return Verdict::kReply;
  }
  policy_ = policy;
  origin_ = context.arena().Copy(origin);
  return Verdict::kContinue;
}

Verdict CorsFilter::OnResponseHeaders(FilterContext&, Headers& headers, End) {
  if (policy_ == nullptr) return Verdict::kContinue;
  SetReference(headers, kAllowOrigin, origin_);
  if (policy_->allow_credentials) SetReference(headers, kAllowCredentials, "true");
  if (!policy_->expose_headers.empty())
    SetReference(headers, kExposeHeaders, policy_->expose_headers);
  return Verdict::kContinue;
}

}  // namespace sluice
