// How long a change of endpoints takes to be effective on all workers while all of 10,000 clusters
// change and the statistics are read: on threads of their own, with the real clock. From when the
// message is handed to the main thread until each worker has it.
//
// bazel run -c opt //test/wire:bench_busy_discovery
#include <poll.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "source/base/check.h"
#include "source/base/random.h"
#include "source/base/slab_pool.h"
#include "source/config/config_errors.h"
#include "source/config/config_file.h"
#include "source/event/libevent_poller.h"
#include "source/extensions/builtin_extensions.h"
#include "source/net/socket_network.h"
#include "source/server/admin/admin_query.h"
#include "source/server/admin/stats_page.h"
#include "source/server/proxy_core.h"
#include "test/budget/many_clusters.h"
#include "test/harness/scripted_file_watcher.h"
#include "test/harness/scripted_resolver.h"

namespace sluice {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRounds = 20;
constexpr size_t kWorkers = 2;
constexpr auto kBetweenChanges = std::chrono::milliseconds(7);

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

struct Thread {
  explicit Thread(uint32_t index) : context{loop, slabs, random, cells, index} {}
  LibeventPoller poller;
  SlabPool slabs;
  EventLoop loop{poller};
  FastRandom random{1};
  StatCells cells;
  WorkerContext context;
};

class BusyDiscovery {
 public:
  BusyDiscovery() {
    for (Thread* thread : {&workers_[0], &workers_[1], &main_}) stats_.AddCells(thread->cells);
    std::vector<FakeControlPlane::Item> clusters, endpoints;
    for (int i = 0; i < kClusters; ++i) {
      clusters.push_back(ClusterItem(i, 0));
      endpoints.push_back(EndpointsItem(i, 0));
    }
    control_plane_.Serve(kClusterType, std::move(clusters));
    control_plane_.Serve(kEndpointType, std::move(endpoints));
    Registry registry;
    AddBuiltinExtensions(registry);
    core_ = std::make_unique<ProxyCore>(
        ProxyCore::World{
            .workers = {&workers_[0].context, &workers_[1].context},
            .main = main_.context,
            .network = network_,
            .resolver = resolver_,
            .stats = stats_,
            .files = files_,
            .open_channel = [this](EventLoop&,
                                   const ChannelSpec&) { return control_plane_.MakeChannel(); }},
        registry);
    SourceLines lines;
    ConfigErrors errors(&lines);
    envoy::config::bootstrap::v3::Bootstrap bootstrap;
    LoadConfig({.yaml = kBootstrap}, {}, bootstrap, lines, errors);
    core_->Load(bootstrap, errors);
    SLUICE_CHECK(errors.empty());
    core_->Start([](const absl::Status&) {});
    RunHere();
  }
  ~BusyDiscovery() {
    core_->CloseAll([] {});
    RunHere();
    core_.reset();
    RunHere();
  }

  void Run() {
    std::vector<std::thread> threads;
    for (Thread* thread : {&workers_[0], &workers_[1], &main_}) {
      threads.emplace_back([thread] { thread->loop.Run(); });
    }
    for (int i = 0; i < 50; ++i) ChangeOne(idle_);
    for (int round = 1; round <= kRounds; ++round) PushAll(round);
    for (Thread* thread : {&workers_[0], &workers_[1], &main_}) thread->loop.Stop();
    for (std::thread& thread : threads) thread.join();
    Show("alone", idle_);
    Show("during a push of all clusters and a scrape", busy_);
    std::sort(pushes_.begin(), pushes_.end());
    std::printf("such a push: %.0f ms; such a scrape: %.0f ms, %.1f MB\n",
                pushes_[pushes_.size() / 2], scrape_ms_, scrape_bytes_ / 1e6);
  }

 private:
  void RunHere() {
    bool more = true;
    while (more) {
      more = false;
      for (Thread* thread : {&workers_[0], &workers_[1], &main_})
        more |= thread->loop.TurnWithoutWaiting();
    }
  }

