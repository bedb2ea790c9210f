// What it costs to pick a host, by balancer and number of hosts: at most 100 ns at any size; to
// make a host set; and what memory a host takes. Picks are of hosts that have requests under way,
// so that their counts are really read.
//
// bazel run -c opt //test/budget:bench_balancers
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "source/base/check.h"
#include "source/base/random.h"
#include "source/upstream/balancers/make_balancer.h"
#include "source/upstream/cluster_map.h"
#include "source/upstream/cluster_set.h"
#include "source/upstream/cluster_stats.h"
#include "test/harness/scripted_resolver.h"
#include "test/harness/sim_world.h"

namespace sluice {
namespace {

enum class Weights { kEqual, kFew, kAllDifferent };

std::vector<HostEntry> MakeEntries(int64_t count, Weights weights) {
  std::vector<HostEntry> entries;
  entries.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    HostFacts facts;
    facts.address =
        *Address::FromIp(absl::StrCat("10.", i >> 16, ".", i >> 8 & 255, ".", i & 255), 80);
    HostEntry entry{std::make_shared<Host>(std::move(facts))};
    if (weights == Weights::kFew) entry.traits.weight = static_cast<uint32_t>(i % 10 + 1);
    if (weights == Weights::kAllDifferent) entry.traits.weight = static_cast<uint32_t>(i + 100);
    entry.host->rq_active = static_cast<uint32_t>(i % 7);
    entries.push_back(std::move(entry));
  }
  return entries;
}

void BM_Pick(benchmark::State& state, BalancerPolicy policy, Weights weights) {
  const BalancerSpec spec{.policy = policy};
  FastRandom random(1);
  const auto balancer = MakeBalancer(spec, random);
  balancer->SetHosts(MakeHostSet(MakeEntries(state.range(0), weights), spec));
  for (auto _ : state) {
    Host* const host = balancer->Pick({.random = random, .hash = random.Next()});
    SLUICE_CHECK(host != nullptr);
    benchmark::DoNotOptimize(host);
  }
}
#define SLUICE_SIZES ->Arg(10)->Arg(1000)->Arg(100'000)
BENCHMARK_CAPTURE(BM_Pick, RoundRobin, BalancerPolicy::kRoundRobin, Weights::kEqual) SLUICE_SIZES;
BENCHMARK_CAPTURE(BM_Pick, RoundRobin_10Weights, BalancerPolicy::kRoundRobin, Weights::kFew)
SLUICE_SIZES;
BENCHMARK_CAPTURE(BM_Pick, RoundRobin_AllWeightsDiffer, BalancerPolicy::kRoundRobin,
                  Weights::kAllDifferent)
SLUICE_SIZES;
BENCHMARK_CAPTURE(BM_Pick, LeastRequest, BalancerPolicy::kLeastRequest, Weights::kEqual)
SLUICE_SIZES;
BENCHMARK_CAPTURE(BM_Pick, LeastRequest_10Weights, BalancerPolicy::kLeastRequest, Weights::kFew)
SLUICE_SIZES;
BENCHMARK_CAPTURE(BM_Pick, LeastRequest_AllWeightsDiffer, BalancerPolicy::kLeastRequest,
                  Weights::kAllDifferent)
SLUICE_SIZES;
BENCHMARK_CAPTURE(BM_Pick, Random, BalancerPolicy::kRandom, Weights::kEqual) SLUICE_SIZES;
BENCHMARK_CAPTURE(BM_Pick, RingHash, BalancerPolicy::kRingHash, Weights::kEqual) SLUICE_SIZES;
BENCHMARK_CAPTURE(BM_Pick, Maglev, BalancerPolicy::kMaglev, Weights::kEqual) SLUICE_SIZES;
BENCHMARK_CAPTURE(BM_Pick, PeakEwma, BalancerPolicy::kPeakEwma, Weights::kEqual) SLUICE_SIZES;
BENCHMARK_CAPTURE(BM_Pick, PeakEwma_10Weights, BalancerPolicy::kPeakEwma, Weights::kFew)
SLUICE_SIZES;

void BM_PickBounded(benchmark::State& state, BalancerPolicy policy) {
  const BalancerSpec spec{.policy = policy, .hash_balance_percent = 150};
  FastRandom random(1);
  const auto balancer = MakeBalancer(spec, random);
  balancer->SetHosts(MakeHostSet(MakeEntries(state.range(0), Weights::kEqual), spec));
  const auto active = static_cast<uint32_t>(state.range(0) * 3);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        balancer->Pick({.random = random, .hash = random.Next(), .requests_active = active}));
  }
}
BENCHMARK_CAPTURE(BM_PickBounded, RingHash, BalancerPolicy::kRingHash) SLUICE_SIZES;
BENCHMARK_CAPTURE(BM_PickBounded, Maglev, BalancerPolicy::kMaglev) SLUICE_SIZES;

