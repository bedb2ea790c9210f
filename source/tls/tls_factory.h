// The TLS transport socket factories, of filter chains and of clusters. Create is for workers;
// making and destroying is for the main thread, which also makes their contexts again when files
// change.
#pragma once

#include <memory>
#include <string>

#include "source/net/transport_factory.h"
#include "source/stats/registry.h"
#include "source/tls/client_context.h"
#include "source/tls/reloaded_context.h"
#include "source/tls/server_context.h"
#include "source/tls/tls_config.h"
#include "source/tls/tls_world.h"

namespace sluice {

class ServerTlsFactory final : public ServerTransportFactory {
 public:
  // Null when anything is wrong; it is in `errors` then. `stat_prefix` ends with a dot.
  static std::unique_ptr<const ServerTlsFactory> Make(const ServerTlsConfig& config,
                                                      const TlsWorld& world, StatsRegistry& stats,
                                                      const std::string& stat_prefix,
                                                      TlsLoadErrors& errors);

  std::unique_ptr<TransportSocket> Create(WorkerContext& worker) const override;

 private:
  explicit ServerTlsFactory(std::unique_ptr<const ReloadedContext<ServerTlsContext>> context)
      : context_(std::move(context)) {}
  const std::unique_ptr<const ReloadedContext<ServerTlsContext>> context_;
};

class ClientTlsFactory final : public ClientTransportFactory {
 public:
  static std::unique_ptr<const ClientTlsFactory> Make(const ClientTlsConfig& config,
                                                      const TlsWorld& world, StatsRegistry& stats,
                                                      const std::string& stat_prefix,
                                                      TlsLoadErrors& errors);

  std::unique_ptr<TransportSocket> Create(WorkerContext& worker,
                                          const ClientTransportArgs& args) const override;

 private:
  ClientTlsFactory(std::unique_ptr<const ReloadedContext<ClientTlsContext>> context,
                   std::string server_name, bool host_name_first)
      : context_(std::move(context)),
        server_name_(std::move(server_name)),
        host_name_first_(host_name_first) {}
  const std::unique_ptr<const ReloadedContext<ClientTlsContext>> context_;
  const std::string server_name_;
  const bool host_name_first_;
};

}  // namespace sluice
