#include "source/upstream/host_watch.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "source/event/timer.h"
#include "test/upstream/test_hosts.h"

namespace sluice {
namespace {

struct Watcher {
  HostWatch watch{this, kMethod<&Watcher::OnChange>};
  void OnChange() { seen.push_back(watch.state()); }
  std::vector<HostState> seen;
};

class HostWatchTest : public testing::Test {
 protected:
  void SetHosts(std::vector<std::shared_ptr<Host>> hosts) {
    hosts_ = SetOf(hosts);
    watches_.OnHosts("users", *hosts_);
  }
  void Watch(Watcher& watcher, int host) {
    watches_.Add(watcher.watch, "users", TestAddress(host), hosts_.get());
  }
  HostWatches watches_;
  std::shared_ptr<const HostSet> hosts_;
};

TEST_F(HostWatchTest, HearsOfItsHostsComingAndGoing) {
  const auto one = TestHost(1), two = TestHost(2);
  SetHosts({one, two});
  Watcher first, second;
  Watch(first, 1);
  Watch(second, 2);
  EXPECT_EQ(first.watch.state(), HostState::kUsable);
  SetHosts({two});
  SetHosts({two});
  SetHosts({one, two});
  EXPECT_EQ(first.seen, (std::vector{HostState::kRemoved, HostState::kUsable}));
  EXPECT_TRUE(second.seen.empty());
}

TEST_F(HostWatchTest, HearsOfHealthThatChanges) {
  const auto host = TestHost(1);
  SetHosts({host});
  Watcher watcher;
  Watch(watcher, 1);
  host->SetFlag(HostFlag::kFailedActiveCheck, true);
  SetHosts({host});
  host->SetFlag(HostFlag::kDegradedByActiveCheck, true);
  host->SetFlag(HostFlag::kFailedActiveCheck, false);
  SetHosts({host});
  EXPECT_EQ(watcher.seen, (std::vector{HostState::kUnhealthy, HostState::kUsable}));
}

TEST_F(HostWatchTest, KnowsHowItIsFromTheStart) {
  Watcher nowhere, ill, shared;
  Watch(nowhere, 1);
  EXPECT_EQ(nowhere.watch.state(), HostState::kRemoved);
  const auto host = TestHost(2);
  host->SetFlag(HostFlag::kDrainingByDiscovery, true);
  SetHosts({host});
  Watch(ill, 2);
  Watch(shared, 2);
  EXPECT_EQ(ill.watch.state(), HostState::kUnhealthy);
  EXPECT_EQ(shared.watch.state(), HostState::kUnhealthy);
}

TEST_F(HostWatchTest, AnotherObjectWithTheSameAddressIsTheSameHost) {
  SetHosts({TestHost(1)});
  Watcher watcher;
  Watch(watcher, 1);
  SetHosts({TestHost(1)});
  EXPECT_TRUE(watcher.seen.empty());
}

TEST_F(HostWatchTest, OfAnAddressThatIsListedTwiceTheBetterOneCounts) {
  const auto good = TestHost(1), bad = TestHost(1);
  bad->SetFlag(HostFlag::kFailedActiveCheck, true);
  SetHosts({good});
  Watcher watcher;
  Watch(watcher, 1);
  SetHosts({bad, good});
  SetHosts({good, bad});
  EXPECT_TRUE(watcher.seen.empty());
  SetHosts({bad, bad});
  EXPECT_EQ(watcher.seen, std::vector{HostState::kUnhealthy});
}

TEST_F(HostWatchTest, OtherClustersHostsAreNotMeant) {
  SetHosts({TestHost(1)});
  Watcher watcher;
  Watch(watcher, 1);
  watches_.OnHosts("others", HostSet());
  EXPECT_TRUE(watcher.seen.empty());
  watches_.OnHosts("users", HostSet());
  EXPECT_EQ(watcher.seen, std::vector{HostState::kRemoved});
}

TEST_F(HostWatchTest, AWatchThatIsGoneIsNotCalled) {
  SetHosts({TestHost(1)});
  std::optional<Watcher> gone(std::in_place);
  Watcher stays;
  Watch(*gone, 1);
  Watch(stays, 1);
  gone.reset();
  SetHosts({});
  EXPECT_EQ(stays.seen.size(), 1u);
}

TEST_F(HostWatchTest, AWatchMayOutliveTheWorkersClusters) {
  Watcher watcher;
  {
    HostWatches short_lived;
    short_lived.Add(watcher.watch, "users", TestAddress(1), nullptr);
  }
  EXPECT_FALSE(watcher.watch.linked());
}

}  // namespace
}  // namespace sluice
