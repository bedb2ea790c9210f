#include "source/upstream/endpoint_config.h"

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "envoy/config/core/v3/address.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "source/config/proto_fields.h"

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
                              "for names set the cluster's type to STRICT_DNS");
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

EndpointSpec ParseEndpoint(const endpoint::LbEndpoint& lb_endpoint, DiscoveryType type,
                           const FieldScope& scope) {
  EndpointSpec spec;
  spec.flags = FlagsOf(lb_endpoint.health_status());
  spec.facts.weight = UInt32Or(lb_endpoint, "load_balancing_weight", 1, scope, {.min = 1});
  if (lb_endpoint.host_identifier_case() != endpoint::LbEndpoint::kEndpoint) {
    scope.At("endpoint").Error("is required");
    return spec;
  }
  const FieldScope field = scope.At("endpoint");
  ParseAddress(lb_endpoint.endpoint().address(), type, field.At("address"), spec);
  const std::string& hostname = lb_endpoint.endpoint().hostname();
  spec.facts.hostname = hostname.empty() ? spec.dns_name : hostname;
  return spec;
}

}  // namespace

std::vector<EndpointSpec> ParseEndpoints(const endpoint::ClusterLoadAssignment& assignment,
                                         DiscoveryType type, const FieldScope& scope) {
  std::vector<EndpointSpec> specs;
  for (int i = 0; i < assignment.endpoints_size(); ++i) {
    const endpoint::LocalityLbEndpoints& group = assignment.endpoints(i);
    const FieldScope group_scope = scope.At("endpoints", i);
    if (group.priority() > 128) group_scope.At("priority").Error("must be at most 128");
    for (int j = 0; j < group.lb_endpoints_size(); ++j) {
      EndpointSpec spec =
          ParseEndpoint(group.lb_endpoints(j), type, group_scope.At("lb_endpoints", j));
      spec.facts.priority = group.priority();
      spec.facts.locality = {group.locality().region(), group.locality().zone(),
                             group.locality().sub_zone()};
      specs.push_back(std::move(spec));
    }
  }
  return specs;
}

}  // namespace sluice
