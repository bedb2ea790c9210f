#include "test/wire/busy_proxy.h"

#include <poll.h>
#include <time.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "source/base/check.h"
#include "source/config/config_errors.h"
#include "source/config/config_file.h"
#include "source/extensions/builtin_extensions.h"
#include "source/server/admin/admin_query.h"
#include "source/server/admin/stats_page.h"
#include "test/budget/many_clusters.h"

namespace sluice {
namespace {

constexpr char kBootstrap[] = R"(
node: { id: me, cluster: bench }
dynamic_resources:
  ads_config:
    api_type: DELTA_GRPC
    transport_api_version: V3
    grpc_services: [{ envoy_grpc: { cluster_name: xds } }]
  cds_config: { ads: {}, resource_api_version: V3 }
static_resources:
  clusters:
  - name: xds
    load_assignment:
      cluster_name: xds
      endpoints:
      - lb_endpoints:
        - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 18000 } } }
)";

std::chrono::nanoseconds ThreadCpu() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

double Times::At(double part) {
  if (all_.empty()) return 0;
  std::sort(all_.begin(), all_.end());
  return all_[static_cast<size_t>(part * static_cast<double>(all_.size() - 1))];
}

void TurnMeter::Wait(std::optional<MonotonicTime> deadline) {
  if (began_.count() > 0) {
    turns_.Add(std::chrono::duration<double, std::milli>(ThreadCpu() - began_).count());
  }
  poller_.Wait(deadline);
  began_ = ThreadCpu();
}

BusyProxy::BusyProxy(const std::string& static_resources) {
  std::vector<WorkerContext*> workers;
  for (Thread& thread : threads_) {
    stats_.AddCells(thread.cells);
    if (&thread != &main()) workers.push_back(&thread.context);
  }
  std::vector<FakeControlPlane::Item> clusters, endpoints;
  for (int i = 0; i < kClusters; ++i) {
    clusters.push_back(ClusterItem(i, 0));
    endpoints.push_back(EndpointsItem(i, 0));
  }
  control_plane_.Serve(kClusterType, std::move(clusters));
  control_plane_.Serve(kEndpointType, std::move(endpoints));
  Registry registry;
  AddBuiltinExtensions(registry);
  core_ = std::make_unique<ProxyCore>(ProxyCore::World{.workers = workers,
                                                       .main = main().context,
                                                       .network = network_,
                                                       .resolver = resolver_,
                                                       .stats = stats_,
                                                       .files = files_,
                                                       .open_channel =
                                                           [this](EventLoop&, const ChannelSpec&) {
                                                             return control_plane_.MakeChannel();
                                                           }},
                                      registry);
  SourceLines lines;
  ConfigErrors errors(&lines);
  envoy::config::bootstrap::v3::Bootstrap bootstrap;
  LoadConfig({.yaml = absl::StrCat(kBootstrap, static_resources)}, {}, bootstrap, lines, errors);
  core_->Load(bootstrap, errors);
  SLUICE_CHECK(errors.empty());
  core_->Start([](const absl::Status& status) { SLUICE_CHECK(status.ok()); });
  RunHere();
}

BusyProxy::~BusyProxy() {
  core_->CloseAll([] {});
  RunHere();
  core_.reset();
  RunHere();
}

void BusyProxy::RunHere() {
  bool more = true;
  while (more) {
    more = false;
    for (Thread& thread : threads_) more |= thread.loop.TurnWithoutWaiting();
  }
}

void BusyProxy::Start() {
  for (Thread& thread : threads_) running_.emplace_back([&thread] { thread.loop.Run(); });
}

void BusyProxy::Stop() {
  for (Thread& thread : threads_) thread.loop.Stop();
  for (std::thread& thread : running_) thread.join();
  running_.clear();
}

void BusyProxy::Tell(std::string bytes) {
  main().loop.Post([this, bytes = std::move(bytes)] {
    control_plane_.SendBytes(bytes);
    control_plane_.TakeRequests();
  });
}

std::string BusyProxy::AllClusters(int version) {
  std::vector<FakeControlPlane::Item> all;
  for (int i = 0; i < kClusters; ++i) all.push_back(ClusterItem(i, version));
  return DeltaBytes(kClusterType, all, absl::StrCat("c", version));
}

std::string BusyProxy::AllEndpoints(int version) {
  std::vector<FakeControlPlane::Item> all;
  for (int i = 0; i < kClusters; ++i) all.push_back(EndpointsItem(i, version));
  return DeltaBytes(kEndpointType, all, absl::StrCat("a", version));
}

bool BusyProxy::HaveAllClusters(int version) {
  return OnAllWorkers([version](WorkerClusters& clusters) {
    return clusters.Find(NameOf(kClusters - 1))->spec().settings->connection.connect_timeout ==
           std::chrono::seconds(1 + version);
  });
}

bool BusyProxy::HaveAllEndpoints(int version) {
  return OnAllWorkers([version](WorkerClusters& clusters) {
    return clusters.Find(NameOf(kClusters - 1))->hosts().traits[0].weight == WeightOf(version);
  });
}

void BusyProxy::Scrape() {
  main().loop.Post([this] {
    StatsPage(
        AdminQuery("/stats"), stats_, intervals_,
        [this](absl::AnyInvocable<void()> work) { main().loop.Post(std::move(work)); },
        [this, begin = Clock::now()](const AdminResponse& page) {
          size_t size = page.body.size();
          for (const std::string& piece : page.more) size += piece.size();
          scrape_bytes_ = static_cast<double>(size);
          scrape_ms_ = MsSince(begin);
          ++scrapes_;
        });
  });
}

BusyProxy::Turns BusyProxy::TakeTurns() {
  Turns turns;
  std::array<Times, kWorkers + 1> taken;
  std::atomic<size_t> answers = 0;
  for (size_t i = 0; i < threads_.size(); ++i) {
    threads_[i].loop.Post([&, i] {
      taken[i] = threads_[i].poller.TakeTurns();
      ++answers;
    });
  }
  while (answers < taken.size()) std::this_thread::yield();
  turns.main = taken[kWorkers];
  for (size_t i = 0; i < kWorkers; ++i) turns.workers.Add(taken[i]);
  return turns;
}

void BusyProxy::Rest(std::chrono::microseconds time) {
  const timespec wait = {0, std::chrono::nanoseconds(time).count()};
  ppoll(nullptr, 0, &wait, nullptr);
}

}  // namespace sluice
