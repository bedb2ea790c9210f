#include "source/listener/listener_config.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "envoy/extensions/filters/listener/original_dst/v3/original_dst.pb.h"
#include "sluice/listener/v1/tunnels.pb.h"
#include "source/config/any_unpack.h"
#include "source/config/node_to_proto.h"
#include "source/config/proto_fields.h"
#include "source/config/well_known_types.h"
#include "source/listener/filter_chain_config.h"
#include "source/net/address_config.h"
#include "source/net/bind_config.h"

namespace sluice {
namespace {

using ChainProto = envoy::config::listener::v3::FilterChain;
using ListenerProto = envoy::config::listener::v3::Listener;

constexpr absl::string_view kTunnelsKey = "sluice.tunnels";

// Makes chains, or takes them over from the version that is in service.
class ChainReader {
 public:
  ChainReader(const ListenerParts& parts, const ExtensionContext& context,
              const std::string& stat_name)
      : parts_(parts), context_(context), stat_name_(stat_name) {
    if (parts.in_service == nullptr) return;
    parts.in_service->filter_chains.ForEach(
        [this](const std::shared_ptr<const FilterChain>& chain) {
          present_.emplace(chain->fingerprint, chain);
        });
  }

  std::shared_ptr<const FilterChain> Read(const ChainProto& proto, const FieldScope& scope) const {
    std::string fingerprint = ChainFingerprint(proto, stat_name_);
    const auto found = present_.find(fingerprint);
    if (found != present_.end()) return found->second;
    auto chain =
        std::make_shared<FilterChain>(ParseFilterChain(proto, parts_.registry, context_, scope));
    chain->version = parts_.version;
    chain->fingerprint = std::move(fingerprint);
    return chain;
  }