// A request that asks for one of ten versions.
void BM_PickOfSubset(benchmark::State& state) {
  SubsetSpec subsets;
  subsets.selectors = {{.keys = {"version"}}};
  const BalancerSpec spec{.subsets = std::make_shared<const SubsetSpec>(std::move(subsets))};
  std::vector<HostEntry> entries = MakeEntries(state.range(0), Weights::kEqual);
  for (size_t i = 0; i < entries.size(); ++i) {
    entries[i].traits.metadata = std::make_shared<const EndpointMetadata>(
        EndpointMetadata{{{"version", absl::StrCat(i % 10), {}}}});
  }
  FastRandom random(1);
  const auto balancer = MakeBalancer(spec, random);
  balancer->SetHosts(MakeHostSet(std::move(entries), spec));
  const MetadataMatch wanted{.as_is = KeyValues(std::vector<KeyValue>{{"version", "7"}})};
  for (auto _ : state) {
    Host* const host = balancer->Pick({.random = random, .metadata = &wanted});
    SLUICE_CHECK(host != nullptr);
  }
}
BENCHMARK(BM_PickOfSubset) SLUICE_SIZES;

void BM_MakeHostSet(benchmark::State& state, BalancerPolicy policy, Weights weights) {
  const BalancerSpec spec{.policy = policy};
  const std::vector<HostEntry> entries = MakeEntries(state.range(0), weights);
  for (auto _ : state) benchmark::DoNotOptimize(MakeHostSet(entries, spec));
}
BENCHMARK_CAPTURE(BM_MakeHostSet, NoTable, BalancerPolicy::kRoundRobin, Weights::kEqual)
    ->Unit(benchmark::kMillisecond) SLUICE_SIZES;
BENCHMARK_CAPTURE(BM_MakeHostSet, NoTable_AllWeightsDiffer, BalancerPolicy::kRoundRobin,
                  Weights::kAllDifferent)
    ->Unit(benchmark::kMillisecond) SLUICE_SIZES;
BENCHMARK_CAPTURE(BM_MakeHostSet, Ring, BalancerPolicy::kRingHash, Weights::kEqual)
    ->Unit(benchmark::kMillisecond) SLUICE_SIZES;
BENCHMARK_CAPTURE(BM_MakeHostSet, Maglev, BalancerPolicy::kMaglev, Weights::kEqual)
    ->Unit(benchmark::kMillisecond) SLUICE_SIZES;
BENCHMARK_CAPTURE(BM_MakeHostSet, Maglev_10Weights, BalancerPolicy::kMaglev, Weights::kFew)
    ->Unit(benchmark::kMillisecond) SLUICE_SIZES;

double HeapBytes() { return static_cast<double>(mallinfo2().uordblks + mallinfo2().hblkhd); }

