// OutlierDetector: takes hosts of one cluster out of service for how they answer requests, and puts
// them back after a while, by writing their flag kFailedPassiveCheck. Judges at every interval, and
// at once when a monitor tells of a run of failures.
//
// Main thread. A record of a host lasts as long as the Host object is in the cluster.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "source/accesslog/access_log.h"
#include "source/event/timer.h"
#include "source/event/worker_context.h"
#include "source/stats/registry.h"
#include "source/upstream/outlier/outlier_judge.h"
#include "source/upstream/outlier/outlier_log.h"
#include "source/upstream/outlier/outlier_monitor.h"

namespace sluice {

// Handles of "cluster.<name>.outlier_detection.*".
struct OutlierStats {
  OutlierStats(StatsRegistry& registry, const std::string& cluster_prefix);
  std::shared_ptr<const StatGroup> group;  // of the handles
  Counter detected[kEjectionTypes], enforced[kEjectionTypes];
  Counter enforced_total, overflow;
  Gauge active;
};

class OutlierDetector {
 public:
  // What it is given outlives it. `log` may be null. `on_change`: flags of hosts have changed.
  struct Parts {
    WorkerContext& main;
    std::shared_ptr<OutlierMonitor> monitor;
    std::string cluster;
    OutlierStats stats;
    LogSink* log;
    std::function<void()> on_change;
  };
  explicit OutlierDetector(Parts parts);
  ~OutlierDetector();
  OutlierDetector(const OutlierDetector&) = delete;
  OutlierDetector& operator=(const OutlierDetector&) = delete;

  // Before SetHosts: what another one knows of the hosts, and when it would judge next.
  void TakeOver(OutlierDetector& other);
  // The cluster's from now on, and no others.
  void SetHosts(const std::vector<std::shared_ptr<Host>>& hosts);
  // From the monitor: a run of failures of that host is as long as is allowed.
  void OnRun(Host& host, EjectionType type);
  // An active health check has passed.
  void OnActiveCheckPassed(const Host& host);

  // How often a host was ejected; 0 for one that is not the cluster's.
  uint32_t ejections(const Host& host) const;
  // The same of the `index`th of those of SetHosts.
  uint32_t ejections(const Host& host, size_t index) const {
    const bool is_there = index < records_.size() && records_[index].host.get() == &host;
    return is_there ? records_[index].ejections : 0;
  }

 private:
  struct Record {
    std::shared_ptr<Host> host;
    EjectionType last_type = EjectionType::kConsecutive5xx;
    uint32_t ejections = 0;
    uint32_t times = 0;  // what multiplies the base time; less again with good intervals
    MonotonicTime ejected_at{};
    Duration jitter{0};
    std::optional<MonotonicTime> last_action;
    bool ejected() const { return host->flags().Has(HostFlag::kFailedPassiveCheck); }
  };

  const OutlierSettings& settings() const { return parts_.monitor->settings(); }
  Record* Find(const Host& host);
  void OnInterval();
  void MayReturn(Record& record);
  void JudgeRates(HostOutcomes::Rate HostOutcomes::*rate, EjectionType success_rate,
                  EjectionType failure_percentage);
  void Eject(Record& record, EjectionType type, const OutlierEvent& facts = {});
  void Return(Record& record);
  void Write(Record& record, OutlierEvent event);
  void ShowActive();

  const Parts parts_;
  std::vector<Record> records_;  // in the order of the cluster's hosts
  size_t ejected_ = 0;
  Timer interval_;
};

}  // namespace sluice
