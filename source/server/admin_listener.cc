#include "source/server/admin_listener.h"

#include <utility>

#include "source/proxy/connection_manager.h"
#include "source/proxy/connection_manager_config.h"
#include "source/server/admin_call.h"
#include "source/server/admin_request_handler.h"

namespace sluice {
namespace {

class AdminFactory final : public RequestHandlerFactory {
 public:
  explicit AdminFactory(const AdminHandler& pages) : pages_(pages) {}
  ArenaPtr<RequestHandler> Create(ResponseSink& sink) const override {
    if (AdminCall::Takes(sink.request_headers())) {
      return ArenaPtr<RequestHandler>(sink.arena().New<AdminCall>(pages_, sink));
    }
    return ArenaPtr<RequestHandler>(sink.arena().New<AdminRequestHandler>(pages_, sink));
  }

 private:
  const AdminHandler& pages_;
};

}  // namespace

std::unique_ptr<ListenerConfig> MakeAdminListener(
    StatsRegistry& stats, const AdminHandler& pages,
    std::vector<std::unique_ptr<const AccessLog>> logs, const std::vector<ProxyWorker*>& workers) {
  auto manager = std::make_shared<ConnectionManagerConfig>(ConnectionManagerStats(stats, "admin"));
  manager->stat_prefix = "admin";
  manager->filters.handler = std::make_unique<AdminFactory>(pages);
  manager->access_logs = std::move(logs);
  auto listener = std::make_unique<ListenerConfig>(ListenerStats(stats, "admin"));
  listener->name = "admin";
  auto chain = std::make_shared<FilterChain>();
  chain->downstream = std::make_unique<ConnectionManagerFactory>(std::move(manager), workers);
  listener->filter_chains.default_chain = std::move(chain);
  return listener;
}

}  // namespace sluice
