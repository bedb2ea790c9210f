#include "source/listener/filter_chain_config.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "envoy/config/listener/v3/listener_components.pb.h"
#include "source/config/any_unpack.h"
#include "source/config/canonical_bytes.h"
#include "source/config/proto_fields.h"
#include "source/net/address_config.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace sluice {
namespace {

using ChainProto = envoy::config::listener::v3::FilterChain;
using MatchProto = envoy::config::listener::v3::FilterChainMatch;

// The one filter of a chain, which takes the connection.
std::unique_ptr<const DownstreamFactory> ParseFilters(const ChainProto& chain,
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

std::unique_ptr<const ServerTransportFactory> ParseTransport(const ChainProto& chain,
                                                             const Registry& registry,
                                                             const ExtensionContext& context,
                                                             const FieldScope& scope) {
  if (!chain.has_transport_socket()) return nullptr;
  const FieldScope at = scope.At("transport_socket");
  const FieldScope at_config = at.At("typed_config");
  const auto& any = chain.transport_socket().typed_config();
  const ServerTransportParser* parse = registry.FindServerTransport(ContentType(any));
  if (parse == nullptr) {
    ReportUnknownType(any.type_url(), at_config);
    return nullptr;
  }
  const auto message = UnpackAny(any, at_config);
  return message == nullptr ? nullptr : (*parse)(*message, context, at_config);
}

template <class Ranges>
std::vector<Cidr> ReadRanges(const Ranges& protos, std::string_view field,
                             const FieldScope& scope) {
  std::vector<Cidr> ranges;
  for (int i = 0; i < protos.size(); ++i) {
    auto range = ReadCidr(protos[i], scope.At(field, i));
    if (range.has_value()) ranges.push_back(*std::move(range));
  }
  return ranges;
}

// As Envoy: a name, or "*." and a name; a star anywhere else is refused.
std::string ReadServerName(absl::string_view name, const FieldScope& scope) {
  const absl::string_view rest = absl::StartsWith(name, "*.") ? name.substr(2) : name;
  if (name == "*") {
    scope.Error("matches every name", "leave server_names empty");
  } else if (absl::StrContains(rest, '*')) {
    scope.Error("holds a partial wildcard", "\"*.\" before a whole label, as in *.example.com");
  } else if (rest.size() != name.size() && rest.empty()) {
    scope.Error("lacks a name behind the wildcard", "such as *.example.com");
  } else if (absl::StartsWith(rest, ".")) {
    scope.Error("begins with a dot", "*.example.com stands for all names below example.com");
  }
  return absl::AsciiStrToLower(name);
}

}  // namespace

std::string ChainFingerprint(const ChainProto& proto, absl::string_view stat_name) {
  const std::string text = absl::StrCat(stat_name, "\n", CanonicalBytes(proto));
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return absl::StrCat(absl::Hex(hash.high64), ".", absl::Hex(hash.low64));
}

FilterChain ParseFilterChain(const ChainProto& proto, const Registry& registry,
                             const ExtensionContext& context, const FieldScope& scope) {
  FilterChain chain;
  chain.name = proto.name();
  chain.transport = ParseTransport(proto, registry, context, scope);
  chain.handshake_timeout =
      DurationOr(proto, "transport_socket_connect_timeout", Duration{0}, scope);
  chain.downstream = ParseFilters(proto, registry, context, scope);
  return chain;
}

FilterChainMatch ParseFilterChainMatch(const MatchProto& proto, const FieldScope& scope) {
  FilterChainMatch match;
  match.destination_port = static_cast<uint16_t>(
      UInt32Or(proto, "destination_port", 0, scope, {.min = 1, .max = 65535}));
  match.destination_ranges = ReadRanges(proto.prefix_ranges(), "prefix_ranges", scope);
  for (int i = 0; i < proto.server_names_size(); ++i) {
    match.server_names.push_back(
        ReadServerName(proto.server_names(i), scope.At("server_names", i)));
  }
  match.transport_protocol = proto.transport_protocol();
  match.application_protocols.assign(proto.application_protocols().begin(),
                                     proto.application_protocols().end());
  match.direct_source_ranges =
      ReadRanges(proto.direct_source_prefix_ranges(), "direct_source_prefix_ranges", scope);
  match.source_type = static_cast<FilterChainMatch::SourceType>(proto.source_type());
  match.source_ranges = ReadRanges(proto.source_prefix_ranges(), "source_prefix_ranges", scope);
  for (int i = 0; i < proto.source_ports_size(); ++i) {
    if (proto.source_ports(i) < 1 || proto.source_ports(i) > 65535) {
      scope.At("source_ports", i)
          .Error(absl::StrCat(proto.source_ports(i), " is no port"), "1 to 65535");
    }
    match.source_ports.push_back(static_cast<uint16_t>(proto.source_ports(i)));
  }
  if (FilterChainIndex::Combinations(match) > FilterChainIndex::kCombinationsMax) {
    scope.Error(absl::StrCat("has more than ", FilterChainIndex::kCombinationsMax,
                             " combinations of its values"),
                "give it fewer ranges, names or ports");
  }
  return match;
}

}  // namespace sluice
