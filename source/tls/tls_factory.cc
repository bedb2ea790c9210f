#include "source/tls/tls_factory.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "source/tls/tls_socket.h"

namespace sluice {
namespace {

// The first context, and a watch on everything it is made of.
template <class Context, class Config>
std::unique_ptr<const ReloadedContext<Context>> MakeReloaded(
    const Config& config, const std::vector<std::string>& files, const TlsWorld& world,
    const TlsStats& stats, const std::string& stat_prefix,
    typename ReloadedContext<Context>::Make make, TlsLoadErrors& errors) {
  std::shared_ptr<const Context> first = make(errors);
  if (first == nullptr) return nullptr;
  auto context = std::make_unique<ReloadedContext<Context>>(
      world, std::string(absl::StripSuffix(stat_prefix, ".")), stats, std::move(make),
      std::move(first));
  const CommonTlsConfig& common = config.common;
  for (const std::string& directory : common.watched_directories) {
    if (const absl::Status status = context->Watch(world.files, directory); !status.ok()) {
      errors.push_back({common.field,
                        absl::StrCat("watched_directory \"", directory,
                                     "\" cannot be watched: ", status.message()),
                        ""});
      return nullptr;
    }
  }
  for (const std::string& file : files) {
    if (const absl::Status status = context->Watch(world.files, file); !status.ok()) {
      errors.push_back(
          {common.field, absl::StrCat("\"", file, "\" cannot be watched: ", status.message()), ""});
      return nullptr;
    }
  }
  return context;
}

}  // namespace

std::unique_ptr<const ServerTlsFactory> ServerTlsFactory::Make(const ServerTlsConfig& config,
                                                               const TlsWorld& world,
                                                               StatsRegistry& registry,
                                                               const std::string& stat_prefix,
                                                               TlsLoadErrors& errors) {
  const TlsStats stats(registry, stat_prefix);
  auto context = MakeReloaded<ServerTlsContext>(
      config, config.Files(), world, stats, stat_prefix,
      [config, stats](TlsLoadErrors& found) -> std::shared_ptr<const ServerTlsContext> {
        return ServerTlsContext::Make(config, stats, found);
      },
      errors);
  if (context == nullptr) return nullptr;
  return std::unique_ptr<const ServerTlsFactory>(new ServerTlsFactory(std::move(context)));
}

std::unique_ptr<TransportSocket> ServerTlsFactory::Create(WorkerContext& worker) const {
  return std::make_unique<TlsSocket>(worker, context_->Pin(worker));
}

std::unique_ptr<const ClientTlsFactory> ClientTlsFactory::Make(const ClientTlsConfig& config,
                                                               const TlsWorld& world,
                                                               StatsRegistry& registry,
                                                               const std::string& stat_prefix,
                                                               TlsLoadErrors& errors) {
  const TlsStats stats(registry, stat_prefix);
  const uint32_t threads = world.workers.size() + 1;
  auto context = MakeReloaded<ClientTlsContext>(
      config, config.common.Files(), world, stats, stat_prefix,
      [config, stats, threads](TlsLoadErrors& found) -> std::shared_ptr<const ClientTlsContext> {
        return ClientTlsContext::Make(config, threads, stats, found);
      },
      errors);
  if (context == nullptr) return nullptr;
  return std::unique_ptr<const ClientTlsFactory>(
      new ClientTlsFactory(std::move(context), config.server_name, config.host_name_first));
}

std::unique_ptr<TransportSocket> ClientTlsFactory::Create(WorkerContext& worker,
                                                          const ClientTransportArgs& args) const {
  absl::string_view name = args.server_name;
  if (name.empty() && host_name_first_) name = args.host_name;
  if (name.empty()) name = server_name_;
  return std::make_unique<TlsSocket>(worker, context_->Pin(worker),
                                     TlsSocket::Target{.server_name = std::string(name),
                                                       .verify_name = std::string(args.verify_name),
                                                       .address = args.address.text(),
                                                       .alpn = args.alpn,
                                                       .alpn_wins = args.alpn_wins});
}

}  // namespace sluice
