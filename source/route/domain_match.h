// DomainTable: the domains of a route configuration: exact ones before "*.suffix" (the longest
// first), before "prefix.*" (the longest first), before "*". Case does not count.
//
// Filled on the main thread, const afterwards; Find allocates nothing (but for hosts of more than 1
// KiB).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace sluice {

class DomainTable {
 public:
  enum class AddResult : uint8_t { kAdded, kDuplicate, kBadWildcard };

  // `owner` is what Find answers with.
  AddResult Add(absl::string_view domain, uint32_t owner);
  std::optional<uint32_t> Find(absl::string_view host) const;

 private:
  using Owners = absl::flat_hash_map<std::string, uint32_t>;
  // The wildcards of one kind and length, without their '*'.
  struct Wildcards {
    size_t bytes;
    Owners owners;
  };
  static AddResult AddWildcard(std::vector<Wildcards>& wildcards, absl::string_view part,
                               uint32_t owner);

  Owners exact_;
  std::vector<Wildcards> suffixes_, prefixes_;  // longest first
  std::optional<uint32_t> any_;
};

// "example.com:8080" or "[::1]:8080" without the port.
absl::string_view HostWithoutPort(absl::string_view host);

}  // namespace sluice
