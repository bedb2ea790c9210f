// Two subset_selectors with the same keys, or a list in an endpoint's metadata that names an item
// twice, put a host into its subset twice: its ring had no place at all, and the first request read
// from an empty one.
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "source/base/random.h"
#include "source/upstream/balancers/make_balancer.h"
#include "test/upstream/test_hosts.h"

namespace sluice {
namespace {

// The addresses that get the requests for version 1.
std::set<std::string> Picked(const SubsetSpec& subsets, std::vector<HostEntry> entries) {
  const BalancerSpec spec{.policy = BalancerPolicy::kRingHash,
                          .subsets = std::make_shared<const SubsetSpec>(subsets)};
  FastRandom random(1);
  const auto balancer = MakeBalancer(spec, random);
  balancer->SetHosts(MakeHostSet(std::move(entries), spec));
  const MetadataMatch wanted{.as_is = KeyValues(std::vector<KeyValue>{{"version", "\"v1\""}})};
  std::set<std::string> picked;
  for (int i = 0; i < 100; ++i) {
    const Host* const host =
        balancer->Pick({.random = random, .hash = random.Next(), .metadata = &wanted});
    if (host != nullptr) picked.insert(host->address().ip_text());
  }
  return picked;
}

HostEntry OfVersions(int n, const std::string& text, std::vector<std::string> items) {
  return WithMetadata(TestEntry(n), {{"version", text, std::move(items)}});
}

const SubsetSelector kByVersion = {.keys = {"version"}};

TEST(RingOfDoubledHostRegression, SelectorsWithTheSameKeysAreOne) {
  const SubsetSpec spec{.selectors = {kByVersion, kByVersion}};
  EXPECT_EQ(Picked(spec, {OfVersions(1, "\"v1\"", {}), OfVersions(2, "\"v1\"", {})}),
            (std::set<std::string>{"10.0.0.1", "10.0.0.2"}));
}

TEST(RingOfDoubledHostRegression, AnItemOfAListCountsOnce) {
  SubsetSpec spec{.selectors = {kByVersion}};
  spec.list_as_any = true;
  const std::string list = "[\"v1\",\"v2\",\"v1\"]";
  EXPECT_EQ(Picked(spec, {OfVersions(1, list, {"\"v1\"", "\"v2\"", "\"v1\""})}),
            std::set<std::string>{"10.0.0.1"});
}

}  // namespace
}  // namespace sluice
