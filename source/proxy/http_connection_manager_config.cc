#include "source/proxy/http_connection_manager_config.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "sluice/extensions/http/upgrade/v1/upgrade.pb.h"
#include "source/config/any_unpack.h"
#include "source/config/proto_fields.h"
#include "source/http/http2_options_config.h"
#include "source/proxy/local_reply_config.h"
#include "source/proxy/manager_routes_config.h"

namespace sluice {
namespace {

using UpgradeFilterProto = ::sluice::extensions::http::upgrade::v1::Upgrade;
using HcmProto =
    envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;

CodecType ReadCodecType(const HcmProto& proto) {
  switch (proto.codec_type()) {
    case HcmProto::HTTP1:
      return CodecType::kHttp1;
    case HcmProto::HTTP2:
      return CodecType::kHttp2;
    default:
      return CodecType::kAuto;  // HTTP3 is refused by the ledger
  }
}

void ReadHttp1Options(const HcmProto& proto, const FieldScope& scope,
                      ConnectionManagerConfig& config) {
  const auto& options = proto.http_protocol_options();
  config.http1.accept_http_10 = options.accept_http_10();
  config.default_host_for_http_10 = options.default_host_for_http_10();
  config.http1.default_host_for_http_10 = config.default_host_for_http_10;
  config.http1.allow_absolute_url = BoolOr(options, "allow_absolute_url", true);
  config.http1.enable_trailers = options.enable_trailers();
  config.http1.allow_chunked_length = options.allow_chunked_length();
  config.http1.proper_case_names = options.header_key_format().has_proper_case_words();
}

void ReadHttp2Options(const HcmProto& proto, const FieldScope& scope,
                      ConnectionManagerConfig& config) {
  const MalformedEnds malformed = BoolOr(proto, "stream_error_on_invalid_http_message", false)
                                      ? MalformedEnds::kStream
                                      : MalformedEnds::kConnection;
  config.http2 = ParseHttp2Options(proto.http2_protocol_options(),
                                   scope.At("http2_protocol_options"), malformed);
}

void ReadCommonOptions(const HcmProto& proto, const FieldScope& scope,
                       ConnectionManagerConfig& config) {
  const auto& options = proto.common_http_protocol_options();
  const FieldScope at = scope.At("common_http_protocol_options");
  config.idle_timeout = DurationOr(options, "idle_timeout", config.idle_timeout, at);
  config.connection_duration_max = DurationOr(options, "max_connection_duration", Duration{0}, at);
  config.stream_duration_max = DurationOr(options, "max_stream_duration", Duration{0}, at);
  config.requests_per_connection_max = UInt32Or(options, "max_requests_per_connection", 0, at);
  config.codec_limits.headers_count_max =
      UInt32Or(options, "max_headers_count", 100, at, {.min = 1});
  switch (options.headers_with_underscores_action()) {
    case envoy::config::core::v3::HttpProtocolOptions::REJECT_REQUEST:
      config.request_rules.underscores = UnderscoreAction::kReject;
      break;
    case envoy::config::core::v3::HttpProtocolOptions::DROP_HEADER:
      config.request_rules.underscores = UnderscoreAction::kDrop;
      break;
    default:
      break;
  }
}

void ReadTimeouts(const HcmProto& proto, const FieldScope& scope, ConnectionManagerConfig& config) {
  config.stream_idle_timeout =
      DurationOr(proto, "stream_idle_timeout", config.stream_idle_timeout, scope);
  if (proto.has_stream_idle_timeout()) config.tunnel_idle_timeout = config.stream_idle_timeout;
  config.request_timeout = DurationOr(proto, "request_timeout", Duration{0}, scope);
  config.request_headers_timeout =
      DurationOr(proto, "request_headers_timeout", config.request_headers_timeout, scope);
  config.drain_timeout = DurationOr(proto, "drain_timeout", config.drain_timeout, scope);
  config.connection.close_timeout =
      DurationOr(proto, "delayed_close_timeout", config.connection.close_timeout, scope);
}

void ReadRequestRules(const HcmProto& proto, ConnectionManagerConfig& config) {
  RequestRules& rules = config.request_rules;
  rules.path.normalize = BoolOr(proto, "normalize_path", false);
  rules.path.merge_slashes = proto.merge_slashes();
  rules.strip_trailing_host_dot = proto.strip_trailing_host_dot();
  if (proto.strip_matching_host_port()) rules.host_port = HostPort::kStripMatching;
  if (proto.strip_any_host_port()) rules.host_port = HostPort::kStripAny;
  switch (proto.path_with_escaped_slashes_action()) {
    case HcmProto::REJECT_REQUEST:
      rules.path.escaped_slashes = EscapedSlashes::kReject;
      break;
    case HcmProto::UNESCAPE_AND_REDIRECT:
      rules.path.escaped_slashes = EscapedSlashes::kUnescapeAndRedirect;
      break;
    case HcmProto::UNESCAPE_AND_FORWARD:
      rules.path.escaped_slashes = EscapedSlashes::kUnescapeAndForward;
      break;
    default:
      break;
  }
}

SchemeRule ReadSchemeRule(const HcmProto& proto) {
  const auto& transformation = proto.scheme_header_transformation();
  if (!transformation.has_scheme_to_overwrite()) return SchemeRule::kKeep;
  return transformation.scheme_to_overwrite() == "https" ? SchemeRule::kHttps : SchemeRule::kHttp;
}

void ReadForwarding(const HcmProto& proto, ConnectionManagerConfig& config) {
  ForwardingRules& rules = config.forwarding;
  rules.scheme = ReadSchemeRule(proto);
  rules.use_remote_address = BoolOr(proto, "use_remote_address", false);
  rules.xff_trusted_hops = proto.xff_num_trusted_hops();
  rules.skip_xff_append = proto.skip_xff_append();
  rules.append_x_forwarded_port = proto.append_x_forwarded_port();
  rules.generate_request_id = BoolOr(proto, "generate_request_id", true);
  rules.preserve_external_request_id = proto.preserve_external_request_id();
  rules.via = proto.via();
  config.always_set_request_id_in_response = proto.always_set_request_id_in_response();
  if (!proto.server_name().empty()) config.server_name = proto.server_name();
  switch (proto.server_header_transformation()) {
    case HcmProto::APPEND_IF_ABSENT:
      config.server_header = ServerHeader::kAppendIfAbsent;
      break;
    case HcmProto::PASS_THROUGH:
      config.server_header = ServerHeader::kPassThrough;
      break;
    default:
      break;
  }
}

void ReadClientCertRules(const HcmProto& proto, ConnectionManagerConfig& config) {
  ClientCertRules& rules = config.client_cert;
  switch (proto.forward_client_cert_details()) {
    case HcmProto::FORWARD_ONLY:
      rules.mode = ForwardClientCert::kForwardOnly;
      break;
    case HcmProto::APPEND_FORWARD:
      rules.mode = ForwardClientCert::kAppendForward;
      break;
    case HcmProto::SANITIZE_SET:
      rules.mode = ForwardClientCert::kSanitizeSet;
      break;
    case HcmProto::ALWAYS_FORWARD_ONLY:
      rules.mode = ForwardClientCert::kAlwaysForwardOnly;
      break;
    default:
      break;
  }
  const auto& details = proto.set_current_client_cert_details();
  rules.subject = BoolOr(details, "subject", false);
  rules.cert = details.cert();
  rules.chain = details.chain();
  rules.dns = details.dns();
  rules.uri = details.uri();
}

using FilterProtos = google::protobuf::RepeatedPtrField<
    envoy::extensions::filters::network::http_connection_manager::v3::HttpFilter>;

ExtensionContext FilterContextOf(const HcmProto& proto, const ConnectionManagerParts& parts) {
  const auto& scheme = proto.scheme_header_transformation();
  return {parts.stats, absl::StrCat("http.", proto.stat_prefix(), "."), parts.gate, parts.process,
          scheme.match_upstream() && !scheme.has_scheme_to_overwrite()};
}

// The last filter is the handler that ends the chain; every other is an HTTP filter.
FilterPlan ReadFilters(const FilterProtos& filters, const ExtensionContext& context,
                       const ConnectionManagerParts& parts, const FieldScope& scope,
                       const char* field) {
  FilterPlan plan;
  bool all_are_known = true;
  for (int i = 0; i < filters.size(); ++i) {
    const auto& filter = filters[i];
    const FieldScope at = scope.At(field, i);
    const FieldScope at_config = at.At("typed_config");
    const std::string type = ContentType(filter.typed_config());
    const HttpFilterParser* parse_filter = parts.registry.FindHttpFilter(type);
    const RequestHandlerParser* parse_handler = parts.registry.FindRequestHandler(type);
    if (parse_filter == nullptr && parse_handler == nullptr) {
      all_are_known = filter.is_optional() && all_are_known;
      if (!filter.is_optional()) ReportUnknownType(filter.typed_config().type_url(), at_config);
      continue;
    }
    const auto message = UnpackAny(filter.typed_config(), at_config);
    if (message == nullptr) continue;
    if (parse_handler != nullptr) {
      if (i + 1 < filters.size()) at.Error("ends the chain, so it must be the last filter");
      if (filter.disabled()) at.At("disabled").Error("is not for the filter that ends the chain");
      plan.handler = (*parse_handler)(*message, context, at_config);
    } else if (auto factory = (*parse_filter)(*message, context, at_config)) {
      // One that wants to be asked nothing would only take room in every stream.
      if (factory->interests() != Interest::kNone)
        plan.Add(filter.name(), std::move(factory), filter.disabled());
    }
  }
  // One that is not known may have been meant to answer.
  if (plan.handler == nullptr && all_are_known) {
    scope.At(field).Error("has no filter that answers requests",
                          "end it with envoy.filters.http.router");
  }
  return plan;
}

bool IsForUpgrades(const FilterPlan::Entry& entry) {
  return Includes(entry.interests, Interest::kUpgradesOnly);
}

// A chain that says nothing of upgrades has the upgrade filter in front, as it decides.
FilterPlan UpgradePlanOf(const FilterPlan& chain, const FilterPlan::Entry& upgrade_filter) {
  FilterPlan plan;
  if (std::none_of(chain.filters.begin(), chain.filters.end(), IsForUpgrades))
    plan.AddForUpgrades(upgrade_filter);
  for (const FilterPlan::Entry& entry : chain.filters) plan.AddForUpgrades(entry);
  plan.handler = chain.handler;
  return plan;
}

void ReadUpgrades(const HcmProto& proto, const ConnectionManagerParts& parts,
                  const FieldScope& scope, ConnectionManagerConfig& config) {
  const ExtensionContext context = FilterContextOf(proto, parts);
  FilterPlan defaults;
  const HttpFilterParser* const parse =
      parts.registry.FindHttpFilter(UpgradeFilterProto::descriptor()->full_name());
  if (parse == nullptr) return;  // this program lets nothing upgrade
  defaults.Add("upgrade", (*parse)(UpgradeFilterProto(), context, scope));
  // Where it is listed, with what is said of it there.
  const auto& listed = config.filters.filters;
  const auto found = std::find_if(listed.begin(), listed.end(), IsForUpgrades);
  const FilterPlan::Entry upgrade_filter =
      found == listed.end() ? defaults.filters.front() : *found;
  UpgradePlans& upgrades = config.upgrades;
  upgrades.otherwise = UpgradePlanOf(config.filters, upgrade_filter);
  auto& filters = config.filters.filters;
  filters.erase(std::remove_if(filters.begin(), filters.end(), IsForUpgrades), filters.end());
  for (int i = 0; i < proto.upgrade_configs_size(); ++i) {
    const auto& upgrade = proto.upgrade_configs(i);
    const FieldScope at = scope.At("upgrade_configs", i);
    const bool twice = std::any_of(
        upgrades.rules.begin(), upgrades.rules.end(), [&upgrade](const UpgradeRule& rule) {
          return absl::EqualsIgnoreCase(rule.type, upgrade.upgrade_type());
        });
    if (twice) {
      at.At("upgrade_type")
          .Error(absl::StrCat("\"", upgrade.upgrade_type(), "\" is there already"),
                 "once for a type; case does not count");
    }
    upgrades.rules.push_back({upgrade.upgrade_type(), BoolOr(upgrade, "enabled", true)});
    FilterPlan plan;
    if (!upgrade.filters().empty()) {
      plan = UpgradePlanOf(ReadFilters(upgrade.filters(), context, parts, at, "filters"),
                           upgrade_filter);
    }
    upgrades.plans.push_back(std::move(plan));
  }
}

}  // namespace

std::shared_ptr<const ConnectionManagerConfig> ParseConnectionManager(
    const HcmProto& proto, const ConnectionManagerParts& parts, const FieldScope& scope) {
  const size_t errors_before = scope.errors().size();
  auto config = std::make_shared<ConnectionManagerConfig>(
      ConnectionManagerStats(parts.stats, proto.stat_prefix()));
  config->stat_prefix = proto.stat_prefix();
  config->codec_type = ReadCodecType(proto);
  config->codec_limits.headers_bytes_max =
      size_t{UInt32Or(proto, "max_request_headers_kb", 60, scope, {.min = 1, .max = 8192})} * 1024;
  ReadHttp1Options(proto, scope, *config);
  ReadHttp2Options(proto, scope, *config);
  ReadCommonOptions(proto, scope, *config);
  ReadTimeouts(proto, scope, *config);
  ReadRequestRules(proto, *config);
  ReadForwarding(proto, *config);
  ReadClientCertRules(proto, *config);
  for (int i = 0; i < proto.access_log_size(); ++i) {
    const FieldScope at = scope.At("access_log", i);
    if (auto log = parts.access_logs.Parse(proto.access_log(i), at))
      config->access_logs.push_back(std::move(log));
  }
  const FieldScope log_options = scope.At("access_log_options");
  config->log_interval =
      DurationOr(proto.access_log_options(), "access_log_flush_interval", Duration{0}, log_options);
  config->log_at_request_start = proto.access_log_options().flush_access_log_on_new_request();
  config->log_at_tunnel_start =
      proto.access_log_options().flush_log_on_tunnel_successfully_established();
  config->local_replies = ParseLocalReplyRules(proto.local_reply_config(),
                                               scope.At("local_reply_config"), parts.runtime);
  ReadManagerRoutes(proto, parts, scope, *config);
  if (parts.process != nullptr && parts.process->has_overload_manager) {
    config->overload = &parts.process->overload;
  }
  config->filters = ReadFilters(proto.http_filters(), FilterContextOf(proto, parts), parts, scope,
                                "http_filters");
  ReadUpgrades(proto, parts, scope, *config);
  return scope.errors().size() == errors_before ? config : nullptr;
}

}  // namespace sluice
