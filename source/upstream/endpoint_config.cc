#include "source/upstream/endpoint_config.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "envoy/config/core/v3/address.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "source/config/proto_fields.h"
#include "source/config/value_text.h"
#include "source/net/racing_io_handle.h"
#include "source/upstream/health/health_config.h"

namespace sluice {
namespace {

namespace core = envoy::config::core::v3;
namespace endpoint = envoy::config::endpoint::v3;

// RFC 1035 section 2.3.4.
constexpr size_t kDnsNameBytesMax = 253;

void ParseSocketAddress(const core::SocketAddress& socket, DiscoveryType type,
                        const FieldScope& scope, EndpointSpec& spec) {
  if (socket.protocol() != core::SocketAddress::TCP) {
    scope.At("protocol").Error("must be TCP");
  }
  if (!socket.resolver_name().empty()) {
    scope.At("resolver_name").Error("has no effect", "remove it; names are resolved by STRICT_DNS");
  }
  if (socket.port_specifier_case() != core::SocketAddress::kPortValue || socket.port_value() == 0) {
    return scope.At("port_value").Error("must be a port from 1 to 65535");
  }
  if (socket.port_value() > 65535) return scope.At("port_value").Error("must be at most 65535");
  const auto port = static_cast<uint16_t>(socket.port_value());
  absl::StatusOr<Address> address = Address::FromIp(socket.address(), port);
  if (address.ok()) {
    spec.facts.address = *std::move(address);
  } else if (type == DiscoveryType::kStatic) {
    scope.At("address").Error(absl::StrCat("\"", socket.address(), "\" is not an IP address"),
                              "for names set the cluster's type to STRICT_DNS or LOGICAL_DNS");
  } else if (socket.address().empty() || socket.address().size() > kDnsNameBytesMax) {
    scope.At("address").Error("must be an IP address or a name of at most 253 bytes");
  } else {
    spec.dns_name = socket.address();
    spec.port = port;
  }
}

void ParseAddress(const core::Address& address, DiscoveryType type, const FieldScope& scope,
                  EndpointSpec& spec) {
  switch (address.address_case()) {
    case core::Address::kSocketAddress:
      return ParseSocketAddress(address.socket_address(), type, scope.At("socket_address"), spec);
    case core::Address::kPipe: {
      const FieldScope pipe = scope.At("pipe");
      if (type == DiscoveryType::kLogicalDns) return pipe.Error("is not for type LOGICAL_DNS");
      absl::StatusOr<Address> path = Address::FromUnixPath(address.pipe().path());
      if (!path.ok()) return pipe.At("path").Error(std::string(path.status().message()));
      spec.facts.address = *std::move(path);
      return;
    }
    default:
      return scope.Error("must be a socket_address or a pipe");
  }
}

HostFlags FlagsOf(core::HealthStatus status) {
  switch (status) {
    case core::UNHEALTHY:
    case core::TIMEOUT:
      return {HostFlag::kFailedByDiscovery};
    case core::DRAINING:
      return {HostFlag::kDrainingByDiscovery};
    case core::DEGRADED:
      return {HostFlag::kDegradedByDiscovery};
    default:
      return {};
  }
}

// What is under "envoy.transport_socket_match".
KeyValues ParseTransportLabels(const core::Metadata& metadata) {
  const auto at = metadata.filter_metadata().find("envoy.transport_socket_match");
  return at == metadata.filter_metadata().end() ? KeyValues() : ReadKeyValues(at->second);
}

// What is under "envoy.lb"; null: nothing is.
std::shared_ptr<const EndpointMetadata> ParseMetadata(const core::Metadata& metadata) {
  const auto at = metadata.filter_metadata().find("envoy.lb");
  if (at == metadata.filter_metadata().end() || at->second.fields().empty()) return nullptr;
  auto parsed = std::make_shared<EndpointMetadata>();
  for (const auto& [key, value] : at->second.fields()) {
    EndpointMetadata::Entry entry{key, ValueText(value), {}};
    for (const auto& item : value.list_value().values()) entry.items.push_back(ValueText(item));
    parsed->entries.push_back(std::move(entry));
  }
  std::sort(parsed->entries.begin(), parsed->entries.end(),
            [](const auto& a, const auto& b) { return a.key < b.key; });
  return parsed;
}

void ParseMoreAddresses(const endpoint::Endpoint& endpoint, DiscoveryType type,
                        const FieldScope& scope, EndpointSpec& spec) {
  if (endpoint.additional_addresses_size() == 0) return;
  if (type != DiscoveryType::kStatic && type != DiscoveryType::kEds) {
    return scope.At("additional_addresses").Error("are for types STATIC and EDS only");
  }
  std::vector<Address> addresses = {spec.facts.address};
  for (int i = 0; i < endpoint.additional_addresses_size(); ++i) {
    EndpointSpec more;
    const FieldScope field = scope.At("additional_addresses", i);
    ParseAddress(endpoint.additional_addresses(i).address(), type, field.At("address"), more);
    addresses.push_back(std::move(more.facts.address));
  }
  spec.facts.addresses = SharedValue(Interleave(addresses));
}

EndpointSpec ParseEndpoint(const endpoint::LbEndpoint& lb_endpoint, DiscoveryType type,
                           const FieldScope& scope) {
  EndpointSpec spec;
  spec.flags = FlagsOf(lb_endpoint.health_status());
  spec.traits.weight = UInt32Or(lb_endpoint, "load_balancing_weight", 1, scope, {.min = 1});
  spec.traits.metadata = ParseMetadata(lb_endpoint.metadata());
  if (lb_endpoint.host_identifier_case() != endpoint::LbEndpoint::kEndpoint) {
    scope.At("endpoint").Error("is required");
    return spec;
  }
  const FieldScope field = scope.At("endpoint");
  ParseAddress(lb_endpoint.endpoint().address(), type, field.At("address"), spec);
  ParseMoreAddresses(lb_endpoint.endpoint(), type, field, spec);
  const std::string& hostname = lb_endpoint.endpoint().hostname();
  spec.facts.hostname = hostname.empty() ? spec.dns_name : hostname;
  spec.facts.probe = ParseProbePlace(lb_endpoint.endpoint(), field);
  return spec;
}

// Reads the LocalityLbEndpoints one after the other, and what must hold over all of them.
class EndpointsReader {
 public:
  EndpointsReader(DiscoveryType type, std::vector<EndpointSpec>& specs)
      : type_(type), specs_(specs) {}

