// What is asked of the control plane for requests that wait for their virtual host.
#include "source/control/asked_hosts.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "test/harness/sim_world.h"

namespace sluice {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

class AskedHostsTest : public testing::Test {
 protected:
  std::vector<std::string> Take() { return std::exchange(calls_, {}); }
  static Resource Named(const std::string& name, const std::vector<std::string>& aliases = {}) {
    Resource resource{.name = name};
    resource.aliases = aliases;
    return resource;
  }

  SimWorld world_;
  std::vector<std::string> calls_;
  AskedHosts asked_{
      world_.main().loop,
      {.subscribe = [this](const std::string& name) { calls_.push_back("+" + name); },
       .unsubscribe = [this](const std::string& name) { calls_.push_back("-" + name); },
       .answer = [this](const std::string& name) { calls_.push_back("=" + name); }}};
};

TEST_F(AskedHostsTest, AsksOnceForAllWhoWait) {
  asked_.Ask("t/a", seconds(15));
  asked_.Ask("t/a", seconds(15));
  asked_.Ask("t/b", seconds(15));
  EXPECT_THAT(Take(), ElementsAre("+t/a", "+t/b"));
}

TEST_F(AskedHostsTest, IsAnsweredByItsNameOrByAnAlias) {
  for (const std::string name : {"t/a", "t/b", "t/c"}) asked_.Ask(name, seconds(15));
  Take();
  asked_.OnResource(Named("t/a"));
  asked_.OnResource(Named("t/host", {"t/b", "t/other"}));
  EXPECT_THAT(Take(), ElementsAre("=t/a", "=t/b"));
}

TEST_F(AskedHostsTest, IsAnsweredByWhatIsThereUnderAnyName) {
  asked_.Ask("t/a", seconds(15));
  asked_.Ask("t/b", seconds(15));
  Take();
  asked_.OnTables([](const std::string& name) { return name == "t/b"; });
  EXPECT_THAT(Take(), ElementsAre("=t/b"));
  // When that is gone it is asked for anew.
  asked_.Ask("t/b", seconds(15));
  EXPECT_THAT(Take(), ElementsAre("-t/b", "+t/b"));
}

TEST_F(AskedHostsTest, WhatIsNotThereIsNotAskedForAgainWithinSomeSeconds) {
  asked_.Ask("t/a", seconds(15));
  asked_.OnGone("t/a");
  EXPECT_THAT(Take(), ElementsAre("+t/a", "=t/a"));
  asked_.Ask("t/a", seconds(15));
  EXPECT_THAT(Take(), ElementsAre("=t/a"));
  world_.Advance(seconds(4));
  EXPECT_THAT(Take(), IsEmpty());
  world_.Advance(seconds(2));
  EXPECT_THAT(Take(), ElementsAre("-t/a"));
  asked_.Ask("t/a", seconds(15));
  EXPECT_THAT(Take(), ElementsAre("+t/a"));
}

TEST_F(AskedHostsTest, WaitsNoLongerThanItIsTold) {
  asked_.Ask("t/a", seconds(3));
  Take();
  world_.Advance(seconds(2));
  EXPECT_THAT(Take(), IsEmpty());
  world_.Advance(seconds(2));
  EXPECT_THAT(Take(), ElementsAre("=t/a"));
  // What comes too late stays subscribed to.
  asked_.OnResource(Named("t/host", {"t/a"}));
  world_.Advance(seconds(10));
  EXPECT_THAT(Take(), IsEmpty());
}

TEST_F(AskedHostsTest, WhatHasComeStaysSubscribedToUntilItIsGone) {
  asked_.Ask("t/a", seconds(15));
  asked_.Ask("t/b", seconds(15));
  asked_.OnResource(Named("t/host", {"t/a", "t/b"}));
  Take();
  world_.Advance(seconds(60));
  asked_.Ask("t/a", seconds(15));  // refused, for instance
  EXPECT_THAT(Take(), ElementsAre("=t/a"));
  asked_.OnGone("t/host");
  EXPECT_THAT(Take(), ElementsAre("-t/a", "-t/b"));
}

TEST_F(AskedHostsTest, OfATableThatIsNoMoreNothingStaysSubscribedTo) {
  asked_.Ask("t/a", seconds(15));
  asked_.Ask("u/a", seconds(15));
  asked_.OnResource(Named("t/a"));
  asked_.OnResource(Named("u/a"));
  Take();
  asked_.DropTable("t");
  EXPECT_THAT(Take(), ElementsAre("-t/a"));
}

TEST_F(AskedHostsTest, NamesThatNothingIsKnownOfAreBounded) {
  for (size_t i = 0; i < AskedHosts::kUnknownMax; ++i)
    asked_.Ask(absl::StrCat("t/", i), seconds(15));
  Take();
  asked_.Ask("t/one-more", seconds(15));
  EXPECT_THAT(Take(), ElementsAre("=t/one-more"));
  asked_.OnResource(Named("t/7"));
  asked_.Ask("t/one-more", seconds(15));
  EXPECT_THAT(Take(), ElementsAre("=t/7", "+t/one-more"));
}

}  // namespace
}  // namespace sluice