// Bytes of the heap for each host: the Host, and its place in the set.
void BM_MemoryPerHost(benchmark::State& state, BalancerPolicy policy) {
  const BalancerSpec spec{.policy = policy};
  double host = 0, place = 0;
  for (auto _ : state) {
    const double before = HeapBytes();
    std::vector<HostEntry> entries = MakeEntries(state.range(0), Weights::kEqual);
    std::vector<std::shared_ptr<Host>> hosts;
    for (const HostEntry& entry : entries) hosts.push_back(entry.host);
    const double with_hosts = HeapBytes();
    const auto set = MakeHostSet(std::move(entries), spec);
    const auto count = static_cast<double>(state.range(0));
    const double lists = count * (sizeof(HostEntry) + sizeof(std::shared_ptr<Host>));
    host = (with_hosts - before - lists) / count;
    place = (HeapBytes() - with_hosts + count * sizeof(HostEntry)) / count;
  }
  state.counters["host"] = host;
  state.counters["place"] = place;
}
BENCHMARK_CAPTURE(BM_MemoryPerHost, NoTable, BalancerPolicy::kRoundRobin)
    ->Iterations(1)
    ->Arg(100'000);
BENCHMARK_CAPTURE(BM_MemoryPerHost, Ring, BalancerPolicy::kRingHash)->Iterations(1)->Arg(100'000);

// ---- Whole clusters, of two workers.

struct Clusters {
  Clusters() {
    world.IgnoreLeftOvers();
    std::vector<WorkerUpstreams::Side> sides;
    for (uint32_t i = 0; i < 2; ++i) sides.push_back({world.worker(i), world.network(), maps[i]});
    workers =
        std::make_unique<WorkerUpstreams>(world.main().loop, world.workers(), std::move(sides));
    set = std::make_unique<ClusterSet>(world.main(), world.network(), world.stats(), resolver,
                                       *workers);
  }
  SimWorld world{{.workers = 2}};
  ScriptedResolver resolver{world.main().loop};
  WorkerClusters maps[2];
  std::unique_ptr<WorkerUpstreams> workers;
  std::unique_ptr<ClusterSet> set;
};

// An idle cluster with one host: its statistics, and all the rest.
void BM_IdleCluster(benchmark::State& state) {
  constexpr int kClusters = 1000;
  double stats = 0, rest = 0;
  for (auto _ : state) {
    Clusters clusters;
    for (int i = 0; i < kClusters; ++i) {
      const double before = HeapBytes();
      const std::string name = absl::StrCat("outbound_8080_service_", i);
      const ClusterStats handles = MakeClusterStats(clusters.world.stats(), name);
      const double with_stats = HeapBytes();
      auto spec = std::make_shared<ClusterSpec>();
      spec->name = spec->stat_name = name;
      spec->stats = handles;
      EndpointSpec endpoint;
      endpoint.facts.address = *Address::FromIp("10.0.0.1", 80);
      spec->endpoints.push_back(std::move(endpoint));
      clusters.set->Set(std::move(spec));
      clusters.world.RunUntilIdle();
      stats += with_stats - before;
      rest += HeapBytes() - with_stats;
    }
  }
  state.counters["stats"] = stats / kClusters;
  state.counters["rest"] = rest / kClusters;
}
BENCHMARK(BM_IdleCluster)->Iterations(1)->Unit(benchmark::kMillisecond);

// One host of many gets another weight, told to two workers.
void BM_OneHostOfManyChanges(benchmark::State& state) {
  std::vector<EndpointSpec> endpoints;
  for (int64_t i = 0; i < state.range(0); ++i) {
    EndpointSpec endpoint;
    endpoint.facts.address =
        *Address::FromIp(absl::StrCat("10.", i >> 16, ".", i >> 8 & 255, ".", i & 255), 80);
    endpoints.push_back(std::move(endpoint));
  }
  Clusters clusters;
  auto spec = std::make_shared<ClusterSpec>();
  spec->name = spec->stat_name = "users";
  spec->stats = MakeClusterStats(clusters.world.stats(), "users");
  spec->endpoints = endpoints;
  clusters.set->Set(std::move(spec));
  clusters.world.RunUntilIdle();
  for (auto _ : state) {
    state.PauseTiming();
    ++endpoints[7].traits.weight;
    std::vector<EndpointSpec> next = endpoints;
    state.ResumeTiming();
    clusters.set->SetEndpoints("users", std::move(next));
    clusters.world.RunUntilIdle();
  }
}
BENCHMARK(BM_OneHostOfManyChanges)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sluice
