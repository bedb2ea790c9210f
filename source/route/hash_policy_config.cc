#include "source/route/hash_policy_config.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "envoy/config/route/v3/route_components.pb.h"
#include "re2/re2.h"
#include "source/config/proto_fields.h"
#include "source/http/match/match_config.h"

namespace sluice {
namespace {

using envoy::config::route::v3::RouteAction;
using ProtoPolicy = RouteAction::HashPolicy;

void ParseHeader(const ProtoPolicy::Header& proto, const FieldScope& scope, HashPolicy& policy) {
  policy.kind = HashPolicy::Kind::kHeader;
  Required(proto, "header_name", scope);
  policy.header = HeaderKey(proto.header_name());
  if (!proto.has_regex_rewrite()) return;
  const FieldScope rewrite = scope.At("regex_rewrite");
  policy.rewrite.pattern =
      ParseRegexMatcher(proto.regex_rewrite().pattern(), rewrite.At("pattern"));
  policy.rewrite.substitution = proto.regex_rewrite().substitution();
  std::string error;
  if (policy.rewrite.pattern != nullptr &&
      !policy.rewrite.pattern->CheckRewriteString(policy.rewrite.substitution, &error)) {
    rewrite.At("substitution").Error(error);
  }
}

// In Envoy's order. A TTL of zero is a cookie for the browser's session.
std::string AttributesOf(const ProtoPolicy::Cookie& proto, Duration ttl) {
  std::string text;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(ttl);
  if (seconds.count() > 0) absl::StrAppend(&text, "; Max-Age=", seconds.count());
  if (!proto.path().empty()) absl::StrAppend(&text, "; Path=", proto.path());
  for (const auto& attribute : proto.attributes()) {
    absl::StrAppend(&text, "; ", attribute.name());
    if (!attribute.value().empty()) absl::StrAppend(&text, "=", attribute.value());
  }
  absl::StrAppend(&text, "; HttpOnly");
  return text;
}

void ParseCookie(const ProtoPolicy::Cookie& proto, const FieldScope& scope, HashPolicy& policy) {
  policy.kind = HashPolicy::Kind::kCookie;
  Required(proto, "name", scope);
  policy.name = proto.name();
  const std::optional<Duration> ttl = OptionalDuration(proto, "ttl", scope);
  policy.generates = ttl.has_value();
  if (policy.generates) policy.attributes = AttributesOf(proto, *ttl);
}

// False: it says nothing.
bool ParsePolicy(const ProtoPolicy& proto, const FieldScope& scope, HashPolicy& policy) {
  policy.terminal = proto.terminal();
  switch (proto.policy_specifier_case()) {
    case ProtoPolicy::kHeader:
      ParseHeader(proto.header(), scope.At("header"), policy);
      return true;
    case ProtoPolicy::kCookie:
      ParseCookie(proto.cookie(), scope.At("cookie"), policy);
      return true;
    case ProtoPolicy::kConnectionProperties:
      policy.kind = HashPolicy::Kind::kSourceIp;
      return proto.connection_properties().source_ip();
    case ProtoPolicy::kQueryParameter:
      policy.kind = HashPolicy::Kind::kQueryParameter;
      Required(proto.query_parameter(), "name", scope.At("query_parameter"));
      policy.name = proto.query_parameter().name();
      return true;
    case ProtoPolicy::kFilterState:
      scope.At("filter_state").Error("there is no filter state to hash");
      return false;
    case ProtoPolicy::POLICY_SPECIFIER_NOT_SET:
      break;
  }
  scope.Error("needs something to hash",
              "set one of header, cookie, connection_properties, query_parameter");
  return false;
}

}  // namespace

std::vector<HashPolicy> ParseHashPolicies(const RouteAction& action, const FieldScope& scope) {
  std::vector<HashPolicy> policies;
  for (int i = 0; i < action.hash_policy_size(); ++i) {
    HashPolicy policy;
    if (ParsePolicy(action.hash_policy(i), scope.At("hash_policy", i), policy))
      policies.push_back(std::move(policy));
  }
  return policies;
}

}  // namespace sluice
