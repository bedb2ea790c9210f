#include "source/upstream/health/payload_match.h"

#include <algorithm>

namespace sluice {

void PayloadMatch::Take(absl::string_view bytes) {
  bytes = bytes.substr(0, bytes_left_);
  bytes_left_ -= bytes.size();
  if (found()) return;
  held_.append(bytes.data(), bytes.size());
  size_t at = 0;
  while (next_ < blocks_.size()) {
    const size_t hit = held_.find(blocks_[next_], at);
    if (hit == std::string::npos) break;
    at = hit + blocks_[next_++].size();
  }
  if (found()) return held_.clear();
  const size_t begun = std::min(held_.size() - at, blocks_[next_].size() - 1);
  held_.erase(0, held_.size() - begun);
}

}  // namespace sluice
