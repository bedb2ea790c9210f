// Path: what may be done to a request's path before anyone routes by it, as Envoy's normalize_path,
// merge_slashes and path_with_escaped_slashes_action (RFC 3986 section 6.2.2 without case
// normalization). Pure; any thread. The query is never touched.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "source/base/arena.h"

namespace sluice {

// What is done about %2F and %5C.
enum class EscapedSlashes : uint8_t { kKeep, kReject, kUnescapeAndRedirect, kUnescapeAndForward };

struct PathRules {
  bool normalize = false;
  bool merge_slashes = false;
  EscapedSlashes escaped_slashes = EscapedSlashes::kKeep;
  bool any() const {
    return normalize || merge_slashes || escaped_slashes != EscapedSlashes::kKeep;
  }
};

enum class PathVerdict : uint8_t {
  kSame,
  kChanged,
  kRedirect,  // to the changed target
  kRejected,  // 400
};

// `target` is path and query as they came. Where the verdict is kChanged or kRedirect `out` is the
// new one, in `arena`; else it is not set. Targets that do not begin with "/" ("*") stay the same.
PathVerdict ApplyPathRules(absl::string_view target, const PathRules& rules, Arena& arena,
                           absl::string_view* out);

struct SplitTarget {
  absl::string_view path;
  absl::string_view query;  // with its "?", or empty
};
SplitTarget SplitPathAndQuery(absl::string_view target);

}  // namespace sluice
