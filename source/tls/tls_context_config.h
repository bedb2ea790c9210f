// DownstreamTlsContext and UpstreamTlsContext of Envoy's API, into factories of TLS sockets. The
// door at which TLS's protos stop. Main thread, at load.
#pragma once

#include <memory>
#include <string>

#include "source/config/field_scope.h"
#include "source/event/warm_gate.h"
#include "source/net/transport_factory.h"
#include "source/stats/registry.h"
#include "source/tls/secret_store.h"
#include "source/tls/tls_world.h"

namespace envoy::extensions::transport_sockets::tls::v3 {
class DownstreamTlsContext;
class UpstreamTlsContext;
}  // namespace envoy::extensions::transport_sockets::tls::v3

namespace sluice {

// What a context needs beside its message; lives for the call, but for what is outside of it.
struct TlsParts {
  SecretStore& secrets;
  TlsWorld world;
  StatsRegistry& stats;
  std::string stat_prefix;   // ends with a dot
  WarmGate* gate = nullptr;  // of who waits for the context's secrets; null: nobody can
};

// Null when anything is wrong; every error is in `scope` then. The context may have to be waited
// for; until its secrets have come, connections are refused.
std::unique_ptr<const ServerTransportFactory> ParseServerTls(
    const envoy::extensions::transport_sockets::tls::v3::DownstreamTlsContext& proto,
    const TlsParts& parts, const FieldScope& scope);

std::unique_ptr<const ClientTransportFactory> ParseClientTls(
    const envoy::extensions::transport_sockets::tls::v3::UpstreamTlsContext& proto,
    const TlsParts& parts, const FieldScope& scope);

}  // namespace sluice
