#include "source/server/core_factories.h"

#include <memory>

#include "envoy/extensions/filters/http/router/v3/router.pb.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.pb.h"
#include "envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/tls.pb.h"
#include "source/proxy/connection_manager.h"
#include "source/proxy/http_connection_manager_config.h"
#include "source/proxy/router.h"
#include "source/proxy/tcp_proxy.h"

namespace sluice {
namespace {

using HcmProto =
    envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;
using TcpProxyProto = envoy::extensions::filters::network::tcp_proxy::v3::TcpProxy;
using RouterProto = envoy::extensions::filters::http::router::v3::Router;
using RawBufferProto = envoy::extensions::transport_sockets::raw_buffer::v3::RawBuffer;

using ServerTlsProto = envoy::extensions::transport_sockets::tls::v3::DownstreamTlsContext;
using ClientTlsProto = envoy::extensions::transport_sockets::tls::v3::UpstreamTlsContext;

// Plaintext, said in so many words.
class RawBufferFactory final : public ServerTransportFactory {
 public:
  std::unique_ptr<TransportSocket> Create(WorkerContext&) const override { return nullptr; }
};

std::unique_ptr<const DownstreamFactory> MakeConnectionManager(
    const CoreParts& parts, const google::protobuf::Message& message,
    const ExtensionContext& context, const FieldScope& scope) {
  const ConnectionManagerParts manager_parts{.registry = parts.registry,
                                             .stats = parts.stats,
                                             .access_logs = parts.access_logs,
                                             .cluster_names = parts.cluster_names,
                                             .route_tables = parts.route_tables,
                                             .scopes = parts.scopes,
                                             .runtime = &parts.runtime,
                                             .gate = context.gate,
                                             .process = &parts.process};
  auto config = ParseConnectionManager(static_cast<const HcmProto&>(message), manager_parts, scope);
  if (config == nullptr) return nullptr;
  return std::make_unique<ConnectionManagerFactory>(std::move(config), parts.proxy_workers);
}

std::unique_ptr<const DownstreamFactory> MakeTcpProxy(const CoreParts& parts,
                                                      const google::protobuf::Message& message,
                                                      const FieldScope& scope) {
  auto config = ParseTcpProxy(static_cast<const TcpProxyProto&>(message),
                              {.stats = parts.stats, .access_logs = parts.access_logs}, scope);
  if (config == nullptr) return nullptr;
  return std::make_unique<TcpProxyFactory>(std::move(config), parts.proxy_workers);
}

std::unique_ptr<const RequestHandlerFactory> MakeRouter(const CoreParts& parts,
                                                        const google::protobuf::Message& message,
                                                        const ExtensionContext& context) {
  const auto& proto = static_cast<const RouterProto&>(message);
  const RouterConfig config{.suppress_envoy_headers = proto.suppress_envoy_headers(),
                            .respect_expected_rq_timeout = proto.respect_expected_rq_timeout(),
                            .scheme_matches_upstream = context.scheme_matches_upstream};
  return std::make_unique<RouterFactory>(config, parts.proxy_workers);
}

void AddTls(Registry& registry, const CoreParts& parts) {
  const auto tls = [parts](const ExtensionContext& context) {
    return TlsParts{.secrets = parts.secrets,
                    .world = parts.tls,
                    .stats = context.stats,
                    .stat_prefix = context.stat_prefix,
                    .gate = context.gate};
  };
  registry.AddServerTransport(ServerTlsProto::descriptor()->full_name(),
                              [tls](const google::protobuf::Message& message,
                                    const ExtensionContext& context, const FieldScope& scope) {
                                return ParseServerTls(static_cast<const ServerTlsProto&>(message),
                                                      tls(context), scope);
                              });
  registry.AddClientTransport(ClientTlsProto::descriptor()->full_name(),
                              [tls](const google::protobuf::Message& message,
                                    const ExtensionContext& context, const FieldScope& scope) {
                                return ParseClientTls(static_cast<const ClientTlsProto&>(message),
                                                      tls(context), scope);
                              });
}

}  // namespace

void AddCoreFactories(Registry& registry, const CoreParts& parts) {
  registry.AddDownstream(HcmProto::descriptor()->full_name(),
                         [parts](const google::protobuf::Message& message,
                                 const ExtensionContext& context, const FieldScope& scope) {
                           return MakeConnectionManager(parts, message, context, scope);
                         });
  registry.AddDownstream(
      TcpProxyProto::descriptor()->full_name(),
      [parts](const google::protobuf::Message& message, const ExtensionContext&,
              const FieldScope& scope) { return MakeTcpProxy(parts, message, scope); });
  registry.AddRequestHandler(
      RouterProto::descriptor()->full_name(),
      [parts](const google::protobuf::Message& message, const ExtensionContext& context,
              const FieldScope&) { return MakeRouter(parts, message, context); });
  registry.AddServerTransport(
      RawBufferProto::descriptor()->full_name(),
      [](const google::protobuf::Message&, const ExtensionContext&, const FieldScope&) {
        return std::make_unique<RawBufferFactory>();
      });
  AddTls(registry, parts);
}

}  // namespace sluice
