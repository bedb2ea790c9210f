// The TLS transport socket factories, of filter chains and of clusters. Create is for workers;
// making them is for the main thread, which also makes their contexts again when files or secrets
// change. They may end on any thread.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "source/net/transport_factory.h"
#include "source/tls/client_context.h"
#include "source/tls/reloaded_context.h"
#include "source/tls/server_context.h"
#include "source/tls/thread_owned.h"

namespace sluice {

class ServerTlsFactory final : public ServerTransportFactory {
 public:
  using Context = ReloadedContext<ServerTlsContext>;
  ServerTlsFactory(EventLoop& main, std::unique_ptr<const Context> context)
      : context_(main, std::move(context)) {}

  std::unique_ptr<TransportSocket> Create(WorkerContext& worker) const override;

 private:
  const ThreadOwned<const Context> context_;
};

class ClientTlsFactory final : public ClientTransportFactory {
 public:
  using Context = ReloadedContext<ClientTlsContext>;
  ClientTlsFactory(EventLoop& main, std::unique_ptr<const Context> context, std::string server_name,
                   bool host_name_first)
      : context_(main, std::move(context)),
        server_name_(std::move(server_name)),
        host_name_first_(host_name_first) {}

  std::unique_ptr<TransportSocket> Create(WorkerContext& worker,
                                          const ClientTransportArgs& args) const override;

 private:
  const ThreadOwned<const Context> context_;
  const std::string server_name_;
  const bool host_name_first_;
};

}  // namespace sluice
