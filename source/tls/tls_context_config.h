// DownstreamTlsContext and UpstreamTlsContext of Envoy's API, into factories of TLS sockets. The
// door at which TLS's protos stop. Main thread, at load.
#pragma once

#include <memory>
#include <string>

#include "absl/container/btree_map.h"
#include "source/config/field_scope.h"
#include "source/net/transport_factory.h"
#include "source/stats/registry.h"
#include "source/tls/tls_world.h"

namespace envoy::extensions::transport_sockets::tls::v3 {
class DownstreamTlsContext;
class Secret;
class UpstreamTlsContext;
}  // namespace envoy::extensions::transport_sockets::tls::v3

namespace sluice {

// static_resources.secrets by name; the messages live as long as the map is asked.
using StaticSecrets =
    absl::btree_map<std::string, const envoy::extensions::transport_sockets::tls::v3::Secret*>;

// Null when anything is wrong; every error is in `scope` then. `stat_prefix` ends with a dot.
std::unique_ptr<const ServerTransportFactory> ParseServerTls(
    const envoy::extensions::transport_sockets::tls::v3::DownstreamTlsContext& proto,
    const StaticSecrets& secrets, const TlsWorld& world, StatsRegistry& stats,
    const std::string& stat_prefix, const FieldScope& scope);

std::unique_ptr<const ClientTransportFactory> ParseClientTls(
    const envoy::extensions::transport_sockets::tls::v3::UpstreamTlsContext& proto,
    const StaticSecrets& secrets, const TlsWorld& world, StatsRegistry& stats,
    const std::string& stat_prefix, const FieldScope& scope);

}  // namespace sluice
