#include "source/config/suggest.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

// Longer names are compared by their first letters only: the cost is quadratic.
constexpr size_t kNameBytesMax = 200;

std::string Folded(std::string_view name) {
  std::string folded;
  for (char c : name.substr(0, kNameBytesMax)) {
    if (c != '_' && c != '-') folded += absl::ascii_tolower(c);
  }
  return folded;
}

// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), row(b.size() + 1), next(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    next[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t replace = row[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      next[j] = std::min({row[j] + 1, next[j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        next[j] = std::min(next[j], before[j - 2] + 1);
      }
    }
    before.swap(row);
    row.swap(next);
  }
  return row[b.size()];
}

}  // namespace

std::string DidYouMean(std::string_view written, const std::vector<std::string_view>& candidates,
                       size_t differences_max) {
  const std::string wanted = Folded(written);
  std::string_view nearest;
  size_t nearest_distance = std::min(std::max<size_t>(wanted.size() / 3, 1), differences_max) + 1;
  for (std::string_view candidate : candidates) {
    size_t distance = EditDistance(wanted, Folded(candidate));
    if (distance < nearest_distance && distance < std::max<size_t>(wanted.size(), 2)) {
      nearest = candidate;
      nearest_distance = distance;
    }
  }
  return nearest.empty() ? "" : absl::StrCat("did you mean \"", nearest, "\"?");
}

}  // namespace sluice
