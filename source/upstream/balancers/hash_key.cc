#include "source/upstream/balancers/hash_key.h"

#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace sluice {

uint64_t XxHash64(absl::string_view bytes, uint64_t seed) {
  return XXH64(bytes.data(), bytes.size(), seed);
}

uint64_t MurmurHash2(absl::string_view bytes) {
  constexpr uint64_t kMultiplier = 0xc6a4a7935bd1e995u;
  constexpr uint64_t kSeed = 0xc70f6907u;
  const auto mixed = [](uint64_t hash) { return hash ^ (hash >> 47); };
  uint64_t hash = kSeed ^ (bytes.size() * kMultiplier);
  const size_t whole = bytes.size() & ~size_t{7};
  for (size_t at = 0; at < whole; at += 8) {
    uint64_t block;
    std::memcpy(&block, bytes.data() + at, sizeof(block));
    hash ^= mixed(block * kMultiplier) * kMultiplier;
    hash *= kMultiplier;
  }
  if (whole != bytes.size()) {
    uint64_t rest = 0;
    std::memcpy(&rest, bytes.data() + whole, bytes.size() - whole);
    hash ^= rest;
    hash *= kMultiplier;
  }
  return mixed(mixed(hash) * kMultiplier);
}

std::string HashKeyOf(const Host& host, const EndpointTraits& traits, bool by_hostname) {
  if (traits.metadata != nullptr) {
    for (const EndpointMetadata::Entry& entry : traits.metadata->entries) {
      // The text of a string is in quotes.
      if (entry.key == "hash_key" && entry.value.size() > 2 && entry.value[0] == '"') {
        return entry.value.substr(1, entry.value.size() - 2);
      }
    }
  }
  if (by_hostname && !host.facts().hostname.empty()) return host.facts().hostname;
  return host.address().text();
}

}  // namespace sluice
