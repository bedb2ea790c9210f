#include "source/stats/registry.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace sluice {
namespace {

CellSpace::Sort SortOf(StatKind kind) {
  return kind == StatKind::kHistogram ? CellSpace::Sort::kHistograms : CellSpace::Sort::kScalars;
}

}  // namespace

// Goes through the names of a group in their order.
class StatsRegistry::GroupWalk {
 public:
  GroupWalk(const std::string& prefix, const StatGroup& group)
      : group_(&group), prefix_bytes_(prefix.size()), name_(prefix) {
    Spell();
  }
  bool done() const { return at_ == group_->table().by_name().size(); }
  const std::string& name() const { return name_; }
  const StatGroup& group() const { return *group_; }
  size_t line() const { return group_->table().by_name()[at_]; }
  void Next() {
    ++at_;
    if (!done()) Spell();
  }

 private:
  void Spell() {
    name_.resize(prefix_bytes_);
    const absl::string_view rest = group_->table().lines()[line()].name;
    name_.append(rest.data(), rest.size());
  }

  const StatGroup* group_;
  size_t prefix_bytes_;
  size_t at_ = 0;
  std::string name_;
};

uint32_t StatsRegistry::GetOrAdd(absl::string_view name, StatKind kind, uint32_t cells) {
  if (const auto [group, line] = FindInGroups(name); group != nullptr) {
    return group->table().lines()[line].kind == kind ? group->cell(line) : 0;
  }
  const auto [at, added] = by_name_.try_emplace(std::string(name), Entry{kind, 0, {}});
  if (added) at->second.index = cells_.Take(SortOf(kind), cells);
  return at->second.kind == kind && at->second.compute == nullptr ? at->second.index : 0;
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

std::shared_ptr<const StatGroup> StatsRegistry::GetGroup(absl::string_view prefix,
                                                         const StatTable& table) {
  const auto at = groups_.find({std::string(prefix), &table});
  if (at != groups_.end() && at->second.held()) return at->second.stats;
  Group group;
  group.first_scalar = cells_.Take(CellSpace::Sort::kScalars, table.scalars());
  group.first_histogram =
      cells_.Take(CellSpace::Sort::kHistograms,
                  static_cast<uint32_t>(table.histograms().size()) * Histogram::kCells);
  auto made = std::make_shared<const StatGroup>(table, group.first_scalar, group.first_histogram);
  group.stats = made;
  Keep(prefix, table, std::move(group));
  return made;
}

std::shared_ptr<const StatGroup> StatsRegistry::ComputeGroup(
    absl::string_view prefix, const StatTable& table, std::function<int64_t(size_t)> compute) {
  auto made = std::make_shared<const StatGroup>(table, std::move(compute));
  Keep(prefix, table, {.stats = made});
  return made;
}

void StatsRegistry::Keep(absl::string_view prefix, const StatTable& table, Group group) {
  if (groups_.size() >= reap_at_) Reap();
  const auto [at, added] = groups_.try_emplace({std::string(prefix), &table});
  if (!added) FreeCells(at->second);
  at->second = std::move(group);
}

void StatsRegistry::FreeCells(const Group& group) {
  // What the last holder's thread has counted comes before what is cleared now: dropping a
  // reference acquires what others released with theirs. (A fence would do, but TSan does not know
  // of them.)
  std::shared_ptr<const StatGroup>(group.stats).reset();
  const StatTable& table = group.stats->table();
  cells_.Free(CellSpace::Sort::kScalars, group.first_scalar, table.scalars());
  cells_.Free(CellSpace::Sort::kHistograms, group.first_histogram,
              static_cast<uint32_t>(table.histograms().size()) * Histogram::kCells);
}

void StatsRegistry::Reap() {
  absl::erase_if(groups_, [this](const Groups::value_type& entry) {
    if (entry.second.held()) return false;
    FreeCells(entry.second);
    return true;
  });
  reap_at_ = std::max<size_t>(64, groups_.size() + groups_.size() / 4);
}

bool StatsRegistry::Used(StatKind kind, uint32_t index) const {
  // Every value that a histogram records touches its sum.
  const bool is_histogram = kind == StatKind::kHistogram && index != 0;
  return cells_.AnyUsed(is_histogram ? index + Histogram::kBuckets : index);
}

int64_t StatsRegistry::Read(StatKind kind, uint32_t index) const {
  if (kind != StatKind::kHistogram) return cells_.Sum(index);
  int64_t count = 0;
  if (!Used(kind, index)) return count;
  for (uint32_t i = 0; i < Histogram::kBuckets; ++i) count += cells_.Sum(index + i);
  return count;
}

StatsRegistry::Stat StatsRegistry::Read(absl::string_view name, const Entry& entry) const {
  if (entry.compute != nullptr) return {name, entry.kind, /*used=*/true, entry.compute(), 0};
  return {name, entry.kind, Used(entry.kind, entry.index), Read(entry.kind, entry.index),
          entry.index};
}

StatsRegistry::Stat StatsRegistry::Read(absl::string_view name, const StatGroup& group,
                                        size_t line) const {
  const StatKind kind = group.table().lines()[line].kind;
  if (group.compute() != nullptr) return {name, kind, /*used=*/true, group.compute()(line), 0};
  const uint32_t index = group.cell(line);
  return {name, kind, Used(kind, index), Read(kind, index), index};
}

HistogramSummary StatsRegistry::Summary(Histogram histogram) const {
  HistogramSummary summary;
  summary.buckets.resize(Histogram::kBuckets);
  if (!Used(StatKind::kHistogram, histogram.first_cell())) return summary;
  for (uint32_t i = 0; i < Histogram::kBuckets; ++i) {
    summary.buckets[i] = static_cast<uint64_t>(cells_.Sum(histogram.first_cell() + i));
    summary.count += summary.buckets[i];
  }
  summary.sum = static_cast<uint64_t>(cells_.Sum(histogram.first_cell() + Histogram::kBuckets));
  return summary;
}

std::pair<const StatGroup*, size_t> StatsRegistry::FindInGroups(absl::string_view name) const {
  for (size_t dot = name.find('.'); dot != name.npos; dot = name.find('.', dot + 1)) {
    const absl::string_view rest = name.substr(dot + 1);
    const std::string prefix(name.substr(0, dot + 1));
    for (auto at = groups_.lower_bound({prefix, nullptr});
         at != groups_.end() && at->first.first == prefix; ++at) {
      const size_t line = at->first.second->Find(rest);
      const bool has_it = line < at->first.second->lines().size();
      if (has_it && at->second.held()) return {at->second.stats.get(), line};
    }
  }
  return {nullptr, 0};
}

int64_t StatsRegistry::Value(absl::string_view name) const {
  if (const auto [group, line] = FindInGroups(name); group != nullptr) {
    return Read(name, *group, line).value;
  }
  const auto at = by_name_.find(name);
  return at == by_name_.end() ? 0 : Read(name, at->second).value;
}

void StatsRegistry::ForEach(const std::function<void(const Stat&)>& visit) const {
  std::string after;
  ForSome(after, std::numeric_limits<size_t>::max(), visit);
}

// Of a group that has been begun its prefix is what the name begins with, up to one of the dots.
std::vector<StatsRegistry::GroupWalk> StatsRegistry::BegunAt(const std::string& name) const {
  std::vector<GroupWalk> walks;
  for (size_t dot = name.find('.'); dot != name.npos; dot = name.find('.', dot + 1)) {
    const std::string prefix = name.substr(0, dot + 1);
    for (auto at = groups_.lower_bound({prefix, nullptr});
         at != groups_.end() && at->first.first == prefix; ++at) {
      if (!at->second.held()) continue;
      GroupWalk walk(prefix, *at->second.stats);
      while (!walk.done() && walk.name() <= name) walk.Next();
      if (!walk.done()) walks.push_back(std::move(walk));
    }
  }
  return walks;
}

bool StatsRegistry::ForSome(std::string& after, size_t count,
                            const std::function<void(const Stat&)>& visit) const {
  auto single = by_name_.upper_bound(after);
  // Of groups whose prefix begins like the next name: one, as a rule.
  std::vector<GroupWalk> walks = BegunAt(after);
  auto group = groups_.begin();
  if (!after.empty()) {
    group = groups_.lower_bound({after, nullptr});
  }
  const auto earlier = [](const GroupWalk& a, const GroupWalk& b) { return a.name() < b.name(); };
  while (true) {
    auto next = std::min_element(walks.begin(), walks.end(), earlier);
    const bool is_single =
        single != by_name_.end() && (next == walks.end() || single->first < next->name());
    const std::string* name =
        is_single ? &single->first : (next == walks.end() ? nullptr : &next->name());
    if (group != groups_.end() && (name == nullptr || group->first.first <= *name)) {
      if (group->second.held()) walks.emplace_back(group->first.first, *group->second.stats);
      ++group;
      continue;
    }
    if (name == nullptr) return false;
    if (count-- == 0) return true;
    if (count == 0) after = *name;
    if (is_single) {
      visit(Read(single->first, single->second));
      ++single;
    } else {
      visit(Read(next->name(), next->group(), next->line()));
      next->Next();
      if (next->done()) walks.erase(next);
    }
  }
}

void StatsRegistry::ForEachUsedHistogram(const std::function<void(Histogram)>& visit) const {
  const auto offer = [&](uint32_t index) {
    if (Used(StatKind::kHistogram, index)) visit(Histogram(index));
  };
  for (const auto& [name, entry] : by_name_) {
    if (entry.kind == StatKind::kHistogram) offer(entry.index);
  }
  for (const auto& [key, group] : groups_) {
    if (group.first_histogram == 0 || !group.held()) continue;
    for (size_t i = 0; i < key.second->histograms().size(); ++i) {
      offer(group.first_histogram + static_cast<uint32_t>(i) * Histogram::kCells);
    }
  }
}

}  // namespace sluice
