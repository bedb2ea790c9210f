#include "source/server/proxy_core.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "source/base/log.h"
#include "source/base/status_macros.h"
#include "source/config/any_unpack.h"
#include "source/server/core_factories.h"
#include "source/upstream/cluster_config.h"

namespace sluice {
namespace {

std::vector<EventLoop*> LoopsOf(const std::vector<WorkerContext*>& workers) {
  std::vector<EventLoop*> loops;
  for (WorkerContext* worker : workers) loops.push_back(&worker->loop);
  return loops;
}

// Calls `done` when called for the last of `parts`.
std::function<void()> AfterAll(size_t parts, std::function<void()> done) {
  return [left = std::make_shared<size_t>(parts), done = std::move(done)] {
    if (--*left == 0) done();
  };
}

}  // namespace

ProxyCore::ProxyCore(const World& world, const Registry& extensions)
    : world_(world),
      registry_(extensions),
      worker_set_(LoopsOf(world.workers)),
      secrets_(world.main, world.files, world.stats),
      route_tables_(worker_set_, world.main),
      sides_([&] {
        std::vector<std::unique_ptr<Side>> sides;
        for (WorkerContext* worker : world.workers)
          sides.push_back(std::make_unique<Side>(*worker));
        sides.push_back(std::make_unique<Side>(world.main));
        return sides;
      }()),
      access_logs_(world.workers, world.main, world.open_access_log),
      upstreams_(worker_set_,
                 [&] {
                   std::vector<WorkerUpstreams::Side> sides;
                   for (size_t i = 0; i < world.workers.size(); ++i) {
                     sides.push_back({*world.workers[i], world.network, sides_[i]->clusters});
                   }
                   return sides;
                 }()),
      clusters_(world.main, world.network, world.stats, world.resolver, upstreams_) {
  for (const auto& side : sides_) proxy_workers_.push_back(&side->proxy);
  AddCoreFactories(registry_,
                   {.registry = registry_,
                    .stats = world_.stats,
                    .access_logs = access_logs_,
                    .proxy_workers = proxy_workers_,
                    .cluster_names = cluster_names_,
                    .route_tables = route_tables_,
                    .secrets = secrets_,
                    .tls = {worker_set_, world_.main, world_.files, certificate_dates_}});
}

ProxyCore::~ProxyCore() {
  // Listeners hold connections, which hold streams, which hold pools: from the outside in.
  for (const auto& side : sides_) side->listeners.clear();
}

void ProxyCore::Load(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                     ConfigErrors& errors) {
  OpenOutlierLog(bootstrap, errors);
  const FieldScope root(errors, "static_resources");
  const auto& resources = bootstrap.static_resources();
  for (const auto& secret : resources.secrets()) secrets_.AddStatic(secret);
  for (int i = 0; i < resources.clusters_size(); ++i) {
    const auto& cluster = resources.clusters(i);
    const FieldScope field = root.At("clusters", i);
    cluster_names_.insert(cluster.name());
    if (cluster.type() == envoy::config::cluster::v3::Cluster::EDS) {
      field.At("type").Error("EDS needs a control plane, and there is none",
                             "list the endpoints in load_assignment, with another type");
    }
    SetCluster(cluster, field);
  }
  for (int i = 0; i < resources.listeners_size(); ++i) {
    auto config = ParseListener(resources.listeners(i), {registry_, world_.stats, access_logs_},
                                root.At("listeners", i));
    if (config != nullptr) configured_.push_back(std::move(config));
  }
}

std::shared_ptr<const ClusterSpec> ProxyCore::ReadCluster(
    const envoy::config::cluster::v3::Cluster& cluster, const FieldScope& scope, WarmGate& gate) {
  const ParseTransport parse_transport =
      [this, &gate](const google::protobuf::Any& config, const std::string& stat_prefix,
                    const FieldScope& field) -> std::unique_ptr<const ClientTransportFactory> {
    const ClientTransportParser* parse = registry_.FindClientTransport(ContentType(config));
    if (parse == nullptr) {
      ReportUnknownType(config.type_url(), field);
      return nullptr;
    }
    const auto message = UnpackAny(config, field);
    if (message == nullptr) return nullptr;
    return (*parse)(*message, {world_.stats, stat_prefix, &gate}, field);
  };
  const OpenEventLog open_event_log = [this](const std::string& path, const FieldScope& field) {
    return access_logs_.FindFile(path, field);
  };
  return ParseCluster(cluster, scope, world_.stats, parse_transport, open_event_log);
}

void ProxyCore::SetCluster(const envoy::config::cluster::v3::Cluster& cluster,
                           const FieldScope& scope) {
  auto gate = std::make_unique<WarmGate>();
  auto spec = ReadCluster(cluster, scope, *gate);
  if (spec != nullptr) clusters_.Set(std::move(spec), std::move(gate));
}

void ProxyCore::OpenOutlierLog(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                               ConfigErrors& errors) {
  const std::string& path = bootstrap.cluster_manager().outlier_detection().event_log_path();
  if (path.empty()) return;
  const FieldScope scope(errors, "cluster_manager.outlier_detection.event_log_path");
  LogSink* const log = access_logs_.FindFile(path, scope);
  if (log != nullptr) clusters_.SetOutlierLog(*log);
}

void ProxyCore::Start(std::function<void(absl::Status)> on_done) {
  clusters_.WhenReady([this, on_done = std::move(on_done)] { on_done(StartListeners()); });
}

// None accepts before all are there, on all workers: what is accepted may be another's.
absl::Status ProxyCore::StartListeners() {
  for (const auto& config : configured_) RETURN_IF_ERROR(PlaceListener(config));
  ForEachSide([](Side& side, uint32_t) {
    for (const auto& listener : side.listeners) listener->Start();
  });
  return absl::OkStatus();
}

// All sockets are bound here, on the main thread, so that a failure is known before anything
// accepts.
absl::Status ProxyCore::PlaceListener(std::shared_ptr<const ListenerConfig> config) {
  std::vector<Address> bound = {config->address};
  bound.insert(bound.end(), config->additional_addresses.begin(),
               config->additional_addresses.end());
  for (Address& address : bound) RETURN_IF_ERROR(ListenAt(config, address));
  running_.push_back({std::move(config), std::move(bound)});
  return absl::OkStatus();
}

// On every worker. Port 0 becomes the port that the system has chosen.
absl::Status ProxyCore::ListenAt(const std::shared_ptr<const ListenerConfig>& config,
                                 Address& address) {
  std::vector<std::unique_ptr<ListenSocket>> sockets;
  for (WorkerContext* worker : world_.workers) {
    if (!config->bind_to_port) break;
    Poller& poller = worker->loop.poller();
    // A Unix socket has one owner: a second one at its path would take it away from the first.
    auto socket = sockets.empty() || (config->listen.reuse_port && address.is_ip())
                      ? world_.network.Listen(poller, address, config->listen)
                      : sockets.front()->Share(poller);
    if (!socket.ok()) {
      return absl::Status(socket.status().code(), absl::StrCat("listener \"", config->name,
                                                               "\": ", socket.status().message()));
    }
    address = (*socket)->local_address();  // the others take the port the first got
    sockets.push_back(*std::move(socket));
  }
  sockets.resize(world_.workers.size());
  ConnectionBalance* balance = nullptr;
  if (config->exact_balance) {
    balances_.push_back(std::make_unique<ConnectionBalance>(world_.workers));
    balance = balances_.back().get();
  }
  for (size_t i = 0; i < sockets.size(); ++i) {
    WorkerContext& worker = *world_.workers[i];
    worker.loop.Post([side = sides_[i].get(), &worker, config, address, balance,
                      socket = std::move(sockets[i])]() mutable {
      side->listeners.push_back(std::make_unique<WorkerListener>(
          worker, config, WorkerListener::Place{std::move(socket), &side->by_address, balance}));
      side->by_address.Add(address, *side->listeners.back());
    });
  }
  if (!config->bind_to_port) return absl::OkStatus();
  SLUICE_LOG(kMain, kInfo, "listener \"", config->name, "\" listens on ", address.text());
  return absl::OkStatus();
}

absl::Status ProxyCore::ListenOnMain(std::shared_ptr<const ListenerConfig> config, Address& bound) {
  ListenOptions options = config->listen;
  options.reuse_port = false;
  auto socket = world_.network.Listen(world_.main.loop.poller(), config->address, options);
  if (!socket.ok()) return socket.status();
  bound = (*socket)->local_address();
  auto& listeners = sides_.back()->listeners;
  listeners.push_back(std::make_unique<WorkerListener>(
      world_.main, std::move(config), WorkerListener::Place{.socket = std::move(*socket)}));
  listeners.back()->Start();
  return absl::OkStatus();
}

void ProxyCore::ForEachSide(std::function<void(Side& side, uint32_t worker)> work) {
  worker_set_.PostToAll([this, work](uint32_t worker) { work(*sides_[worker], worker); });
}

// In two steps, as a worker may have placed a connection on another one just before: when all have
// stopped to accept, what is placed has been posted.
void ProxyCore::StartDrain(std::function<void()> on_empty, Accepting accepting) {
  draining_ = true;
  if (accepting == Accepting::kGoesOn) return DrainConnections(std::move(on_empty));
  const auto worker_stopped = AfterAll(
      world_.workers.size(),
      [this, on_empty = std::move(on_empty)]() mutable { DrainConnections(std::move(on_empty)); });
  ForEachSide([this, worker_stopped](Side& side, uint32_t) {
    for (const auto& listener : side.listeners) listener->StopAccepting();
    world_.main.loop.Post(worker_stopped);
  });
}

// A worker is empty when all its listeners are: one may hand a connection to another.
void ProxyCore::DrainConnections(std::function<void()> on_empty) {
  const auto worker_empty = AfterAll(world_.workers.size(), std::move(on_empty));
  ForEachSide([this, worker_empty](Side& side, uint32_t) {
    const auto tell_if_empty = [this, worker_empty, &side, told = std::make_shared<bool>(false)] {
      const auto is_empty = [](const auto& listener) { return listener->connections() == 0; };
      if (*told || !absl::c_all_of(side.listeners, is_empty)) return;
      *told = true;
      world_.main.loop.Post(worker_empty);
    };
    for (const auto& listener : side.listeners) listener->StartDrain(tell_if_empty);
    tell_if_empty();
  });
}

void ProxyCore::CollectTunnels(OnTunnels done) {
  struct Collected {
    std::vector<TunnelView> open;
    std::vector<TunnelEndView> ends;
    size_t workers_left;
    OnTunnels done;
  };
  const auto all = std::make_shared<Collected>();
  all->workers_left = world_.workers.size();
  all->done = std::move(done);
  ForEachSide([this, all](Side& side, uint32_t) {
    TunnelBoard& tunnels = side.proxy.tunnels();
    world_.main.loop.Post([all, open = tunnels.Open(side.proxy.context().loop.now()),
                           ends = tunnels.Ends()]() mutable {
      std::move(open.begin(), open.end(), std::back_inserter(all->open));
      std::move(ends.begin(), ends.end(), std::back_inserter(all->ends));
      if (--all->workers_left > 0) return;
      // A worker may hold the rest longer; this leads to objects of the main thread.
      std::exchange(all->done, nullptr)(std::move(all->open), std::move(all->ends));
    });
  });
}

void ProxyCore::CloseAll(std::function<void()> on_done) {
  const auto worker_done = AfterAll(world_.workers.size(), std::move(on_done));
  ForEachSide([this, worker_done](Side& side, uint32_t) {
    for (const auto& listener : side.listeners) listener->CloseAll();
    world_.main.loop.Post(worker_done);
  });
}

}  // namespace sluice
