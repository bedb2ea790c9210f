#include "source/extensions/http/cors/cors_config.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "envoy/extensions/filters/http/cors/v3/cors.pb.h"
#include "source/config/proto_fields.h"
#include "source/extensions/http/cors/cors_filter.h"
#include "source/http/match/match_config.h"

namespace sluice {

namespace pb = ::envoy::extensions::filters::http::cors::v3;

FilterValue ParseCorsPolicy(const google::protobuf::Message& message, RuntimeKeys* runtime,
                            const FieldScope& scope) {
  const auto& proto = static_cast<const pb::CorsPolicy&>(message);
  const size_t errors_before = scope.errors().size();
  auto policy = std::make_shared<CorsPolicy>();
  for (int i = 0; i < proto.allow_origin_string_match_size(); ++i) {
    const FieldScope at = scope.At("allow_origin_string_match", i);
    auto match = ParseStringMatch(proto.allow_origin_string_match(i), at);
    if (match.has_value()) policy->origins.push_back(*std::move(match));
  }
  policy->allow_methods = proto.allow_methods();
  policy->allow_headers = proto.allow_headers();
  policy->expose_headers = proto.expose_headers();
  policy->max_age = proto.max_age();
  policy->allow_credentials = BoolOr(proto, "allow_credentials", false);
  policy->allow_private_network = BoolOr(proto, "allow_private_network_access", false);
  policy->forward_not_matching_preflights = BoolOr(proto, "forward_not_matching_preflights", true);
  policy->enabled = {.parts_per_million = 1'000'000};
  if (proto.has_filter_enabled()) {
    auto enabled = ParseRuntimeFraction(proto.filter_enabled(), scope.At("filter_enabled"));
    if (enabled.has_value()) policy->enabled = *std::move(enabled);
  }
  if (proto.has_shadow_enabled()) {
    auto shadow = ParseRuntimeFraction(proto.shadow_enabled(), scope.At("shadow_enabled"));
    if (shadow.has_value()) policy->shadow = *std::move(shadow);
  }
  if (scope.errors().size() != errors_before) return {};
  BindRuntime(runtime, policy->enabled);
  BindRuntime(runtime, policy->shadow);
  return FilterValue::Of(std::shared_ptr<const CorsPolicy>(std::move(policy)));
}

CorsStats::CorsStats(const ExtensionContext& context)
    : origin_valid(
          context.stats.GetCounter(absl::StrCat(context.stat_prefix, "cors.origin_valid"))),
      origin_invalid(
          context.stats.GetCounter(absl::StrCat(context.stat_prefix, "cors.origin_invalid"))) {}

void AddCors(Registry& registry) {
  registry.AddHttpFilter(
      pb::Cors::descriptor()->full_name(),
      [](const google::protobuf::Message&, const ExtensionContext& context, const FieldScope&) {
        return std::make_unique<CorsFilterFactory>(CorsStats(context));
      });
  registry.AddFilterSettings(pb::CorsPolicy::descriptor()->full_name(), ParseCorsPolicy);
}

}  // namespace sluice
