// Hosts for tests: 10.<a>.<b>.<c>:80, where n is 65536 a + 256 b + c.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "source/upstream/host.h"
#include "source/upstream/host_set.h"

namespace sluice {

inline Address TestAddress(int n) {
  return *Address::FromIp(absl::StrCat("10.", n >> 16, ".", n >> 8 & 255, ".", n & 255), 80);
}

inline std::shared_ptr<Host> TestHost(int n, HostFlags flags = {}) {
  return std::make_shared<Host>(HostFacts{.address = TestAddress(n), .hostname = ""}, flags);
}

inline HostEntry TestEntry(int n, uint32_t weight = 1, uint32_t priority = 0,
                           HostFlags flags = {}) {
  return {TestHost(n, flags), {.weight = weight, .priority = priority}};
}

inline HostEntry InLocality(HostEntry entry, const std::string& zone, uint32_t locality_weight) {
  entry.traits.locality = std::make_shared<LocalityGroup>(
      LocalityGroup{.locality = {.region = "", .zone = zone}, .weight = locality_weight});
  return entry;
}

// Value texts are JSON: "\"red\"".
inline HostEntry WithMetadata(HostEntry entry, std::vector<EndpointMetadata::Entry> metadata) {
  entry.traits.metadata = std::make_shared<EndpointMetadata>(EndpointMetadata{std::move(metadata)});
  return entry;
}

inline std::shared_ptr<const HostSet> SetOf(const std::vector<std::shared_ptr<Host>>& hosts) {
  std::vector<HostEntry> entries;
  for (const auto& host : hosts) entries.push_back({host});
  return MakeHostSet(std::move(entries));
}

// One host for each weight, numbered from 1.
inline std::shared_ptr<const HostSet> WeightedHosts(const std::vector<uint32_t>& weights,
                                                    const BalancerSpec& spec = {}) {
  std::vector<HostEntry> entries;
  for (const uint32_t weight : weights)
    entries.push_back(TestEntry(static_cast<int>(entries.size()) + 1, weight));
  return MakeHostSet(std::move(entries), spec);
}

}  // namespace sluice
