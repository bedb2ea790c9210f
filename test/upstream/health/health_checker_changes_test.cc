// Active health checks over a change of their cluster: verdicts, and who is asked again.
#include "gtest/gtest.h"
#include "test/upstream/health/health_checker_fixture.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(HealthCheckerTest, VerdictsStandOverAChangeAndNobodyIsAskedTwice) {
  Answer(1, 200);
  Answer(2, 503);
  Set(Static(2));
  const auto before = users().hosts().hosts;
  Set(Static(2));
  EXPECT_EQ(Hosts(), "10.0.0.1 ok, 10.0.0.2 failed");
  EXPECT_EQ(users().hosts().hosts, before);
  EXPECT_EQ(Stat("health_check.attempt"), 2);
  EXPECT_EQ(Stat("health_check.healthy"), 1);
  EXPECT_EQ(Words(1), "status 503, expected 200");
}

TEST_F(HealthCheckerTest, ChangesThatComeOftenPutNoProbeOff) {
  Answer(1, 200);
  Set(Static(1));
  for (int i = 0; i < 12; ++i) {
    world_.Advance(seconds(2));
    Set(Static(1));
  }
  EXPECT_EQ(Stat("health_check.attempt"), 5);
}

TEST_F(HealthCheckerTest, AHostThatAChangeBringsIsAskedBeforeItTakesEffect) {
  Answer(1, 200);
  Set(Static(1));
  world_.memory().shape(TestAddress(2)).black_hole = true;
  Set(Static(2));
  EXPECT_EQ(Hosts(), "10.0.0.1 ok");
  world_.Advance(seconds(1));  // the timeout
  EXPECT_EQ(Hosts(), "10.0.0.1 ok, 10.0.0.2 failed");
  EXPECT_EQ(Stat("health_check.attempt"), 2);
}

TEST_F(HealthCheckerTest, AnotherCheckIsMadeBeforeItsVerdictCounts) {
  Answer(1, 200);
  Set(Static(1));
  const HealthRules rules = checks_[0]->rules;
  checks_.clear();
  HealthCheckSpec& check = Check();
  check.rules = rules;
  check.probe.emplace<HttpProbeSpec>().path = "/other";
  hosts_[1]->SetOnRequest([](const H1Message& request) {
    return H1Answer{.bytes = "HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n",
                    .delay = milliseconds(request.path() == "/other" ? 500 : 0)};
  });
  Set(Static(1));
  EXPECT_EQ(Hosts(), "10.0.0.1 ok");
  world_.Advance(milliseconds(500));
  EXPECT_EQ(Hosts(), "10.0.0.1 failed");
  EXPECT_EQ(Words(0), "status 500, expected 200");
}

TEST_F(HealthCheckerTest, WithoutChecksAnyMoreNobodyFailsThem) {
  Answer(1, 503);
  Set(Static(1));
  EXPECT_EQ(Hosts(), "10.0.0.1 failed");
  checks_.clear();
  Set(Static(1));
  EXPECT_EQ(Hosts(), "10.0.0.1 ok");
  EXPECT_EQ(Stat("membership_healthy"), 1);
  EXPECT_EQ(Stat("health_check.healthy"), 0);
}

TEST_F(HealthCheckerTest, AChangeThatIsReplacedBeforeItWarmsLeavesNoTrace) {
  Answer(1, 200);
  Set(Static(1));
  world_.memory().shape(TestAddress(2)).black_hole = true;
  Set(Static(2));
  Set(Static(1));
  EXPECT_EQ(Hosts(), "10.0.0.1 ok");
  EXPECT_EQ(Stat("health_check.healthy"), 1);
  EXPECT_EQ(Stat("membership_healthy"), 1);
  world_.Advance(seconds(5));
  EXPECT_EQ(Stat("health_check.success"), 2);
}

TEST_F(HealthCheckerTest, AHostInMaintenanceIsNotAskedAfterAChangeEither) {
  Answer(1, 200);
  Set(Static(1));
  clusters_->OrderHost("users", "10.0.0.1:80", HostOrder::kMaintenance);
  Set(Static(1));
  world_.Advance(seconds(20));
  EXPECT_EQ(Stat("health_check.attempt"), 1);
  clusters_->OrderHost("users", "10.0.0.1:80", HostOrder::kUp);
  world_.RunUntilIdle();
  EXPECT_EQ(Stat("health_check.attempt"), 2);
}

TEST_F(HealthCheckerTest, AnAnswerMayCountItsHostOutAfterAChangeToo) {
  Answer(1, 200);
  Set(Static(1));
  Set(Static(1));
  CountOut(*users().hosts().hosts[0]);
  world_.RunUntilIdle();
  EXPECT_EQ(Hosts(), "10.0.0.1 failed");
}

}  // namespace
}  // namespace sluice
