// How long a change of endpoints takes to be effective on all workers while all of 10,000 clusters
// change and the statistics are read: on threads of their own, with the real clock. From when the
// message is handed to the main thread until each worker has it. And what the longest turns of the
// threads are, which are what it waits for.
//
// bazel run -c opt //test/wire:bench_busy_discovery
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "test/budget/many_clusters.h"
#include "test/wire/busy_proxy.h"

namespace sluice {
namespace {

constexpr int kRounds = 20;
constexpr auto kBetweenChanges = std::chrono::milliseconds(7);

class BusyDiscovery {
 public:
  void Run() {
    proxy_.Start();
    for (int i = 0; i < 50; ++i) ChangeOne(idle_);
    proxy_.TakeTurns();
    for (int round = 1; round <= kRounds; ++round) PushAll(round);
    BusyProxy::Turns turns = proxy_.TakeTurns();
    proxy_.Stop();
    Show("alone", idle_);
    Show("during a push of all clusters and a scrape", busy_);
    std::printf("such a push: %.0f ms; such a scrape: %.0f ms, %.1f MB\n", pushes_.At(0.5),
                proxy_.scrape_ms(), proxy_.scrape_megabytes());
    ShowTurns("main", turns.main);
    ShowTurns("workers", turns.workers);
  }

 private:
  void ChangeOne(Times& times) {
    const int version = ++version_;
    const int index = version % kClusters;
    std::string bytes =
        DeltaBytes(kEndpointType, {EndpointsItem(index, version)}, absl::StrCat("e", version));
    const auto begin = BusyProxy::Clock::now();
    proxy_.Tell(std::move(bytes));
    const auto is_there = [&](WorkerClusters& clusters) {
      return clusters.Find(NameOf(index))->hosts().traits[0].weight == WeightOf(version);
    };
    while (!proxy_.OnAllWorkers(is_there)) BusyProxy::Rest(std::chrono::microseconds(100));
    times.Add(BusyProxy::MsSince(begin));
  }

  void PushAll(int round) {
    std::string all = BusyProxy::AllClusters(round);
    const auto begin = BusyProxy::Clock::now();
    proxy_.Tell(std::move(all));
    if (round % 2 == 0) proxy_.Scrape();
    do {
      ChangeOne(busy_);
      BusyProxy::Rest(kBetweenChanges);
    } while (!proxy_.HaveAllClusters(round));
    pushes_.Add(BusyProxy::MsSince(begin));
  }

  static void Show(const char* what, Times& times) {
    std::printf("one change of endpoints %s: %zu of them, p50 %.2f ms, p99 %.2f ms, max %.2f ms\n",
                what, times.count(), times.At(0.5), times.At(0.99), times.At(1));
  }
  static void ShowTurns(const char* thread, Times& turns) {
    std::printf(
        "CPU of a turn, %s: %zu of them, p50 %.2f ms, p90 %.2f, p99 %.2f, p99.9 %.2f, "
        "max %.2f ms\n",
        thread, turns.count(), turns.At(0.5), turns.At(0.9), turns.At(0.99), turns.At(0.999),
        turns.At(1));
  }

  BusyProxy proxy_;
  int version_ = 0;
  Times idle_, busy_, pushes_;
};

}  // namespace
}  // namespace sluice

int main() { sluice::BusyDiscovery().Run(); }
