#include "source/stats/registry.h"

#include <utility>

namespace sluice {

void StatsRegistry::AddCells(StatCells& cells) {
  cells.Grow(next_index_);
  threads_.push_back(&cells);
}

uint32_t StatsRegistry::GetOrAdd(absl::string_view name, StatKind kind, uint32_t cells) {
  const auto [at, added] = by_name_.try_emplace(std::string(name), Entry{kind, next_index_, {}});
  if (!added) {
    return at->second.kind == kind && at->second.compute == nullptr ? at->second.index : 0;
  }
  next_index_ += cells;
  for (StatCells* thread : threads_) thread->Grow(next_index_);
  return at->second.index;
}

Counter StatsRegistry::GetCounter(absl::string_view name) {
  return Counter(GetOrAdd(name, StatKind::kCounter, 1));
}

Gauge StatsRegistry::GetGauge(absl::string_view name) {
  return Gauge(GetOrAdd(name, StatKind::kGauge, 1));
}

Histogram StatsRegistry::GetHistogram(absl::string_view name) {
  return Histogram(GetOrAdd(name, StatKind::kHistogram, Histogram::kCells));
}

void StatsRegistry::AddComputedGauge(absl::string_view name, std::function<int64_t()> compute) {
  by_name_[std::string(name)] = Entry{StatKind::kGauge, 0, std::move(compute)};
}

// What was written into nothing has no value.
int64_t StatsRegistry::Sum(uint32_t index) const {
  if (index == 0) return 0;
  int64_t sum = 0;
  for (const StatCells* thread : threads_) sum += thread->Get(index);
  return sum;
}

bool StatsRegistry::AnyUsed(uint32_t index) const {
  for (const StatCells* thread : threads_) {
    if (thread->used(index)) return true;
  }
  return false;
}

int64_t StatsRegistry::Read(const Entry& entry) const {
  if (entry.compute != nullptr) return entry.compute();
  if (entry.kind != StatKind::kHistogram) return Sum(entry.index);
  int64_t count = 0;
  for (uint32_t i = 0; i < Histogram::kBuckets; ++i) count += Sum(entry.index + i);
  return count;
}

bool StatsRegistry::Used(const Entry& entry) const {
  if (entry.compute != nullptr) return true;
  // Every recorded value touches the sum.
  return AnyUsed(entry.kind == StatKind::kHistogram ? entry.index + Histogram::kBuckets
                                                    : entry.index);
}

HistogramSummary StatsRegistry::Summary(Histogram histogram) const {
  HistogramSummary summary;
  summary.buckets.resize(Histogram::kBuckets);
  if (histogram.first_cell() == 0) return summary;
  for (uint32_t i = 0; i < Histogram::kBuckets; ++i) {
    summary.buckets[i] = static_cast<uint64_t>(Sum(histogram.first_cell() + i));
    summary.count += summary.buckets[i];
  }
  summary.sum = static_cast<uint64_t>(Sum(histogram.first_cell() + Histogram::kBuckets));
  return summary;
}

int64_t StatsRegistry::Value(absl::string_view name) const {
  const auto at = by_name_.find(name);
  return at == by_name_.end() ? 0 : Read(at->second);
}

void StatsRegistry::ForEach(const std::function<void(const Stat&)>& visit) const {
  for (const auto& [name, entry] : by_name_) {
    visit({name, entry.kind, Used(entry), Read(entry), entry.index});
  }
}

}  // namespace sluice
