#include "source/upstream/outlier/outlier_detector.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace sluice {
namespace {

// What was detected by type, what was enforced by type, and the whole.
const StatTable& OutlierNames() {
  static const auto* const table = new StatTable({
      {"outlier_detection.ejections_detected_consecutive_5xx", StatKind::kCounter},
      {"outlier_detection.ejections_detected_consecutive_gateway_failure", StatKind::kCounter},
      {"outlier_detection.ejections_detected_success_rate", StatKind::kCounter},
      {"outlier_detection.ejections_detected_consecutive_local_origin_failure", StatKind::kCounter},
      {"outlier_detection.ejections_detected_local_origin_success_rate", StatKind::kCounter},
      {"outlier_detection.ejections_detected_failure_percentage", StatKind::kCounter},
      {"outlier_detection.ejections_detected_local_origin_failure_percentage", StatKind::kCounter},
      {"outlier_detection.ejections_enforced_consecutive_5xx", StatKind::kCounter},
      {"outlier_detection.ejections_enforced_consecutive_gateway_failure", StatKind::kCounter},
      {"outlier_detection.ejections_enforced_success_rate", StatKind::kCounter},
      {"outlier_detection.ejections_enforced_consecutive_local_origin_failure", StatKind::kCounter},
      {"outlier_detection.ejections_enforced_local_origin_success_rate", StatKind::kCounter},
      {"outlier_detection.ejections_enforced_failure_percentage", StatKind::kCounter},
      {"outlier_detection.ejections_enforced_local_origin_failure_percentage", StatKind::kCounter},
      {"outlier_detection.ejections_enforced_total", StatKind::kCounter},
      {"outlier_detection.ejections_overflow", StatKind::kCounter},
      {"outlier_detection.ejections_active", StatKind::kGauge},
  });
  return *table;
}

std::atomic<uint32_t>* RunOf(EjectionType type, HostOutcomes& outcomes) {
  switch (type) {
    case EjectionType::kConsecutive5xx:
      return &outcomes.failures_5xx;
    case EjectionType::kConsecutiveGatewayFailure:
      return &outcomes.failures_gateway;
    case EjectionType::kConsecutiveLocalOriginFailure:
      return &outcomes.failures_local;
    default:
      return nullptr;
  }
}

}  // namespace

OutlierStats::OutlierStats(StatsRegistry& registry, const std::string& cluster_prefix)
    : group(registry.GetGroup(cluster_prefix, OutlierNames())) {
  for (size_t i = 0; i < kEjectionTypes; ++i) {
    detected[i] = group->counter(i);
    enforced[i] = group->counter(kEjectionTypes + i);
  }
  enforced_total = group->counter(2 * kEjectionTypes);
  overflow = group->counter(2 * kEjectionTypes + 1);
  active = group->gauge(2 * kEjectionTypes + 2);
}

OutlierDetector::OutlierDetector(Parts parts)
    : parts_(std::move(parts)),
      interval_(parts_.main.loop, this, kMethod<&OutlierDetector::OnInterval>) {
  parts_.monitor->SetDetector(this);
  interval_.Arm(settings().interval);
}

OutlierDetector::~OutlierDetector() {
  parts_.monitor->SetDetector(nullptr);
  parts_.stats.active.Set(parts_.main.stats, 0);
}

void OutlierDetector::TakeOver(OutlierDetector& other) {
  records_ = std::exchange(other.records_, {});
  const Duration wait = other.interval_.deadline() - parts_.main.loop.now();
  interval_.Arm(std::clamp(wait, Duration::zero(), settings().interval));
}

void OutlierDetector::SetHosts(const std::vector<std::shared_ptr<Host>>& hosts) {
  absl::flat_hash_map<const Host*, Record> before;
  for (Record& record : records_) {
    const Host* const host = record.host.get();
    before.emplace(host, std::move(record));
  }
  records_.clear();
  records_.reserve(hosts.size());
  ejected_ = 0;
  for (const auto& host : hosts) {
    const auto at = before.find(host.get());
    records_.push_back(at == before.end() ? Record{.host = host} : std::move(at->second));
    ejected_ += records_.back().ejected();
  }
  ShowActive();
}

OutlierDetector::Record* OutlierDetector::Find(const Host& host) {
  const auto at = std::find_if(records_.begin(), records_.end(),
                               [&](const Record& record) { return record.host.get() == &host; });
  return at == records_.end() ? nullptr : &*at;
}

uint32_t OutlierDetector::ejections(const Host& host) const {
  for (const Record& record : records_) {
    if (record.host.get() == &host) return record.ejections;
  }
  return 0;
}

void OutlierDetector::OnRun(Host& host, EjectionType type) {
  Record* const record = Find(host);
  if (record == nullptr || record->ejected()) return;
  Eject(*record, type);
  // The next run is one more detection, ejected or not.
  RunOf(type, host.outcomes)->store(0, std::memory_order_relaxed);
}

