// The promises of the README, one test each: what is the filter's. What comes of waiting is in
// test/scenario/on_demand_test.cc.

#include <memory>

#include "gtest/gtest.h"
#include "source/extensions/http/on_demand/on_demand_filter.h"
#include "test/harness/filter_tester.h"

namespace sluice {
namespace {

TEST(OnDemand, ARequestWaitsForItsRouteWithItsBody) {
  FilterTester tester(std::make_unique<OnDemandFactory>());
  tester.LetFetchRoutes();
  tester.Request({{":method", "POST"}, {":path", "/"}}, "body");
  EXPECT_EQ(tester.routes_awaited(), 1u);
  EXPECT_FALSE(tester.request().started());
  const Route route;
  tester.AnswerFetch(&route);
  EXPECT_EQ(tester.request().header(":path"), "/");
  EXPECT_EQ(tester.request().body(), "body");
}

TEST(OnDemand, ItGoesOnWithoutARouteToo) {
  FilterTester tester(std::make_unique<OnDemandFactory>());
  tester.LetFetchRoutes();
  tester.Request({{":method", "GET"}, {":path", "/"}});
  tester.AnswerFetch(nullptr);
  EXPECT_TRUE(tester.request().started());
}

TEST(OnDemand, WhereThereIsNothingToWaitForItDoesNot) {
  FilterTester tester(std::make_unique<OnDemandFactory>());
  tester.Request({{":method", "GET"}, {":path", "/"}});
  EXPECT_TRUE(tester.request().started());
}

TEST(OnDemand, AClientThatLeavesWhileItWaitsIsForgotten) {
  FilterTester tester(std::make_unique<OnDemandFactory>());
  tester.LetFetchRoutes();
  tester.Request({{":method", "GET"}, {":path", "/"}});
  tester.IgnoreLeftOvers();
  tester.EndStream();
  EXPECT_FALSE(tester.request().started());
}

}  // namespace
}  // namespace sluice
