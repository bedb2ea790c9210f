#include "source/stats/stat_group.h"

#include <algorithm>
#include <numeric>

namespace sluice {

StatTable::StatTable(std::vector<StatLine> lines)
    : lines_(std::move(lines)), by_name_(lines_.size()), ranks_(lines_.size()) {
  std::iota(by_name_.begin(), by_name_.end(), 0u);
  std::sort(by_name_.begin(), by_name_.end(),
            [this](uint32_t a, uint32_t b) { return lines_[a].name < lines_[b].name; });
  for (uint32_t line = 0; line < lines_.size(); ++line) {
    if (lines_[line].kind == StatKind::kHistogram) {
      ranks_[line] = static_cast<uint32_t>(histograms_.size());
      histograms_.push_back(line);
    } else {
      ranks_[line] = scalars_++;
    }
  }
}

size_t StatTable::Find(absl::string_view name) const {
  const auto at = std::lower_bound(
      by_name_.begin(), by_name_.end(), name,
      [this](uint32_t line, absl::string_view n) { return lines_[line].name < n; });
  return at != by_name_.end() && lines_[*at].name == name ? *at : lines_.size();
}

}  // namespace sluice
