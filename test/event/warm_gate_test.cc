#include "source/event/warm_gate.h"

#include <memory>
#include <optional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using testing::ElementsAre;

TEST(WarmGateTest, CallsAtOnceWhenNothingIsNeeded) {
  WarmGate gate;
  int calls = 0;
  gate.WhenOpen([&] { ++calls; });
  EXPECT_EQ(calls, 1);
}

TEST(WarmGateTest, CallsOnceWhenTheLastThingHasCome) {
  WarmGate gate;
  WarmGate::Need routes = gate.Wait("routes");
  WarmGate::Need secret = gate.Wait("secret");
  int calls = 0;
  gate.WhenOpen([&] { ++calls; });
  routes.Come();
  routes.Come();
  EXPECT_EQ(calls, 0);
  EXPECT_THAT(gate.missing(), ElementsAre("secret"));
  secret.Come();
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(gate.open());
}

TEST(WarmGateTest, ANeedThatEndsIsNotWaitedForAnyMore) {
  WarmGate gate;
  auto need = std::make_optional(gate.Wait("secret"));
  bool called = false;
  gate.WhenOpen([&] { called = true; });
  need.reset();
  EXPECT_TRUE(called);
}

TEST(WarmGateTest, ANeedThatIsReplacedIsNotWaitedForAnyMore) {
  WarmGate gate;
  WarmGate::Need need = gate.Wait("one");
  need = gate.Wait("other");
  EXPECT_THAT(gate.missing(), ElementsAre("other"));
  EXPECT_TRUE(need.waits());
}

TEST(WarmGateTest, OneThatInsistsSaysSoOfWhatItWaitsFor) {
  WarmGate gate;
  WarmGate::Need patient = gate.Wait("routes");
  EXPECT_FALSE(patient.must_come());
  gate.Insist();
  EXPECT_TRUE(patient.must_come());
  patient.Come();
  EXPECT_FALSE(patient.must_come());
  EXPECT_TRUE(gate.open());
}

TEST(WarmGateTest, TheGateMayEndBeforeWhatItWaitsFor) {
  auto gate = std::make_unique<WarmGate>();
  WarmGate::Need need = gate->Wait("secret");
  bool called = false;
  gate->WhenOpen([&] { called = true; });
  gate.reset();
  need.Come();
  EXPECT_FALSE(called);
}

TEST(WarmGateTest, TheCallMayEndTheGate) {
  auto gate = std::make_unique<WarmGate>();
  WarmGate::Need need = gate->Wait("secret");
  gate->WhenOpen([&] { gate.reset(); });
  need.Come();
  EXPECT_EQ(gate, nullptr);
}

}  // namespace
}  // namespace sluice