 private:
  const ListenerParts& parts_;
  const ExtensionContext& context_;
  const std::string& stat_name_;
  absl::flat_hash_map<std::string, std::shared_ptr<const FilterChain>> present_;
};

// Chains and the index over them; who asks for the same connections as another is told so.
void ReadChains(const ListenerProto& proto, const ChainReader& reader, const FieldScope& scope,
                FilterChains& into) {
  for (int i = 0; i < proto.filter_chains_size(); ++i) {
    const auto& chain = proto.filter_chains(i);
    const FieldScope at = scope.At("filter_chains", i);
    into.chains.push_back(reader.Read(chain, at));
    const FieldScope at_match = at.At("filter_chain_match");
    const FilterChainMatch match = ParseFilterChainMatch(chain.filter_chain_match(), at_match);
    if (FilterChainIndex::Combinations(match) > FilterChainIndex::kCombinationsMax) continue;
    const auto taken_by = into.index.Add(match, static_cast<uint32_t>(i));
    if (!taken_by.has_value()) continue;
    at_match.Error(
        absl::StrCat("of filter chain \"", chain.name(), "\" (filter_chains[", i,
                     "]) asks for connections that filter chain \"", into.chains[*taken_by]->name,
                     "\" (filter_chains[", *taken_by, "]) asks for in the same words"),
        "change a criterion of one of them");
  }
  if (proto.has_default_filter_chain()) {
    const FieldScope at = scope.At("default_filter_chain");
    into.default_chain = reader.Read(proto.default_filter_chain(), at);
  } else if (into.chains.empty()) {
    scope.At("filter_chains").Error("is empty", "a listener needs a filter chain");
  }
}

std::optional<uint32_t> ReadPipeModes(const ListenerProto& proto, const FieldScope& scope) {
  std::optional<uint32_t> mode;
  bool is_first = true;
  const auto read = [&](const envoy::config::core::v3::Address& address, const FieldScope& at) {
    if (!address.has_pipe()) return;
    const std::optional<uint32_t> its = ReadPipeMode(address, at);
    if (!is_first && its != mode) {
      const FieldScope pipe = at.At("pipe");
      pipe.At("mode").Error("must be the same for all Unix sockets of a listener");
    }
    mode = its;
    is_first = false;
  };
  read(proto.address(), scope.At("address"));
  for (int i = 0; i < proto.additional_addresses_size(); ++i) {
    const FieldScope at = scope.At("additional_addresses", i);
    read(proto.additional_addresses(i).address(), at.At("address"));
  }
  return mode;
}

void ReadSocket(const ListenerProto& proto, const FieldScope& scope, ListenerConfig& config) {
  for (int i = 0; i < proto.additional_addresses_size(); ++i) {
    const FieldScope at = scope.At("additional_addresses", i);
    Address address = ReadAddress(proto.additional_addresses(i).address(), at.At("address"));
    // Port 0 is another port each time.
    const bool is_same =
        address == config.address || absl::c_linear_search(config.additional_addresses, address);
    if (is_same && !(address.is_ip() && address.port() == 0)) {
      at.At("address").Error(absl::StrCat(address.text(), " is there twice"));
    }
    config.additional_addresses.push_back(std::move(address));
  }
  ListenOptions& listen = config.listen;
  listen.unix_mode = ReadPipeModes(proto, scope);
  config.bind_to_port = BoolOr(proto, "bind_to_port", true);
  config.exact_balance = proto.connection_balance_config().has_exact_balance();
  listen.reuse_port = BoolOr(proto, "enable_reuse_port", true);
  listen.backlog = static_cast<int>(UInt32Or(proto, "tcp_backlog_size", 4096, scope, {.min = 1}));
  if (proto.has_freebind()) listen.freebind = proto.freebind().value();
  if (proto.has_transparent()) listen.transparent = proto.transparent().value();
  if (proto.has_tcp_fast_open_queue_length()) {
    listen.fast_open_queue = static_cast<int>(
        UInt32Or(proto, "tcp_fast_open_queue_length", 0, scope, {.max = 1u << 30}));
  }
  listen.raw = ReadSocketOptions(proto.socket_options(), scope);
  config.ignores_connections_max = proto.ignore_global_conn_limit();
  config.bypasses_overload = proto.bypass_overload_manager();
}

using MatchProto = envoy::config::listener::v3::ListenerFilterChainMatchPredicate;

std::vector<ListenerFilterMatch> ReadMatches(const MatchProto::MatchSet& proto);

ListenerFilterMatch ReadMatch(const MatchProto& proto) {
  using Kind = ListenerFilterMatch::Kind;
  switch (proto.rule_case()) {
    case MatchProto::kOrMatch:
      return {.kind = Kind::kOne, .parts = ReadMatches(proto.or_match())};
    case MatchProto::kAndMatch:
      return {.kind = Kind::kAll, .parts = ReadMatches(proto.and_match())};
    case MatchProto::kNotMatch:
      return {.kind = Kind::kNot, .parts = {ReadMatch(proto.not_match())}};
    case MatchProto::kDestinationPortRange:
      return {.kind = Kind::kDestinationPort,
              .port_begin = proto.destination_port_range().start(),
              .port_end = proto.destination_port_range().end()};
    default:
      return {};
  }
}

std::vector<ListenerFilterMatch> ReadMatches(const MatchProto::MatchSet& proto) {
  std::vector<ListenerFilterMatch> matches;
  for (const MatchProto& rule : proto.rules()) matches.push_back(ReadMatch(rule));
  return matches;
}

// As Envoy: the filter that finds the original destination comes along, behind all others.
void AddOriginalDst(const Registry& registry, const ExtensionContext& context,
                    const FieldScope& scope, ListenerConfig& config) {
  const envoy::extensions::filters::listener::original_dst::v3::OriginalDst message;
  const std::string name = message.GetDescriptor()->full_name();
  const ListenerFilterParser* parse = registry.FindListenerFilter(name);
  if (parse == nullptr) {
    return scope.Error(absl::StrCat("needs the listener filter ", name, ", which is not built in"));
  }
  config.hand_off_original_dst = true;
  config.listener_filters.emplace_back().factory = (*parse)(message, context, scope);
}

void ReadListenerFilters(const ListenerProto& proto, const Registry& registry,
                         const ExtensionContext& context, const FieldScope& scope,
                         ListenerConfig& config) {
  for (int i = 0; i < proto.listener_filters_size(); ++i) {
    const auto& any = proto.listener_filters(i).typed_config();
    const FieldScope at = scope.At("listener_filters", i);
    const FieldScope at_config = at.At("typed_config");
    const ListenerFilterParser* parse = registry.FindListenerFilter(ContentType(any));
    if (parse == nullptr) {
      ReportUnknownType(any.type_url(), at_config);
      continue;
    }
    const auto message = UnpackAny(any, at_config);
    if (message == nullptr) continue;
    auto factory = (*parse)(*message, context, at_config);
    if (factory == nullptr) continue;
    ListenerConfig::Filter& filter = config.listener_filters.emplace_back();
    filter.factory = std::move(factory);
    if (!proto.listener_filters(i).has_filter_disabled()) continue;
    filter.disabled = ReadMatch(proto.listener_filters(i).filter_disabled());
  }
  if (BoolOr(proto, "use_original_dst", false)) {
    AddOriginalDst(registry, context, scope.At("use_original_dst"), config);
  }
  config.listener_filters_timeout =
      DurationOr(proto, "listener_filters_timeout", config.listener_filters_timeout, scope);
  config.continue_on_listener_filters_timeout = proto.continue_on_listener_filters_timeout();
}

// Our own settings of a listener, which Envoy has no fields for.
void ReadTunnels(const ListenerProto& proto, const FieldScope& scope, ListenerConfig& config) {
  const auto& metadata = proto.metadata().filter_metadata();
  const auto found = metadata.find(std::string(kTunnelsKey));
  if (found == metadata.end()) return;
  const FieldScope field = scope.AtKey("filter_metadata", kTunnelsKey);
  ::sluice::listener::v1::ListenerTunnels tunnels;
  ReadMessage(NodeFromStruct(found->second), Notation::kJson, tunnels, field, nullptr);
  if (tunnels.has_end_after())
    config.tunnels_end_after = DurationOr(tunnels, "end_after", Duration{0}, field);
  config.tunnels_per_second =
      UInt32Or(tunnels, "closes_per_second", config.tunnels_per_second, field, {.min = 1});
}

}  // namespace

std::string ListenerName(const ListenerProto& proto) {
  if (!proto.name().empty()) return proto.name();
  ConfigErrors errors;  // whoever reads the address reports them
  return ReadAddress(proto.address(), FieldScope(errors)).text();
}

std::shared_ptr<const ListenerConfig> ParseListener(const ListenerProto& proto,
                                                    const ListenerParts& parts,
                                                    const FieldScope& scope) {
  StatsRegistry& stats = parts.stats;
  const size_t errors_before = scope.errors().size();
  if (parts.gate != nullptr && parts.in_service != nullptr) parts.gate->Insist();
  const Address address = ReadAddress(proto.address(), scope.At("address"));
  // Envoy's stat names have no colons: they end a name in other systems.
  const std::string stat_name = proto.stat_prefix().empty()
                                    ? absl::StrReplaceAll(address.text(), {{":", "_"}})
                                    : proto.stat_prefix();
  auto config = std::make_shared<ListenerConfig>(ListenerStats(stats, stat_name));
  config->name = ListenerName(proto);
  config->version = parts.version;
  config->address = address;
  ReadSocket(proto, scope, *config);
  if (parts.process != nullptr && parts.process->has_overload_manager) {
    config->overload = &parts.process->overload;
  }
  config->accepts_per_event_max =
      UInt32Or(proto, "max_connections_to_accept_per_socket_event", 1, scope, {.min = 1});
  config->buffer_bytes_max =
      UInt32Or(proto, "per_connection_buffer_limit_bytes", 1_MiB, scope, {.min = 1});
  const ExtensionContext context{stats, absl::StrCat("listener.", stat_name, "."), parts.gate};
  ReadListenerFilters(proto, parts.registry, context, scope, *config);
  ReadChains(proto, ChainReader(parts, context, stat_name), scope, config->filter_chains);
  ReadTunnels(proto, scope.At("metadata"), *config);
  for (int i = 0; i < proto.access_log_size(); ++i) {
    auto log = parts.access_logs.Parse(proto.access_log(i), scope.At("access_log", i));
    if (log != nullptr) config->access_logs.push_back(std::move(log));
  }
  return scope.errors().size() == errors_before ? config : nullptr;
}

}  // namespace sluice
