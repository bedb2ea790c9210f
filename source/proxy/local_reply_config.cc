#include "source/proxy/local_reply_config.h"

#include <utility>

#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "source/accesslog/access_log_filter_config.h"
#include "source/accesslog/line_format_config.h"
#include "source/config/proto_fields.h"
#include "source/route/header_edits_config.h"

namespace sluice {
namespace {

using envoy::config::core::v3::SubstitutionFormatString;
using envoy::extensions::filters::network::http_connection_manager::v3::LocalReplyConfig;
using envoy::extensions::filters::network::http_connection_manager::v3::ResponseMapper;

std::optional<ReplyBodyFormat> ReadBodyFormat(const SubstitutionFormatString& proto,
                                              const FieldScope& scope) {
  std::optional<LineFormat> format = ParseSubstitutionFormat(proto, scope);
  if (!format.has_value()) return std::nullopt;
  std::string content_type = proto.content_type();
  if (content_type.empty())
    content_type = proto.has_json_format() ? "application/json" : "text/plain";
  return ReplyBodyFormat{std::move(*format), std::move(content_type)};
}

LocalReplyMapper ReadMapper(const ResponseMapper& proto, const FieldScope& scope,
                            RuntimeKeys* runtime) {
  LocalReplyMapper mapper;
  mapper.filter = ParseAccessLogFilter(proto.filter(), scope.At("filter"), runtime);
  if (proto.has_status_code()) {
    mapper.status =
        static_cast<uint16_t>(UInt32Or(proto, "status_code", 500, scope, {.min = 200, .max = 599}));
  }
  if (proto.has_body()) mapper.body = ReadDataSource(proto.body(), scope.At("body"));
  mapper.header_edits = ParseHeaderEdits(proto.headers_to_add(), "headers_to_add", scope);
  if (proto.has_body_format_override()) {
    mapper.body_format =
        ReadBodyFormat(proto.body_format_override(), scope.At("body_format_override"));
  }
  return mapper;
}

}  // namespace

LocalReplyRules ParseLocalReplyRules(const LocalReplyConfig& proto, const FieldScope& scope,
                                     RuntimeKeys* runtime) {
  LocalReplyRules rules;
  for (int i = 0; i < proto.mappers_size(); ++i) {
    rules.mappers.push_back(ReadMapper(proto.mappers(i), scope.At("mappers", i), runtime));
  }
  if (proto.has_body_format())
    rules.body_format = ReadBodyFormat(proto.body_format(), scope.At("body_format"));
  return rules;
}

}  // namespace sluice
