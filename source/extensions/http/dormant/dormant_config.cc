#include "source/extensions/http/dormant/dormant_config.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "envoy/extensions/filters/http/grpc_stats/v3/config.pb.h"
#include "envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit.pb.h"
#include "envoy/extensions/filters/http/lua/v3/lua.pb.h"
#include "envoy/extensions/filters/http/rbac/v3/rbac.pb.h"
#include "source/extensions/http/dormant/dormant_filter.h"

namespace sluice {
namespace {

namespace http = ::envoy::extensions::filters::http;

std::unique_ptr<const HttpFilterFactory> ParseDormant(const google::protobuf::Message&,
                                                      const ExtensionContext&, const FieldScope&) {
  return std::make_unique<DormantFactory>();
}

// Whole lines of comments only; a long comment, --[[ to ]], may end within a line.
bool DoesNothing(absl::string_view code) {
  for (absl::string_view line : absl::StrSplit(code, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty()) continue;
    if (!absl::StartsWith(line, "--") || absl::StartsWith(line, "--[")) return false;
  }
  return true;
}

void RefuseCode(absl::string_view code, const FieldScope& scope) {
  if (!DoesNothing(code)) scope.Error("has code to run", "Sluice runs no Lua; leave it out");
}

}  // namespace

std::unique_ptr<const HttpFilterFactory> ParseLua(const google::protobuf::Message& message,
                                                  const ExtensionContext&,
                                                  const FieldScope& scope) {
  const auto& proto = static_cast<const http::lua::v3::Lua&>(message);
  const size_t errors_before = scope.errors().size();
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  RefuseCode(proto.inline_code(), scope.At("inline_code"));
#pragma GCC diagnostic pop
  if (proto.has_default_source_code()) {
    const auto& source = proto.default_source_code();
    const FieldScope at = scope.At("default_source_code");
    if (source.has_inline_string()) {
      RefuseCode(source.inline_string(), at.At("inline_string"));
    } else {
      at.Error("may have code to run", "Sluice runs no Lua; leave it out");
    }
  }
  if (scope.errors().size() != errors_before) return nullptr;
  return std::make_unique<DormantFactory>();
}

void AddDormant(Registry& registry) {
  registry.AddHttpFilter(http::lua::v3::Lua::descriptor()->full_name(), ParseLua);
  registry.AddHttpFilter(http::grpc_stats::v3::FilterConfig::descriptor()->full_name(),
                         ParseDormant);
  registry.AddHttpFilter(http::local_ratelimit::v3::LocalRateLimit::descriptor()->full_name(),
                         ParseDormant);
  registry.AddHttpFilter(http::rbac::v3::RBAC::descriptor()->full_name(), ParseDormant);
}

}  // namespace sluice
