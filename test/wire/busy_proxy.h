// BusyProxy: a proxy of 10,000 clusters of 10 endpoints by delta ADS, on threads of its own with
// the real clock and the kernel's sockets, and its control plane on the main thread: what benches
// of discovery are of. It is told all when it is made.
//
// The bench's thread calls it.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "source/base/random.h"
#include "source/base/slab_pool.h"
#include "source/event/libevent_poller.h"
#include "source/net/socket_network.h"
#include "source/server/proxy_core.h"
#include "source/stats/histogram_intervals.h"
#include "test/harness/fake_control_plane.h"
#include "test/harness/scripted_file_watcher.h"
#include "test/harness/scripted_resolver.h"

namespace sluice {

// What percentiles are taken of, in ms.
class Times {
 public:
  void Add(double ms) { all_.push_back(ms); }
  void Add(const Times& others) { all_.insert(all_.end(), others.all_.begin(), others.all_.end()); }
  size_t count() const { return all_.size(); }
  double At(double part);

 private:
  std::vector<double> all_;
};

// A poller that writes down how much CPU each turn has taken, from the end of one wait to the
// beginning of the next: however busy the machine is, that is by how much a turn is in the way.
class TurnMeter final : public Poller {
 public:
  PollerWatch* Watch(int fd, WatchMode mode, ReadyObserver& observer) override {
    return poller_.Watch(fd, mode, observer);
  }
  void Unwatch(PollerWatch* watch) override { poller_.Unwatch(watch); }
  void Wait(std::optional<MonotonicTime> deadline) override;
  size_t Report() override { return poller_.Report(); }
  void Wake() override { poller_.Wake(); }
  MonotonicTime Now() override { return poller_.Now(); }
  WallTime WallNow() override { return poller_.WallNow(); }

  // On its loop's thread.
  Times TakeTurns() { return std::exchange(turns_, {}); }

 private:
  LibeventPoller poller_;
  Times turns_;
  std::chrono::nanoseconds began_{0};
};

class BusyProxy {
 public:
  static constexpr size_t kWorkers = 2;
  using Clock = std::chrono::steady_clock;

  // `static_resources`: YAML, more of them.
  explicit BusyProxy(const std::string& static_resources = "");
  ~BusyProxy();

  // From here to Stop each has its thread.
  void Start();
  void Stop();

  // The control plane says this.
  void Tell(std::string bytes);
  // All clusters, or all their endpoints, as of `version`.
  static std::string AllClusters(int version);
  static std::string AllEndpoints(int version);
  // Whether all workers have those.
  bool HaveAllClusters(int version);
  bool HaveAllEndpoints(int version);
  // Makes /stats; when it has come `scrapes` has one more.
  void Scrape();

  // Whether each worker says so of its clusters.
  template <class Is>
  bool OnAllWorkers(Is is) {
    std::atomic<int> yes = 0, answers = 0;
    for (size_t i = 0; i < kWorkers; ++i) {
      threads_[i].loop.Post([&, i] {
        yes += is(core_->proxy_workers()[i]->clusters());
        ++answers;
      });
    }
    while (answers < static_cast<int>(kWorkers)) std::this_thread::yield();
    return yes == static_cast<int>(kWorkers);
  }
  // What each turn took since this was last asked: of main, and of the workers together.
  struct Turns {
    Times main, workers;
  };
  Turns TakeTurns();

  ProxyCore& core() { return *core_; }  // where no thread runs
  int scrapes() const { return scrapes_; }
  double scrape_ms() const { return scrape_ms_; }
  double scrape_megabytes() const { return scrape_bytes_ / 1e6; }

  static void Rest(std::chrono::microseconds time);
  static double MsSince(Clock::time_point begin) {
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
  }

 private:
  struct Thread {
    explicit Thread(uint32_t index) : context{loop, slabs, random, cells, index} {}
    TurnMeter poller;
    SlabPool slabs;
    EventLoop loop{poller};
    FastRandom random{1};
    StatCells cells;
    WorkerContext context;
  };
  Thread& main() { return threads_[kWorkers]; }
  void RunHere();

  std::array<Thread, kWorkers + 1> threads_{Thread(0), Thread(1), Thread(2)};
  StatsRegistry stats_;
  HistogramIntervals intervals_;
  SocketNetwork network_;
  ScriptedResolver resolver_{main().loop};
  ScriptedFileWatcher files_{main().loop};
  FakeControlPlane control_plane_{main().loop};
  std::unique_ptr<ProxyCore> core_;
  std::vector<std::thread> running_;
  std::atomic<int> scrapes_ = 0;
  std::atomic<double> scrape_ms_ = 0, scrape_bytes_ = 0;
};

}  // namespace sluice