void OutlierDetector::OnActiveCheckPassed(const Host& host) {
  // Of many hosts few are ejected, and to find a record takes a while.
  if (!settings().active_check_unejects || !host.flags().Has(HostFlag::kFailedPassiveCheck)) return;
  Record* const record = Find(host);
  if (record != nullptr && record->ejected()) Return(*record);
}

void OutlierDetector::OnInterval() {
  for (Record& record : records_) MayReturn(record);
  JudgeRates(&HostOutcomes::external, EjectionType::kSuccessRate, EjectionType::kFailurePercentage);
  if (settings().split_local_origin) {
    JudgeRates(&HostOutcomes::local, EjectionType::kSuccessRateLocalOrigin,
               EjectionType::kFailurePercentageLocalOrigin);
  }
  interval_.Arm(settings().interval);
}

void OutlierDetector::MayReturn(Record& record) {
  if (!record.ejected()) {
    if (record.times > 0) --record.times;
    return;
  }
  const Duration wait = EjectionTime(settings(), record.times) + record.jitter;
  if (parts_.main.loop.now() - record.ejected_at >= wait) Return(record);
}

void OutlierDetector::JudgeRates(HostOutcomes::Rate HostOutcomes::*rate, EjectionType success_rate,
                                 EjectionType failure_percentage) {
  std::vector<HostRate> rates;
  std::vector<size_t> places;
  for (size_t i = 0; i < records_.size(); ++i) {
    // What is counted between the two is one request's inaccuracy.
    HostOutcomes::Rate& counted = records_[i].host->outcomes.*rate;
    const uint32_t success = counted.success.exchange(0, std::memory_order_relaxed);
    const uint32_t total = counted.total.exchange(0, std::memory_order_relaxed);
    if (records_[i].ejected()) continue;
    rates.push_back({.total = total, .success = std::min(success, total)});
    places.push_back(i);
  }
  const RateVerdict verdict = JudgeSuccessRates(settings(), rates, records_.size());
  for (const size_t at : verdict.outliers) {
    Eject(records_[places[at]], success_rate,
          {.success_rate = rates[at].percent(),
           .average = verdict.average,
           .threshold = verdict.threshold});
  }
  for (const size_t at : JudgeFailures(settings(), rates, records_.size())) {
    Record& record = records_[places[at]];
    if (!record.ejected()) Eject(record, failure_percentage, {.success_rate = rates[at].percent()});
  }
}

void OutlierDetector::Eject(Record& record, EjectionType type, const OutlierEvent& facts) {
  const auto at = static_cast<size_t>(type);
  StatCells& cells = parts_.main.stats;
  parts_.stats.detected[at].Add(cells);
  if (!MayEject(settings(), ejected_, records_.size())) return parts_.stats.overflow.Add(cells);
  OutlierEvent event = facts;
  event.type = type;
  event.ejects = true;
  event.enforced = parts_.main.random.Below(100) < settings().enforcing[at];
  if (!event.enforced) {
    event.ejections = record.ejections;
    return Write(record, event);
  }
  const Duration jitter_max = settings().max_ejection_time_jitter;
  record.jitter = Duration(static_cast<int64_t>(
      parts_.main.random.Below(static_cast<uint64_t>(jitter_max.count()) + 1)));
  record.ejected_at = parts_.main.loop.now();
  record.last_type = type;
  event.ejections = ++record.ejections;
  if (EjectionTime(settings(), record.times) < settings().max_ejection_time) ++record.times;
  parts_.stats.enforced[at].Add(cells);
  parts_.stats.enforced_total.Add(cells);
  record.host->SetFlag(HostFlag::kFailedPassiveCheck, true);
  ++ejected_;
  ShowActive();
  Write(record, event);
  record.last_action = parts_.main.loop.now();
  parts_.on_change();
}

void OutlierDetector::Return(Record& record) {
  record.host->SetFlag(HostFlag::kFailedPassiveCheck, false);
  // A few failures from before should not send it away again.
  record.host->outcomes.ForgetRuns();
  --ejected_;
  ShowActive();
  Write(record, {.type = record.last_type, .ejects = false, .ejections = record.ejections});
  record.last_action = parts_.main.loop.now();
  parts_.on_change();
}

void OutlierDetector::Write(Record& record, OutlierEvent event) {
  if (parts_.log == nullptr) return;
  event.time = parts_.main.loop.wall_now();
  event.cluster = parts_.cluster;
  event.address = record.host->address().text();
  if (record.last_action.has_value())
    event.since_last = parts_.main.loop.now() - *record.last_action;
  parts_.log->Write(parts_.main.index, OutlierEventLine(event));
}

void OutlierDetector::ShowActive() {
  parts_.stats.active.Set(parts_.main.stats, static_cast<int64_t>(ejected_));
}

}  // namespace sluice
