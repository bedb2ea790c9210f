#include "source/extensions/http/health_check/health_check_config.h"

#include <utility>

#include "envoy/extensions/filters/http/health_check/v3/health_check.pb.h"
#include "source/extensions/http/health_check/health_check_filter.h"
#include "source/http/match/match_config.h"

namespace sluice {
namespace {

namespace pb = ::envoy::extensions::filters::http::health_check::v3;

}  // namespace

std::unique_ptr<const HttpFilterFactory> ParseHealthCheck(const google::protobuf::Message& message,
                                                          const ExtensionContext& context,
                                                          const FieldScope& scope) {
  const auto& proto = static_cast<const pb::HealthCheck&>(message);
  if (context.process == nullptr) {
    scope.Error("is not possible here", "it is a filter of connection managers");
    return nullptr;
  }
  HealthCheckConfig config{.process = *context.process,
                           .passes_through = proto.pass_through_mode().value(),
                           .headers = {}};
  const size_t errors_before = scope.errors().size();
  if (proto.headers().empty()) {
    scope.At("headers").Error("is empty: every request would be a health check",
                              "such as { name: \":path\", string_match: { exact: /ready } }");
  }
  for (int i = 0; i < proto.headers_size(); ++i) {
    auto match = ParseHeaderMatch(proto.headers(i), scope.At("headers", i));
    if (match.has_value()) config.headers.push_back(std::move(*match));
  }
  if (scope.errors().size() != errors_before) return nullptr;
  return std::make_unique<HealthCheckFactory>(std::move(config));
}

void AddHealthCheck(Registry& registry) {
  registry.AddHttpFilter(pb::HealthCheck::descriptor()->full_name(), ParseHealthCheck);
}

}  // namespace sluice
