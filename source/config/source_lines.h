#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace sluice {

// Where a field was written: "bootstrap.yaml", line 14. Line 0: the source has no lines (binary).
struct SourceLine {
  std::string_view source;
  int line = 0;
};

// Which line of which file set which field, by field path ("static_resources.listeners[0].name").
//
// Filled while files are read, on the main thread; const afterwards. A path that was never set is
// answered with the line of the nearest enclosing field that was, so that "required field missing"
// points at the message it is missing from.
class SourceLines {
 public:
  // Lines recorded from now on belong to `source`. The name must not change while errors are shown.
  void StartSource(std::string_view source);
  void Record(std::string_view path, int line);

  // The line of `path` or of the nearest enclosing path; the first source, line 0, when nothing is
  // known.
  SourceLine Find(std::string_view path) const;

 private:
  struct Place {
    int source = 0;
    int line = 0;
  };

  std::vector<std::string> sources_;
  absl::flat_hash_map<std::string, Place> places_;
};

}  // namespace sluice
