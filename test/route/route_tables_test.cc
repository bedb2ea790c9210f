#include "source/route/route_tables.h"

#include "envoy/config/core/v3/config_source.pb.h"
#include "test/harness/sim_world.h"
#include "test/route/route_sample.h"

namespace sluice {
namespace {

class RouteTablesTest : public testing::Test {
 protected:
  RouteTablesTest() {
    tables_.Attach([this](RouteFeed& feed) { fed_.push_back(&feed); },
                   [this](RouteFeed& feed) { unwanted_.push_back(feed.name()); });
  }
  static RouteSource Source(const std::string& bytes = "ads") {
    return {std::make_shared<const envoy::config::core::v3::ConfigSource>(), bytes};
  }
  std::unique_ptr<const RouteSubscription> Want(const std::string& name,
                                                const RouteSource& source = Source()) {
    return tables_.Subscribe(name, source, &gate_);
  }
  static std::shared_ptr<const RouteTable> Table() {
    return ReadRoutes("routes { match { prefix: '/' } route { cluster: 'c' } }");
  }

  SimWorld world_{{.workers = 2}};
  RouteTables tables_{world_.workers(), world_.main()};
  WarmGate gate_;
  std::vector<RouteFeed*> fed_;
  std::vector<std::string> unwanted_;
};

TEST_F(RouteTablesTest, OneFeedForAllThatNameTheSame) {
  const auto a = Want("a"), again = Want("a"), b = Want("b"), elsewhere = Want("a", Source("file"));
  ASSERT_EQ(fed_.size(), 3);
  EXPECT_EQ(fed_[0]->name(), "a");
  EXPECT_EQ(fed_[0]->users(), 2);
  EXPECT_EQ(fed_[1]->name(), "b");
}

TEST_F(RouteTablesTest, WhoeverWantsItWaitsForTheFirstTable) {
  const auto a = Want("a"), b = Want("b");
  EXPECT_EQ(gate_.missing(),
            (std::vector<std::string>{"route configuration a", "route configuration b"}));
  fed_[0]->Set(Table(), "1");
  EXPECT_EQ(gate_.missing(), std::vector<std::string>{"route configuration b"});
  fed_[1]->Fail();
  EXPECT_TRUE(gate_.open());
  // Who comes later finds word of it.
  const auto later = Want("a"), never = Want("b");
  EXPECT_TRUE(gate_.open());
}

TEST_F(RouteTablesTest, ATableReachesEveryWorkerBetweenTwoTurns) {
  const auto a = Want("a");
  const auto table = Table();
  fed_[0]->Set(table, "1");
  EXPECT_EQ(a->Pin(0).get(), nullptr);
  world_.RunUntilIdle();
  EXPECT_EQ(a->Pin(0).get(), table.get());
  EXPECT_EQ(a->Pin(1).get(), table.get());
  fed_[0]->Remove();
  world_.RunUntilIdle();
  EXPECT_EQ(a->Pin(0).get(), nullptr);
}

TEST_F(RouteTablesTest, APinKeepsATableUntilItsLastUserEnds) {
  const auto a = Want("a");
  std::weak_ptr<const RouteTable> old;
  {
    const auto table = Table();
    old = table;
    fed_[0]->Set(table, "1");
  }
  world_.RunUntilIdle();
  RoutePin pin = a->Pin(0), second = a->Pin(0);
  fed_[0]->Set(Table(), "2");
  world_.RunUntilIdle();
  EXPECT_EQ(pin.get(), old.lock().get());
  EXPECT_NE(a->Pin(0).get(), old.lock().get());
  pin = RoutePin();
  EXPECT_FALSE(old.expired());
  second = RoutePin();
  EXPECT_TRUE(old.expired());
}

TEST_F(RouteTablesTest, WhatNobodyWantsAnyMoreIsLetGo) {
  auto a = Want("a"), again = Want("a");
  std::weak_ptr<const RouteTable> table;
  {
    const auto made = Table();
    table = made;
    fed_[0]->Set(made, "1");
  }
  a.reset();
  world_.RunUntilIdle();
  EXPECT_TRUE(unwanted_.empty());
  RoutePin pin = again->Pin(1);
  again.reset();
  world_.RunUntilIdle();
  EXPECT_EQ(unwanted_, std::vector<std::string>{"a"});
  pin = RoutePin();
  EXPECT_TRUE(table.expired());
  // Wanted again, it is fetched again.
  const auto anew = Want("a");
  EXPECT_EQ(fed_.size(), 2);
}

TEST_F(RouteTablesTest, ATableMayBeThereAtOnce) {
  RouteTables tables(world_.workers(), world_.main());
  tables.Attach([](RouteFeed& feed) { feed.Set(Table(), "file"); }, [](RouteFeed&) {});
  const auto a = tables.Subscribe("a", Source(), &gate_);
  EXPECT_TRUE(gate_.open());
  world_.RunUntilIdle();
  EXPECT_NE(a->Pin(0).get(), nullptr);
}

TEST_F(RouteTablesTest, ASubscriptionMayOutliveAll) {
  std::unique_ptr<const RouteSubscription> last;
  {
    RouteTables tables(world_.workers(), world_.main());
    tables.Attach([](RouteFeed& feed) { feed.Set(Table(), "1"); }, [](RouteFeed&) {});
    last = tables.Subscribe("a", Source(), nullptr);
  }
  world_.RunUntilIdle();
  EXPECT_NE(last->Pin(0).get(), nullptr);
  last.reset();
  world_.RunUntilIdle();
}

}  // namespace
}  // namespace sluice
