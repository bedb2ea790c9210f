// Paths: after the rules there is nothing left that they were to remove, a second application
// changes nothing, and the query is as it came. The first byte chooses the rules.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "source/http/path.h"

namespace sluice {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

std::string Apply(absl::string_view target, const PathRules& rules, PathVerdict* verdict) {
  Arena arena;
  absl::string_view out = target;
  *verdict = ApplyPathRules(target, rules, arena, &out);
  if (*verdict == PathVerdict::kSame) Require(out == target);
  return std::string(out);
}

void CheckPath(absl::string_view target, const PathRules& rules) {
  PathVerdict verdict;
  const std::string once = Apply(target, rules, &verdict);
  if (verdict == PathVerdict::kRejected || !absl::StartsWith(target, "/")) return;
  Require(absl::StartsWith(once, "/"));
  Require(once.size() <= target.size());
  Require(SplitPathAndQuery(once).query == SplitPathAndQuery(target).query);
  // With slashes inside a segment for the searches below.
  const std::string path = absl::StrCat(SplitPathAndQuery(once).path, "/");
  if (rules.normalize) {
    Require(!absl::StrContains(path, "/../") && !absl::StrContains(path, "/./"));
    Require(!absl::StrContains(path, "\\") && !absl::StrContains(path, "%2e") &&
            !absl::StrContains(path, "%2E"));
  }
  if (rules.merge_slashes) Require(!absl::StrContains(SplitPathAndQuery(once).path, "//"));
  Require(Apply(once, rules, &verdict) == once);
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size == 0) return 0;
  sluice::PathRules rules;
  rules.normalize = (bytes[0] & 1) != 0;
  rules.merge_slashes = (bytes[0] & 2) != 0;
  rules.escaped_slashes = static_cast<sluice::EscapedSlashes>((bytes[0] >> 2) & 3);
  sluice::CheckPath({reinterpret_cast<const char*>(bytes) + 1, size - 1}, rules);
  return 0;
}
