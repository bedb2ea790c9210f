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
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "envoy/config/route/v3/route.pb.h"
#include "source/base/check.h"
#include "test/scenario/told_proxy.h"

namespace sluice {
namespace {

using Item = FakeControlPlane::Item;

constexpr int kClusters = 10'000;
constexpr int kEndpoints = 10;
constexpr int kVirtualHosts = 10'000;

std::string NameOf(int index) { return absl::StrCat("outbound|8080||service-", index, ".default"); }

Item ItemOf(const std::string& name, const google::protobuf::Message& body, int version) {
  Item item{.name = name, .version = absl::StrCat(version), .body = {}, .ttl_s = {}};
  item.body.PackFrom(body);
  return item;
}

Item ClusterItem(int index, int version) {
  envoy::config::cluster::v3::Cluster cluster;
  cluster.set_name(NameOf(index));
  cluster.set_type(envoy::config::cluster::v3::Cluster::EDS);
  auto* source = cluster.mutable_eds_cluster_config()->mutable_eds_config();
  source->mutable_ads();
  source->set_resource_api_version(envoy::config::core::v3::V3);
  cluster.mutable_connect_timeout()->set_seconds(1 + version);
  return ItemOf(cluster.name(), cluster, version);
}

Item EndpointsItem(int index, int version) {
  envoy::config::endpoint::v3::ClusterLoadAssignment assignment;
  assignment.set_cluster_name(NameOf(index));
  auto* locality = assignment.add_endpoints();
  for (int i = 0; i < kEndpoints; ++i) {
    auto* endpoint = locality->add_lb_endpoints();
    auto* address = endpoint->mutable_endpoint()->mutable_address()->mutable_socket_address();
    address->set_address(absl::StrCat("10.", index >> 8, ".", index & 255, ".", i + 1));
    address->set_port_value(8080);
    if (i == 0) endpoint->mutable_load_balancing_weight()->set_value(1 + version % 100);
  }
  return ItemOf(assignment.cluster_name(), assignment, version);
}

Item RoutesItem(int version) {
  envoy::config::route::v3::RouteConfiguration routes;
  routes.set_name("routes");
  for (int i = 0; i < kVirtualHosts; ++i) {
    auto* host = routes.add_virtual_hosts();
    host->set_name(absl::StrCat("host-", i));
    host->add_domains(absl::StrCat("service-", i, ".example.com"));
    auto* route = host->add_routes();
    route->mutable_match()->set_prefix("/");
    route->mutable_route()->set_cluster(NameOf(i % kClusters));
    if (i == 77) route->mutable_route()->mutable_timeout()->set_seconds(1 + version);
  }
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
  explicit Told(int clusters) : proxy(Wire::kDelta) {
    std::vector<Item> cds, eds;
    for (int i = 0; i < clusters; ++i) {
      cds.push_back(ClusterItem(i, 1));
      eds.push_back(EndpointsItem(i, 1));
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

void BM_FirstPush(benchmark::State& state) {
  double heap = 0, resident = 0;
  for (auto _ : state) {
    state.PauseTiming();
    auto told = std::make_unique<Told>(kClusters);
    const double heap_before = HeapBytes(), resident_before = ResidentBytes();
    state.ResumeTiming();
    told->proxy.Start();
    state.PauseTiming();
    SLUICE_CHECK(told->proxy.started());
    SLUICE_CHECK(told->proxy.Stat("cluster_manager.active_clusters") == kClusters + 1);
    told->proxy.control_plane().TakeRequests();
    heap = HeapBytes() - heap_before;
    resident = ResidentBytes() - resident_before;
    told.reset();
    state.ResumeTiming();
  }
  state.counters["heap_bytes_per_cluster"] = heap / kClusters;
  state.counters["resident_bytes_per_cluster"] = resident / kClusters;
}
BENCHMARK(BM_FirstPush)->Iterations(1)->Unit(benchmark::kMillisecond);

void BM_OneEndpointChanges(benchmark::State& state) {
  Told told(static_cast<int>(state.range(0)));
  told.proxy.Start();
  int version = 1;
  for (auto _ : state) told.Push(kEndpointType, EndpointsItem(7, ++version));
}
BENCHMARK(BM_OneEndpointChanges)->Arg(100)->Arg(kClusters)->Unit(benchmark::kMicrosecond);

void BM_OneClusterChanges(benchmark::State& state) {
  Told told(static_cast<int>(state.range(0)));
  told.proxy.Start();
  int version = 1;
  for (auto _ : state) told.Push(kClusterType, ClusterItem(7, ++version));
}
BENCHMARK(BM_OneClusterChanges)->Arg(100)->Arg(kClusters)->Unit(benchmark::kMicrosecond);

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

}  // namespace
}  // namespace sluice
