// The promises of the README, one test each.
#include <memory>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "source/extensions/http/upgrade/upgrade_filter.h"
#include "test/harness/filter_tester.h"

namespace sluice {
namespace {

class UpgradeTest : public testing::Test {
 protected:
  // Whether a request for `type` passes, under these rules.
  bool Passes(absl::string_view type, std::vector<UpgradeRule> manager = {},
              std::vector<UpgradeRule> route = {}) {
    upgrade_ = {.form = type == "CONNECT" ? UpgradeForm::kConnect : UpgradeForm::kField,
                .type = type,
                .manager_rules = manager};
    ClusterAction action;
    action.upgrades = std::move(route);
    route_.action = std::move(action);
    FilterTester tester(std::make_unique<UpgradeFilterFactory>(config_),
                        {.route = &route_, .upgrade = &upgrade_});
    tester.RequestHeaders({{":method", "GET"}, {":path", "/"}});
    status_ = tester.ended() == StreamEnd::kReplied ? tester.status() : 0;
    details_ = std::string(tester.reply().details);
    tester.IgnoreLeftOvers();
    return upgrade_.allowed;
  }

  UpgradeFilterConfig config_;
  UpgradeRequest upgrade_;
  Route route_;
  int status_ = 0;
  std::string details_;
};

TEST_F(UpgradeTest, WebSocketNeedsNoRule) {
  EXPECT_TRUE(Passes("websocket"));
  EXPECT_TRUE(Passes("WebSocket"));
}

TEST_F(UpgradeTest, EveryOtherTypeNeedsOne) {
  EXPECT_FALSE(Passes("foo"));
  EXPECT_EQ(status_, 403);
  EXPECT_EQ(details_, "upgrade_failed");
  EXPECT_FALSE(Passes("CONNECT"));
  EXPECT_TRUE(Passes("foo", {{.type = "FOO"}}));
  EXPECT_TRUE(Passes("CONNECT", {}, {{.type = "CONNECT"}}));
}

TEST_F(UpgradeTest, TheRoutesRuleDecidesBeforeTheManagers) {
  EXPECT_FALSE(Passes("websocket", {{.type = "websocket"}}, {{"websocket", false}}));
  EXPECT_TRUE(Passes("websocket", {{"websocket", false}}, {{.type = "websocket"}}));
  EXPECT_FALSE(Passes("websocket", {{"websocket", false}}, {{.type = "foo"}}));
}

TEST_F(UpgradeTest, WithoutARouteItIsNotForItToAnswer) {
  upgrade_ = {.form = UpgradeForm::kConnect, .type = "CONNECT"};
  FilterTester tester(std::make_unique<UpgradeFilterFactory>(config_), {.upgrade = &upgrade_});
  tester.RequestHeaders({{":method", "CONNECT"}});
  EXPECT_NE(tester.ended(), StreamEnd::kReplied);
  EXPECT_FALSE(upgrade_.allowed);
  tester.IgnoreLeftOvers();
}

TEST_F(UpgradeTest, IsOnlyForStreamsThatAsk) {
  EXPECT_TRUE(Includes(UpgradeFilterFactory(config_).interests(), Interest::kUpgradesOnly));
}

}  // namespace
}  // namespace sluice