  void Read(const endpoint::LocalityLbEndpoints& group, const FieldScope& scope) {
    if (group.priority() > kPriorityMax) scope.At("priority").Error("must be at most 128");
    const std::shared_ptr<const LocalityGroup> locality = ReadLocality(group, scope);
    const KeyValues of_locality = ParseTransportLabels(group.metadata());
    uint64_t weights = 0;
    specs_.reserve(specs_.size() + static_cast<size_t>(group.lb_endpoints_size()));
    for (int i = 0; i < group.lb_endpoints_size(); ++i) {
      const FieldScope field = scope.At("lb_endpoints", i);
      EndpointSpec spec = ParseEndpoint(group.lb_endpoints(i), type_, field);
      spec.traits.priority = group.priority();
      spec.traits.locality = locality;
      KeyValues own = ParseTransportLabels(group.lb_endpoints(i).metadata());
      if (!own.empty() || !of_locality.empty())
        spec.facts.transport_labels = TransportLabelsRef({std::move(own), of_locality});
      weights += spec.traits.weight;
      CheckNew(spec, field);
      specs_.push_back(std::move(spec));
    }
    if (weights > kWeightsMax) {
      scope.At("lb_endpoints").Error("their weights sum up to more than 4294967295");
    }
  }

 private:
  static constexpr uint32_t kPriorityMax = 128;
  static constexpr uint64_t kWeightsMax = std::numeric_limits<uint32_t>::max();

