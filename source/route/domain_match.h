// DomainTable: the domains of a route configuration: exact ones before "*.suffix" (the longest
// first), before "prefix.*" (the longest first), before "*". Case does not count.
//
// Const; a change makes another one, which shares with this what is the same. Find allocates
// nothing (but for hosts of more than 1 KiB).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "source/route/shared_map.h"

namespace sluice {

struct VirtualHost;

class DomainTable {
 public:
  // Whose a host is; null: nobody's.
  const VirtualHost* Find(absl::string_view host) const;

  class Edit;

 private:
  using Owners = SharedMap<const VirtualHost*>;
  // The wildcards of one kind and length, without their '*'.
  struct Wildcards {
    size_t bytes;
    Owners owners;
  };

  Owners exact_;
  std::vector<Wildcards> suffixes_, prefixes_;  // longest first
  const VirtualHost* any_ = nullptr;
};

// Main thread. A copy that changes, until it is finished.
class DomainTable::Edit {
 public:
  explicit Edit(const DomainTable& base);
  // From nothing; so many are expected.
  explicit Edit(size_t expected) : exact_(expected) {}

  enum class Result : uint8_t { kAdded, kTaken, kBadWildcard };
  Result Add(absl::string_view domain, const VirtualHost& owner);
  // kAdded: it would be.
  Result Try(absl::string_view domain) const;
  // Of a domain that was added.
  void Remove(absl::string_view domain);
  // Of a domain as it is written; null: nobody has it.
  const VirtualHost* OwnerOf(absl::string_view domain) const;
  DomainTable Finish() &&;

 private:
  struct Wildcards {
    size_t bytes;
    Owners::Edit owners;
  };
  using Lengths = std::vector<Wildcards>;
  static Owners::Edit& Place(Lengths& lengths, size_t bytes);

  Owners::Edit exact_;
  Lengths suffixes_, prefixes_;  // longest first
  const VirtualHost* any_ = nullptr;
};

// "example.com:8080" or "[::1]:8080" without the port.
absl::string_view HostWithoutPort(absl::string_view host);

}  // namespace sluice
