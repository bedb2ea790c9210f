// AliasTable: draws an index as often as its weight says, in constant time (Walker's alias method).
// Const after construction, which is linear. Shared by all workers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "source/base/random.h"

namespace sluice {

class AliasTable {
 public:
  explicit AliasTable(absl::Span<const double> weights);  // not empty; some are above 0

  size_t Draw(Random& random) const {
    // The upper half of the product chooses a column, the lower half a part of it.
    const auto product = static_cast<unsigned __int128>(random.Next()) * columns_.size();
    const auto at = static_cast<size_t>(product >> 64);
    const Column& column = columns_[at];
    return static_cast<uint64_t>(product) < column.own ? at : column.other;
  }

 private:
  struct Column {
    uint64_t own;    // of 2^64: how much of it is its own index's
    uint32_t other;  // whose the rest is
  };
  std::vector<Column> columns_;
};

}  // namespace sluice