  std::shared_ptr<const LocalityGroup> ReadLocality(const endpoint::LocalityLbEndpoints& group,
                                                    const FieldScope& scope) {
    auto parsed = std::make_shared<LocalityGroup>();
    const core::Locality& name = group.locality();
    parsed->locality = {name.region(), name.zone(), name.sub_zone()};
    // Where it is set it is at least 1: 0 stands for unset, and gets no traffic.
    parsed->weight = UInt32Or(group, "load_balancing_weight", 0, scope, {.min = 1});
    Level& level = levels_[group.priority()];
    level.weights += parsed->weight;
    if (level.weights > kWeightsMax) {
      scope.At("load_balancing_weight")
          .Error("the localities of this priority weigh more than 4294967295 together");
    }
    if (group.has_locality() && !level.seen.insert(parsed->locality).second) {
      scope.At("locality")
          .Error("is listed twice in the same priority", "put its endpoints into one entry");
    }
    return parsed;
  }

  void CheckNew(const EndpointSpec& spec, const FieldScope& scope) {
    if (spec.facts.address.family() == Address::Family::kNone) return;
    if (addresses_.insert(spec.facts.address).second) return;
    scope.At("endpoint.address")
        .Error(absl::StrCat(spec.facts.address.text(), " is listed twice"),
               "give it a higher load_balancing_weight");
  }

  struct Level {
    uint64_t weights = 0;
    absl::flat_hash_set<Locality> seen;
  };
  const DiscoveryType type_;
  std::vector<EndpointSpec>& specs_;
  absl::flat_hash_map<uint32_t, Level> levels_;  // by priority
  absl::flat_hash_set<Address> addresses_;
};

// Each category drops its part of what those before it have let through.
uint32_t ReadDrops(const endpoint::ClusterLoadAssignment::Policy& policy, const FieldScope& scope) {
  double kept = 1.0;
  for (int i = 0; i < policy.drop_overloads_size(); ++i) {
    const FieldScope field = scope.At("drop_overloads", i);
    const std::optional<uint32_t> dropped = ReadPartsPerMillion(
        policy.drop_overloads(i).drop_percentage(), field.At("drop_percentage"));
    kept *= 1.0 - dropped.value_or(0) / 1e6;
  }
  return static_cast<uint32_t>(std::lround((1.0 - kept) * 1e6));
}

}  // namespace

Assignment ParseAssignment(const endpoint::ClusterLoadAssignment& assignment, DiscoveryType type,
                           const FieldScope& scope) {
  Assignment parsed;
  EndpointsReader reader(type, parsed.endpoints);
  for (int i = 0; i < assignment.endpoints_size(); ++i) {
    reader.Read(assignment.endpoints(i), scope.At("endpoints", i));
  }
  if (type == DiscoveryType::kLogicalDns && parsed.endpoints.size() != 1) {
    scope.At("endpoints")
        .Error(absl::StrCat("must be one endpoint for LOGICAL_DNS, there are ",
                            parsed.endpoints.size()),
               "use STRICT_DNS for several names");
  }
  const FieldScope policy = scope.At("policy");
  parsed.policy.overprovisioning_percent =
      UInt32Or(assignment.policy(), "overprovisioning_factor",
               parsed.policy.overprovisioning_percent, policy, {.min = 1});
  parsed.policy.weighted_priority_health = assignment.policy().weighted_priority_health();
  parsed.policy.drop_per_million = ReadDrops(assignment.policy(), policy);
  parsed.stale_after = DurationOr(assignment.policy(), "endpoint_stale_after", Duration::zero(),
                                  policy, {.min = std::chrono::nanoseconds(1)});
  return parsed;
}

}  // namespace sluice
