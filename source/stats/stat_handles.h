// StatHandles: which member of a struct of handles counts under which name, written once as a
// table. Static; used on the main thread.
#pragma once

#include <memory>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "source/stats/registry.h"

namespace sluice {

template <typename Stats>
class StatHandles {
 public:
  struct Name {
    std::variant<Counter Stats::*, Gauge Stats::*, Histogram Stats::*> handle;
    absl::string_view name;  // static
  };

  explicit StatHandles(absl::Span<const Name> names)
      : names_(names.begin(), names.end()), table_(Lines(names)) {}

  // Makes them count under the prefix, as long as the group is held that is returned.
  std::shared_ptr<const StatGroup> Bind(StatsRegistry& registry, absl::string_view prefix,
                                        Stats& stats) const {
    std::shared_ptr<const StatGroup> group = registry.GetGroup(prefix, table_);
    for (size_t line = 0; line < names_.size(); ++line) {
      std::visit([&](auto handle) { stats.*handle = {Cell(*group, line, stats.*handle)}; },
                 names_[line].handle);
    }
    return group;
  }

 private:
  static Counter Cell(const StatGroup& group, size_t line, Counter) { return group.counter(line); }
  static Gauge Cell(const StatGroup& group, size_t line, Gauge) { return group.gauge(line); }
  static Histogram Cell(const StatGroup& group, size_t line, Histogram) {
    return group.histogram(line);
  }
  static std::vector<StatLine> Lines(absl::Span<const Name> names) {
    std::vector<StatLine> lines;
    for (const Name& name : names) {
      // The kinds are in the order of the variant.
      lines.push_back({name.name, static_cast<StatKind>(name.handle.index())});
    }
    return lines;
  }

  const std::vector<Name> names_;
  const StatTable table_;
};

}  // namespace sluice
