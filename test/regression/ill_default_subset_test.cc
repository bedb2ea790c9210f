// With panic_mode_any a request whose fallback is the default subset may be answered by any host of
// the cluster where that subset has none to pick. An empty subset was taken for such a one, but not
// one whose hosts are all ill: the request failed.
#include <memory>
#include <vector>

#include "gtest/gtest.h"
#include "source/base/random.h"
#include "source/upstream/balancers/make_balancer.h"
#include "test/upstream/test_hosts.h"

namespace sluice {
namespace {

// Host 1 is of the default subset, and ill; host 2 is well.
Host* Pick(bool panic_mode_any, PickNotes& notes) {
  SubsetSpec subsets{.fallback = SubsetFallback::kDefaultSubset,
                     .default_subset = KeyValues(std::vector<KeyValue>{{"stage", "\"prod\""}}),
                     .selectors = {{.keys = {"version"}}}};
  subsets.panic_mode_any = panic_mode_any;
  const BalancerSpec spec{.panic_threshold_percent = 0,
                          .subsets = std::make_shared<const SubsetSpec>(subsets)};
  FastRandom random(1);
  const auto balancer = MakeBalancer(spec, random);
  static const std::vector<HostEntry>* const entries = new std::vector<HostEntry>{
      WithMetadata(TestEntry(1, 1, 0, {HostFlag::kFailedActiveCheck}), {{"stage", "\"prod\"", {}}}),
      TestEntry(2)};
  balancer->SetHosts(MakeHostSet(*entries, spec));
  const PickContext context{.random = random};
  Host* const host = balancer->Pick(context);
  notes = context.notes;
  return host;
}

TEST(IllDefaultSubsetRegression, InPanicAnyHostStandsInForIt) {
  PickNotes notes;
  Host* const host = Pick(true, notes);
  ASSERT_NE(host, nullptr);
  EXPECT_EQ(host->address(), TestAddress(2));
  EXPECT_EQ(notes.subset, PickNotes::Subset::kPanic);
}

TEST(IllDefaultSubsetRegression, OtherwiseNobodyDoes) {
  PickNotes notes;
  EXPECT_EQ(Pick(false, notes), nullptr);
}

}  // namespace
}  // namespace sluice
