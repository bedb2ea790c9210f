// HealthChecker: the active health checks of one cluster: every host is asked by each of them, and
// is healthy while all of them pass. Writes the flags of hosts that say so; tells its cluster when
// some have changed.
//
// Main thread. A host's checks go on as long as the Host object stays in the cluster. The first
// probes of many new hosts are spread over time, and so are all that follow.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "source/event/worker_context.h"
#include "source/net/network.h"
#include "source/stats/registry.h"
#include "source/upstream/cluster_spec.h"
#include "source/upstream/health/health_reports.h"
#include "source/upstream/health/host_check.h"
#include "source/upstream/host_set.h"

namespace sluice {

// One host and its checks.
class CheckedHost {
 public:
  explicit CheckedHost(std::shared_ptr<Host> host, WallTime now)
      : host(std::move(host)), since(now) {}
  bool failing() const;
  bool degraded() const;
  bool checked() const;  // by all of them, once
  bool awaited() const {
    return !paused && !checked();
  }  // by who wants to know the cluster's health

  const std::shared_ptr<Host> host;
  std::shared_ptr<const LocalityGroup> locality;   // null: none
  std::vector<std::unique_ptr<HostCheck>> checks;  // in the order of the configuration
  WallTime since;                                  // it is failing, or it is not
  uint64_t round = 0;                              // of SetHosts
  bool was_failing = true, was_degraded = false;   // when that was last looked at
  bool paused = false;
  bool borrowed = false;  // its checks are another's, until that one's place is taken
};

class HealthChecker final {
 public:
  struct Parts {
    WorkerContext& main;
    Network& network;
    const StatsRegistry& stats;
    std::shared_ptr<const ClusterSpec> spec;  // of a cluster with checks
    std::shared_ptr<const HealthReports> reports;
    // Flags of hosts have changed, or all have been checked; in the turn in which they have, maybe
    // several times. Never from inside of a call to this.
    std::function<void()> on_change;
    // Another cluster serves in this one's place: until TakeOver the flags of hosts are not this
    // one's to write.
    bool waits = false;
    // That cluster's; null: it asks nobody. Hosts that it checks in the same way are not asked a
    // second time, and all others are.
    const HealthChecker* predecessor = nullptr;
  };
  explicit HealthChecker(Parts parts);
  ~HealthChecker();

  // Goes on where the predecessor is: what it has found out, and when it would ask next.
  void TakeOver();
  // What it has said of hosts that `next` does not ask goes for nothing; null: that asks none.
  void TakeBack(const HealthChecker* next) const;
  // The cluster's from now on, and no others. New ones have failed until they pass.
  void SetHosts(const std::vector<HostEntry>& entries);
  // Every host that is asked has answered or failed once.
  bool settled() const { return awaited_ == 0; }
  // Calls with each host that has just passed a check and fails none.
  void OnPass(std::function<void(const Host&)> call) { on_pass_ = std::move(call); }
  // A host that discovery does not name any more, and that should not go because it is well.
  bool Keeps(const Host& host) const;
  // Null: it is not checked.
  const CheckedHost* Find(const Host& host) const;

  void SetPaused(const Host& host, bool paused);  // no probes
  // An answer to a request has asked for it.
  void CountOut(const Host& host);

  // From HostCheck.
  void CountAttempt() { spec_->health_stats->attempt.Add(main_.stats); }
  Traffic traffic();
  void OnResult(CheckedHost& host, HostCheck& check, const ProbeResult& result,
                const HealthStep& step);

 private:
  CheckedHost& Add(const std::shared_ptr<Host>& host);
  void GiveBack(CheckedHost& host);
  // What is known of it already; null: nothing, or not by the same checks.
  const CheckedHost* Before(const Host& host) const;
  void CountResult(const ProbeResult& result);
  void LogResult(const CheckedHost& checked, const HostCheck& check, ProbeVerdict verdict,
                 const HealthStep& step);
  bool ShowFlags(CheckedHost& host);  // true: some have changed
  void ShowGauges();

  WorkerContext& main_;
  Network& network_;
  const StatsRegistry& stats_;
  const std::shared_ptr<const ClusterSpec> spec_;
  const std::shared_ptr<const HealthReports> reports_;
  const std::function<void()> on_change_;
  std::function<void(const Host&)> on_pass_;  // null: nobody waits for it
  bool waits_;
  const HealthChecker* predecessor_;  // null: there is none, or its place is taken
  absl::flat_hash_map<const Host*, std::unique_ptr<CheckedHost>> hosts_;
  uint64_t round_ = 0;
  int64_t healthy_ = 0, degraded_ = 0;
  size_t awaited_ = 0;
  Traffic traffic_ = Traffic::kNever;
};

}  // namespace sluice
