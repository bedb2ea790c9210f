// Hosts for tests: 10.0.0.<n>:80.
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

inline Address TestAddress(int n) { return *Address::FromIp(absl::StrCat("10.0.0.", n), 80); }

inline std::shared_ptr<Host> TestHost(int n, uint32_t weight = 1, uint32_t priority = 0,
                                      HostFlags flags = {}) {
  HostFacts facts;
  facts.address = TestAddress(n);
  facts.weight = weight;
  facts.priority = priority;
  return std::make_shared<Host>(std::move(facts), flags);
}

// One host for each weight, numbered from 1.
inline std::shared_ptr<const HostSet> WeightedHosts(const std::vector<uint32_t>& weights) {
  std::vector<std::shared_ptr<Host>> hosts;
  for (uint32_t weight : weights)
    hosts.push_back(TestHost(static_cast<int>(hosts.size()) + 1, weight));
  return MakeHostSet(std::move(hosts));
}

}  // namespace sluice
