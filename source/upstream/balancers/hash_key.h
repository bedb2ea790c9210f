// What a host is called where a balancer hashes hosts, and the hash functions for that. The
// functions, and how names and numbers are put together, are those that Envoy documents for its
// ring, so that two proxies of either kind agree. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "source/upstream/balancer_spec.h"
#include "source/upstream/endpoint_traits.h"
#include "source/upstream/host.h"

namespace sluice {

uint64_t XxHash64(absl::string_view bytes, uint64_t seed = 0);
uint64_t MurmurHash2(absl::string_view bytes);  // 64 bits; what libstdc++'s std::hash is

// A string in the endpoint's metadata under "hash_key" of "envoy.lb"; else its host name, where
// `by_hostname` and it has one; else its address.
std::string HashKeyOf(const Host& host, const EndpointTraits& traits, bool by_hostname);

// Spreads the bits of a hash that may be good in its upper or lower ones only.
inline uint64_t MixBits(uint64_t hash) {
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccdu;
  hash ^= hash >> 33;
  hash *= 0xc4ceb9fe1a85ec53u;
  return hash ^ (hash >> 33);
}

}  // namespace sluice