  static double MsSince(Clock::time_point begin) {
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
  }

  // Whether each worker says so.
  template <class Is>
  bool OnAll(Is is) {
    std::atomic<int> yes = 0, answers = 0;
    for (size_t i = 0; i < kWorkers; ++i) {
      workers_[i].loop.Post([&, i] {
        yes += is(core_->proxy_workers()[i]->clusters());
        ++answers;
      });
    }
    while (answers < static_cast<int>(kWorkers)) std::this_thread::yield();
    return yes == static_cast<int>(kWorkers);
  }

  static void Rest(std::chrono::microseconds time) {
    const timespec wait = {0, std::chrono::nanoseconds(time).count()};
    ppoll(nullptr, 0, &wait, nullptr);
  }

  void Tell(std::string bytes) {
    main_.loop.Post([this, bytes = std::move(bytes)] { control_plane_.SendBytes(bytes); });
  }

  void ChangeOne(std::vector<double>& times) {
    const int version = ++version_;
    const int index = version % kClusters;
    std::string bytes =
        DeltaBytes(kEndpointType, {EndpointsItem(index, version)}, absl::StrCat("e", version));
    const auto begin = Clock::now();
    Tell(std::move(bytes));
    const auto is_there = [&](WorkerClusters& clusters) {
      return clusters.Find(NameOf(index))->hosts().traits[0].weight == WeightOf(version);
    };
    while (!OnAll(is_there)) Rest(std::chrono::microseconds(100));
    times.push_back(MsSince(begin));
  }

  void Scrape() {
    main_.loop.Post([this] {
      StatsPage(
          AdminQuery("/stats"), stats_, intervals_,
          [this](absl::AnyInvocable<void()> work) { main_.loop.Post(std::move(work)); },
          [this, begin = Clock::now()](const AdminResponse& page) {
            scrape_bytes_ = static_cast<double>(page.body.size());
            scrape_ms_ = MsSince(begin);
          });
    });
  }

  void PushAll(int round) {
    std::vector<FakeControlPlane::Item> all;
    for (int i = 0; i < kClusters; ++i) all.push_back(ClusterItem(i, round));
    std::string bytes = DeltaBytes(kClusterType, all, absl::StrCat("c", round));
    const auto begin = Clock::now();
    Tell(std::move(bytes));
    if (round % 2 == 0) Scrape();
    const auto is_there = [&](WorkerClusters& clusters) {
      return clusters.Find(NameOf(kClusters - 1))->spec().settings->connection.connect_timeout ==
             std::chrono::seconds(1 + round);
    };
    do {
      ChangeOne(busy_);
      Rest(kBetweenChanges);
    } while (!OnAll(is_there));
    pushes_.push_back(MsSince(begin));
    main_.loop.Post([this] { control_plane_.TakeRequests(); });
  }

  static void Show(const char* what, std::vector<double>& times) {
    std::sort(times.begin(), times.end());
    const auto at = [&](double part) {
      return times[static_cast<size_t>(part * static_cast<double>(times.size() - 1))];
    };
    std::printf("one change of endpoints %s: %zu of them, p50 %.2f ms, p99 %.2f ms, max %.2f ms\n",
                what, times.size(), at(0.5), at(0.99), at(1));
  }

  Thread main_{kWorkers};
  std::array<Thread, kWorkers> workers_{Thread(0), Thread(1)};
  StatsRegistry stats_;
  HistogramIntervals intervals_;
  SocketNetwork network_;
  ScriptedResolver resolver_{main_.loop};
  ScriptedFileWatcher files_{main_.loop};
  FakeControlPlane control_plane_{main_.loop};
  std::unique_ptr<ProxyCore> core_;
  int version_ = 0;
  std::vector<double> idle_, busy_, pushes_;
  double scrape_ms_ = 0, scrape_bytes_ = 0;
};

}  // namespace
}  // namespace sluice

int main() { sluice::BusyDiscovery().Run(); }
