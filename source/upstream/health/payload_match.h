// PayloadMatch: whether blocks are found in the bytes of an answer, each behind the one before,
// whatever stands between them (Envoy's "fuzzy" matching). Pure. Holds less than one block,
// however long the answer is.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice {

class PayloadMatch {
 public:
  // Looks at the first `bytes_max` bytes; 0: at all. `blocks` outlive it.
  PayloadMatch(const std::vector<std::string>& blocks, size_t bytes_max)
      : blocks_(blocks),
        bytes_left_(bytes_max > 0 ? bytes_max : std::numeric_limits<size_t>::max()) {}

  void Take(absl::string_view bytes);
  bool found() const { return next_ == blocks_.size(); }
  // No further bytes can change what is known.
  bool decided() const { return found() || bytes_left_ == 0; }

 private:
  const std::vector<std::string>& blocks_;
  size_t bytes_left_;
  size_t next_ = 0;   // the block that is looked for
  std::string held_;  // where it may have begun
};

}  // namespace sluice
