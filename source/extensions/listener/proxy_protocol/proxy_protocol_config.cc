#include "source/extensions/listener/proxy_protocol/proxy_protocol_config.h"

#include "absl/strings/str_cat.h"
#include "envoy/extensions/filters/listener/proxy_protocol/v3/proxy_protocol.pb.h"
#include "source/extensions/listener/proxy_protocol/proxy_protocol_filter.h"

namespace sluice {

namespace pb = ::envoy::extensions::filters::listener::proxy_protocol::v3;
namespace core = ::envoy::config::core::v3;

ProxyProtocolStats::ProxyProtocolStats(const ExtensionContext& context,
                                       const std::string& stat_prefix) {
  const std::string root =
      absl::StrCat("proxy_proto.", stat_prefix, stat_prefix.empty() ? "" : ".");
  const auto counter = [&](absl::string_view name) {
    return context.stats.GetCounter(absl::StrCat(root, name));
  };
  const auto of_version = [&](absl::string_view version) {
    const auto name = [&](absl::string_view stat) {
      return counter(absl::StrCat("versions.", version, ".", stat));
    };
    return OfVersion{name("found"), name("disallowed"), name("error")};
  };
  not_found_allowed = counter("not_found_allowed");
  not_found_disallowed = counter("not_found_disallowed");
  v1 = of_version("v1");
  v2 = of_version("v2");
  cx_error = context.stats.GetCounter(
      absl::StrCat(context.stat_prefix, "downstream_cx_proxy_proto_error"));
}

namespace {

constexpr absl::string_view kFilterName = "envoy.filters.listener.proxy_protocol";

// As Envoy: of two rules for one type the later holds.
void ReadRules(const pb::ProxyProtocol& proto, const FieldScope& scope,
               ProxyProtocolConfig& config) {
  for (int i = 0; i < proto.rules_size(); ++i) {
    const pb::ProxyProtocol::Rule& rule = proto.rules(i);
    if (!rule.has_on_tlv_present()) {
      const FieldScope at = scope.At("rules", i);
      at.At("on_tlv_present").Error("is required", "without it the rule does nothing");
      continue;
    }
    const std::string& space = rule.on_tlv_present().metadata_namespace();
    config.rules[static_cast<uint8_t>(rule.tlv_type())] = {
        .space = space.empty() ? std::string(kFilterName) : space,
        .key = rule.on_tlv_present().key()};
  }
}

}  // namespace

std::unique_ptr<const ListenerFilterFactory> ParseProxyProtocol(
    const google::protobuf::Message& message, const ExtensionContext& context,
    const FieldScope& scope) {
  const auto& proto = static_cast<const pb::ProxyProtocol&>(message);
  ProxyProtocolConfig config{.stats = ProxyProtocolStats(context, proto.stat_prefix())};
  config.may_be_missing = proto.allow_requests_without_proxy_protocol();
  for (const int version : proto.disallowed_versions()) {
    (version == core::ProxyProtocolConfig::V1 ? config.allowed.v1 : config.allowed.v2) = false;
  }
  if (!config.allowed.v1 && !config.allowed.v2) {
    scope.At("disallowed_versions")
        .Error("leaves no version of the protocol", "allow V1 or V2, or remove the filter");
    return nullptr;
  }
  if (proto.has_pass_through_tlvs()) {
    const auto& tlvs = proto.pass_through_tlvs();
    if (tlvs.match_type() == core::ProxyProtocolPassThroughTLVs::INCLUDE_ALL) {
      config.kept_tlvs.set();
    } else {
      for (const uint32_t type : tlvs.tlv_type()) config.kept_tlvs.set(type & 0xff);
    }
  }
  const size_t before = scope.errors().size();
  ReadRules(proto, scope, config);
  if (scope.errors().size() != before) return nullptr;
  return std::make_unique<ProxyProtocolFilterFactory>(config);
}

void AddProxyProtocol(Registry& registry) {
  registry.AddListenerFilter(pb::ProxyProtocol::descriptor()->full_name(), ParseProxyProtocol);
}

}  // namespace sluice
