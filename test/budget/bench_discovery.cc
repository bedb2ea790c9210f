// What it costs to be told: 10,000 clusters of 10 endpoints each, one of them changed, one
// endpoint, one virtual host of 10,000; and the memory that an idle cluster takes. All in the delta
// dialect, in which the cost is to grow with the change and not with the whole. Times are the main
// thread's and those of two workers, one after another; bytes are of the whole process.
//
// bazel run -c opt //test/budget:bench_discovery
#include <benchmark/benchmark.h>
#include <malloc.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "envoy/config/route/v3/route.pb.h"
#include "source/base/check.h"
#include "test/budget/many_clusters.h"
#include "test/scenario/told_proxy.h"

namespace sluice {
namespace {

using Item = FakeControlPlane::Item;

constexpr int kVirtualHosts = 10'000;

// Of which one is other in each version.
envoy::config::route::v3::VirtualHost Host(int i, int version) {
  envoy::config::route::v3::VirtualHost host;
  host.set_name(absl::StrCat("host-", i));
  host.add_domains(absl::StrCat("service-", i, ".example.com"));
  auto* route = host.add_routes();
  route->mutable_match()->set_prefix("/");
  route->mutable_route()->set_cluster(NameOf(i % kClusters));
  if (i == 77) route->mutable_route()->mutable_timeout()->set_seconds(1 + version);
  return host;
}

Item RoutesItem(int version) {
  envoy::config::route::v3::RouteConfiguration routes;
  routes.set_name("routes");
  for (int i = 0; i < kVirtualHosts; ++i) *routes.add_virtual_hosts() = Host(i, version);
  return ItemOf("routes", routes, version);
}

double HeapBytes() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

double ResidentBytes() {
  malloc_trim(0);
  long pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  return static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

// A proxy that has been told of so many clusters.
struct Told {
  explicit Told(int clusters, int endpoints = kEndpoints) : proxy(Wire::kDelta) {
    std::vector<Item> cds, eds;
    for (int i = 0; i < clusters; ++i) {
      cds.push_back(ClusterItem(i, 1));
      eds.push_back(EndpointsItem(i, 1, endpoints));
    }
    proxy.SetRoutes("routes", NameOf(0));
    proxy.SetListener("web", "10.9.9.9");
    proxy.control_plane().Serve(kEndpointType, std::move(eds));
    proxy.control_plane().Serve(kClusterType, std::move(cds));
  }
  void Push(const ResourceType& type, Item item) {
    proxy.control_plane().Send({.type = &type,
                                .version = item.version,
                                .resources = {std::move(item)},
                                .removed = {},
                                .nonce = ""});
    proxy.Run();
  }
  ToldProxy proxy;
};

// By how many endpoints each cluster has.
void BM_FirstPush(benchmark::State& state) {
  double heap = 0, resident = 0;
  for (auto _ : state) {
    state.PauseTiming();
    auto told = std::make_unique<Told>(kClusters, static_cast<int>(state.range(0)));
    const double heap_before = HeapBytes(), resident_before = ResidentBytes();
    state.ResumeTiming();
    told->proxy.Start();
    state.PauseTiming();
    SLUICE_CHECK(told->proxy.started());
    SLUICE_CHECK(told->proxy.Stat("cluster_manager.active_clusters") == kClusters + 1);
    told->proxy.control_plane().Forget();
    heap = HeapBytes() - heap_before;
    resident = ResidentBytes() - resident_before;
    told.reset();
    state.ResumeTiming();
  }
  state.counters["heap_bytes_per_cluster"] = heap / kClusters;
  state.counters["resident_bytes_per_cluster"] = resident / kClusters;
}
BENCHMARK(BM_FirstPush)->Arg(kEndpoints)->Arg(1)->Iterations(1)->Unit(benchmark::kMillisecond);

void BM_OneEndpointChanges(benchmark::State& state) {
  Told told(static_cast<int>(state.range(0)));
  told.proxy.Start();
  int version = 1;
  for (auto _ : state) told.Push(kEndpointType, EndpointsItem(7, ++version));
}
BENCHMARK(BM_OneEndpointChanges)
    ->Arg(100)
    ->Arg(1000)
    ->Arg(kClusters)
    ->Unit(benchmark::kMicrosecond);

void BM_OneClusterChanges(benchmark::State& state) {
  Told told(static_cast<int>(state.range(0)));
  told.proxy.Start();
  int version = 1;
  for (auto _ : state) told.Push(kClusterType, ClusterItem(7, ++version));
}
BENCHMARK(BM_OneClusterChanges)->Arg(100)->Arg(1000)->Arg(kClusters)->Unit(benchmark::kMicrosecond);

// Of one cluster, which comes whole.
void BM_OneHostOfManyChanges(benchmark::State& state) {
  Told told(1);
  told.proxy.Start();
  const auto hosts = static_cast<int>(state.range(0));
  int version = 1;
  for (auto _ : state) {
    state.PauseTiming();
    Item item = EndpointsItem(0, ++version, hosts);
    state.ResumeTiming();
    told.Push(kEndpointType, std::move(item));
  }
}
BENCHMARK(BM_OneHostOfManyChanges)->Arg(100)->Arg(10'000)->Unit(benchmark::kMicrosecond);

void BM_OneVirtualHostOfManyChanges(benchmark::State& state) {
  Told told(100);
  told.proxy.control_plane().Serve(kRouteType, {RoutesItem(1)});
  told.proxy.Start();
  int version = 1;
  for (auto _ : state) {
    state.PauseTiming();
    Item item = RoutesItem(++version);
    state.ResumeTiming();
    told.Push(kRouteType, std::move(item));
  }
}
BENCHMARK(BM_OneVirtualHostOfManyChanges)->Unit(benchmark::kMillisecond);

// The same, where each comes by itself (VHDS).
void BM_OneVirtualHostByItselfChanges(benchmark::State& state) {
  const auto hosts = static_cast<int>(state.range(0));
  const auto item = [](int i, int version) {
    envoy::config::route::v3::VirtualHost host = Host(i, version);
    host.set_name(absl::StrCat("routes/", host.name()));
    return ItemOf(host.name(), host, version);
  };
  Told told(100);
  envoy::config::route::v3::RouteConfiguration routes;
  routes.set_name("routes");
  routes.mutable_vhds()->mutable_config_source()->mutable_ads();
  std::vector<Item> items;
  for (int i = 0; i < hosts; ++i) items.push_back(item(i, 1));
  told.proxy.control_plane().Serve(kRouteType, {ItemOf("routes", routes, 1)});
  told.proxy.control_plane().Serve(kVirtualHostType, std::move(items));
  told.proxy.Start();
  SLUICE_CHECK(told.proxy.Stat("http.test.vhds.routes.config_reload") > 0);
  int version = 1;
  for (auto _ : state) told.Push(kVirtualHostType, item(77, ++version));
}
BENCHMARK(BM_OneVirtualHostByItselfChanges)
    ->Arg(100)
    ->Arg(kVirtualHosts)
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace sluice
