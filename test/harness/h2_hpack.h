// HPACK (RFC 7541) for tests, written for them alone: literals out, everything in. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice {

using H2Fields = std::vector<std::pair<std::string, std::string>>;

// Every field a literal without indexing, names and values as they are: what a test wants to say,
// valid or not.
std::string HpackLiterals(const H2Fields& fields);
// One literal that enters the peer's dynamic table, and a reference to the entry `index` of both
// tables (62 is the newest of the dynamic one).
std::string HpackIndexedLiteral(absl::string_view name, absl::string_view value);
std::string HpackIndex(uint32_t index);

class HpackDecoder {
 public:
  explicit HpackDecoder(size_t table_bytes_max = 4096) : limit_(table_bytes_max) {}
  // A whole header block; false where it breaks RFC 7541.
  bool Decode(absl::string_view block, H2Fields* fields);

 private:
  bool Field(absl::string_view* block, uint8_t prefix_bits, H2Fields* fields, bool remember);
  bool Lookup(uint64_t index, std::pair<std::string, std::string>* field) const;
  void Evict(size_t room);
  std::deque<std::pair<std::string, std::string>> table_;
  size_t table_bytes_ = 0;
  size_t limit_;
  size_t size_ = 4096;
};

}  // namespace sluice
