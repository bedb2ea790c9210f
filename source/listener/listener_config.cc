#include "source/listener/listener_config.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "source/config/any_unpack.h"
#include "source/config/proto_fields.h"
#include "source/net/address_config.h"

namespace sluice {
namespace {

using ListenerProto = envoy::config::listener::v3::Listener;
using ChainProto = envoy::config::listener::v3::FilterChain;

// The one filter of a chain, which takes the connection.
std::unique_ptr<const DownstreamFactory> ParseChain(const ChainProto& chain,
                                                    const Registry& registry,
                                                    const ExtensionContext& context,
                                                    const FieldScope& scope) {
  if (chain.filters_size() == 0) {
    scope.At("filters").Error(
        "is empty",
        "a connection needs a filter that takes it, such as the HTTP connection manager");
    return nullptr;
  }
  if (chain.filters_size() > 1) {
    scope.At("filters", 1)
        .Error("follows a filter that takes the connection", "one filter per chain is supported");
  }
  const FieldScope at = scope.At("filters", 0);
  const FieldScope at_config = at.At("typed_config");
  const auto& any = chain.filters(0).typed_config();
  const DownstreamParser* parse = registry.FindDownstream(ContentType(any));
  if (parse == nullptr) {
    ReportUnknownType(any.type_url(), at_config);
    return nullptr;
  }
  const auto message = UnpackAny(any, at_config);
  return message == nullptr ? nullptr : (*parse)(*message, context, at_config);
}

// Without conditions to match there is one chain: the default one, or the only one.
std::unique_ptr<const DownstreamFactory> ParseChains(const ListenerProto& proto,
                                                     const Registry& registry,
                                                     const ExtensionContext& context,
                                                     const FieldScope& scope) {
  for (int i = 1; i < proto.filter_chains_size(); ++i) {
    scope.At("filter_chains", i)
        .Error("is never reached", "one filter chain per listener is supported");
  }
  if (proto.filter_chains_size() > 0) {
    return ParseChain(proto.filter_chains(0), registry, context, scope.At("filter_chains", 0));
  }
  if (proto.has_default_filter_chain()) {
    return ParseChain(proto.default_filter_chain(), registry, context,
                      scope.At("default_filter_chain"));
  }
  scope.At("filter_chains").Error("is empty", "a listener needs a filter chain");
  return nullptr;
}

}  // namespace

ListenerStats::ListenerStats(StatsRegistry& registry, const std::string& stat_name) {
  const std::string prefix = absl::StrCat("listener.", stat_name, ".");
  cx_total = registry.GetCounter(prefix + "downstream_cx_total");
  cx_destroy = registry.GetCounter(prefix + "downstream_cx_destroy");
  cx_active = registry.GetGauge(prefix + "downstream_cx_active");
  no_filter_chain_match = registry.GetCounter(prefix + "no_filter_chain_match");
}

std::shared_ptr<const ListenerConfig> ParseListener(const ListenerProto& proto,
                                                    const Registry& registry, StatsRegistry& stats,
                                                    const FieldScope& scope) {
  const size_t errors_before = scope.errors().size();
  const Address address = ReadAddress(proto.address(), scope.At("address"));
  // Envoy's stat names have no colons: they end a name in other systems.
  const std::string stat_name = proto.stat_prefix().empty()
                                    ? absl::StrReplaceAll(address.text(), {{":", "_"}})
                                    : proto.stat_prefix();
  auto config = std::make_shared<ListenerConfig>(ListenerStats(stats, stat_name));
  config->name = proto.name().empty() ? address.text() : proto.name();
  config->address = address;
  config->listen.backlog =
      static_cast<int>(UInt32Or(proto, "tcp_backlog_size", 4096, scope, {.min = 1}));
  config->accepts_per_event_max =
      UInt32Or(proto, "max_connections_to_accept_per_socket_event", 1, scope, {.min = 1});
  config->buffer_bytes_max =
      UInt32Or(proto, "per_connection_buffer_limit_bytes", 1_MiB, scope, {.min = 1});
  config->downstream = ParseChains(
      proto, registry, {.stats = stats, .stat_prefix = absl::StrCat("listener.", stat_name, ".")},
      scope);
  return scope.errors().size() == errors_before ? config : nullptr;
}

}  // namespace sluice
