// Hosts go out of service for how they answer, and come back.
#include "source/upstream/outlier/outlier_detector.h"

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "test/harness/sim_world.h"
#include "test/upstream/test_hosts.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class LinesInMemory final : public LogSink {
 public:
  explicit LinesInMemory(std::string& lines) : lines_(lines) {}
  void Write(uint32_t, absl::string_view line) override { lines_.append(line.data(), line.size()); }
  void Flush(uint32_t) override {}

 private:
  std::string& lines_;
};

class OutlierDetectorTest : public testing::Test {
 protected:
  void Start(int hosts, OutlierSettings settings = Wide()) {
    monitor_ = std::make_shared<OutlierMonitor>(settings, world_.main().loop);
    detector_ = std::make_unique<OutlierDetector>(
        OutlierDetector::Parts{.main = world_.main(),
                               .monitor = monitor_,
                               .cluster = "users",
                               .stats = OutlierStats(world_.stats(), "cluster.users."),
                               .log = &log_,
                               .on_change = [this] { ++changes_; }});
    for (int i = 1; i <= hosts; ++i) hosts_.push_back(TestHost(i));
    detector_->SetHosts(hosts_);
  }
  static OutlierSettings Wide() {
    OutlierSettings settings;
    settings.max_ejection_percent = 100;
    return settings;
  }
  void Fail(int host, int times, uint32_t status = 500) {
    for (int i = 0; i < times; ++i) monitor_->OnStatus(*hosts_[host], status);
    world_.RunUntilIdle();
  }
  // Of each host so many percent of a hundred requests succeed.
  void Answer(const std::vector<int>& percents) {
    for (size_t host = 0; host < percents.size(); ++host) {
      for (int i = 0; i < 100; ++i)
        monitor_->OnStatus(*hosts_[host], i % 100 < percents[host] ? 200 : 500);
    }
  }
  bool Ejected(int host) const { return hosts_[host]->flags().Has(HostFlag::kFailedPassiveCheck); }
  int64_t Stat(const std::string& name) {
    return world_.stats().Value("cluster.users.outlier_detection.ejections_" + name);
  }

  SimWorld world_;
  std::string lines_;
  LinesInMemory log_{lines_};
  std::vector<std::shared_ptr<Host>> hosts_;
  std::shared_ptr<OutlierMonitor> monitor_;
  std::unique_ptr<OutlierDetector> detector_;
  int changes_ = 0;
};

TEST_F(OutlierDetectorTest, ARunOfFailuresEjectsAtOnce) {
  Start(2);
  Fail(0, 4);
  EXPECT_FALSE(Ejected(0));
  Fail(0, 1);
  EXPECT_TRUE(Ejected(0));
  EXPECT_FALSE(Ejected(1));
  EXPECT_EQ(changes_, 1);
  EXPECT_EQ(Stat("active"), 1);
  EXPECT_EQ(Stat("enforced_total"), 1);
  EXPECT_EQ(Stat("enforced_consecutive_5xx"), 1);
  EXPECT_EQ(Stat("detected_consecutive_5xx"), 1);
  EXPECT_EQ(detector_->ejections(*hosts_[0]), 1u);
  EXPECT_NE(lines_.find("\"type\":\"CONSECUTIVE_5XX\""), std::string::npos) << lines_;
}

TEST_F(OutlierDetectorTest, ASuccessEndsTheRun) {
  Start(2);
  Fail(0, 4);
  monitor_->OnStatus(*hosts_[0], 404);
  Fail(0, 4);
  EXPECT_FALSE(Ejected(0));
}

TEST_F(OutlierDetectorTest, ItComesBackAfterATimeThatGrows) {
  Start(2);
  Fail(0, 5);
  world_.Advance(seconds(29));
  EXPECT_TRUE(Ejected(0));
  world_.Advance(seconds(1));
  EXPECT_FALSE(Ejected(0));
  EXPECT_EQ(Stat("active"), 0);
  EXPECT_NE(lines_.find("\"action\":\"UNEJECT\""), std::string::npos) << lines_;
  Fail(0, 5);
  world_.Advance(seconds(59));
  EXPECT_TRUE(Ejected(0));
  world_.Advance(seconds(1));
  EXPECT_FALSE(Ejected(0));
}

TEST_F(OutlierDetectorTest, EveryGoodIntervalShortensTheNextTime) {
  Start(2);
  Fail(0, 5);
  world_.Advance(seconds(30));
  world_.Advance(seconds(10));
  Fail(0, 5);
  world_.Advance(seconds(29));
  EXPECT_TRUE(Ejected(0));
  world_.Advance(seconds(1));
  EXPECT_FALSE(Ejected(0));
}

TEST_F(OutlierDetectorTest, JitterMakesItLonger) {
  OutlierSettings settings = Wide();
  settings.max_ejection_time_jitter = seconds(100);
  settings.interval = seconds(1);
  Start(20, settings);
  for (int host = 0; host < 20; ++host) Fail(host, 5);
  world_.Advance(seconds(80));
  int back = 0;
  for (int host = 0; host < 20; ++host) back += !Ejected(host);
  EXPECT_GT(back, 3);
  EXPECT_LT(back, 17);
  world_.Advance(seconds(52));
  for (int host = 0; host < 20; ++host) EXPECT_FALSE(Ejected(host));
}

TEST_F(OutlierDetectorTest, GatewayFailuresAreDetectedApart) {
  OutlierSettings settings = Wide();
  settings.consecutive_gateway_failure = 3;
  settings.enforcing[static_cast<size_t>(EjectionType::kConsecutiveGatewayFailure)] = 100;
  Start(2, settings);
  Fail(0, 2, 503);
  Fail(0, 1, 500);
  Fail(0, 1, 502);
  EXPECT_FALSE(Ejected(0));
  Fail(1, 3, 504);
  EXPECT_TRUE(Ejected(1));
  EXPECT_EQ(Stat("enforced_consecutive_gateway_failure"), 1);
}

TEST_F(OutlierDetectorTest, WhatIsNotEnforcedIsOnlyLogged) {
  OutlierSettings settings = Wide();
  settings.enforcing[static_cast<size_t>(EjectionType::kConsecutive5xx)] = 0;
  Start(2, settings);
  Fail(0, 5);
  Fail(0, 5);
  EXPECT_FALSE(Ejected(0));
  EXPECT_EQ(Stat("detected_consecutive_5xx"), 2);
  EXPECT_EQ(Stat("enforced_total"), 0);
  EXPECT_NE(lines_.find("\"enforced\":false"), std::string::npos) << lines_;
}

TEST_F(OutlierDetectorTest, NoMoreGoThanMay) {
  OutlierSettings settings;
  settings.max_ejection_percent = 50;
  Start(4, settings);
  for (int host = 0; host < 4; ++host) Fail(host, 5);
  EXPECT_TRUE(Ejected(0) && Ejected(1));
  EXPECT_FALSE(Ejected(2) || Ejected(3));
  EXPECT_EQ(Stat("overflow"), 2);
  EXPECT_EQ(Stat("active"), 2);
}

TEST_F(OutlierDetectorTest, LocalFailuresCountAsGatewayFailuresUnlessTheyAreSplit) {
  Start(1);
  for (int i = 0; i < 5; ++i) monitor_->OnBroken(*hosts_[0]);
  world_.RunUntilIdle();
  EXPECT_TRUE(Ejected(0));
  EXPECT_EQ(Stat("detected_consecutive_gateway_failure"), 1);
}

TEST_F(OutlierDetectorTest, SplitLocalFailuresAreARunOfTheirOwn) {
  OutlierSettings settings = Wide();
  settings.split_local_origin = true;
  Start(2, settings);
  for (int i = 0; i < 4; ++i) monitor_->OnBroken(*hosts_[0]);
  monitor_->OnConnected(*hosts_[0]);
  for (int i = 0; i < 4; ++i) monitor_->OnTimeout(*hosts_[0]);
  Fail(0, 4);
  EXPECT_FALSE(Ejected(0));
  monitor_->OnTimeout(*hosts_[0]);
  world_.RunUntilIdle();
  EXPECT_TRUE(Ejected(0));
  EXPECT_EQ(Stat("enforced_consecutive_local_origin_failure"), 1);
}

TEST_F(OutlierDetectorTest, AtTheIntervalTheWorstGoes) {
  OutlierSettings settings = Wide();
  settings.consecutive_5xx = 1000;
  Start(5, settings);
  Answer({100, 100, 100, 100, 50});
  world_.Advance(milliseconds(9999));
  EXPECT_FALSE(Ejected(4));
  world_.Advance(milliseconds(1));
  EXPECT_TRUE(Ejected(4));
  EXPECT_EQ(Stat("enforced_success_rate"), 1);
  EXPECT_EQ(Stat("enforced_total"), 1);
}

TEST_F(OutlierDetectorTest, AnIntervalForgetsTheOneBefore) {
  OutlierSettings settings = Wide();
  settings.consecutive_5xx = 1000;
  settings.success_rate_requests_min = 150;
  Start(5, settings);
  Answer({100, 100, 100, 100, 50});
  world_.Advance(seconds(10));
  Answer({100, 100, 100, 100, 50});
  world_.Advance(seconds(10));
  EXPECT_EQ(Stat("enforced_total"), 0);
}

TEST_F(OutlierDetectorTest, AFailurePercentageIsEnforcedWhereItIsAskedFor) {
  OutlierSettings settings = Wide();
  settings.consecutive_5xx = 1000;
  settings.success_rate_hosts_min = 100;
  settings.enforcing[static_cast<size_t>(EjectionType::kFailurePercentage)] = 100;
  Start(5, settings);
  Answer({100, 0, 0, 100, 20});
  world_.Advance(seconds(10));
  EXPECT_TRUE(Ejected(1) && Ejected(2));
  EXPECT_FALSE(Ejected(0) || Ejected(3) || Ejected(4));
  EXPECT_EQ(Stat("enforced_failure_percentage"), 2);
}

TEST_F(OutlierDetectorTest, AnActiveCheckMayBringItBack) {
  Start(2);
  Fail(0, 5);
  detector_->OnActiveCheckPassed(*hosts_[1]);
  detector_->OnActiveCheckPassed(*hosts_[0]);
  EXPECT_FALSE(Ejected(0));
  EXPECT_EQ(Stat("active"), 0);
}

TEST_F(OutlierDetectorTest, AnActiveCheckDoesNotWhereItMayNot) {
  OutlierSettings settings = Wide();
  settings.active_check_unejects = false;
  Start(2, settings);
  Fail(0, 5);
  detector_->OnActiveCheckPassed(*hosts_[0]);
  EXPECT_TRUE(Ejected(0));
}

TEST_F(OutlierDetectorTest, AHostThatLeftIsNobodys) {
  Start(2);
  Fail(0, 5);
  const std::shared_ptr<Host> gone = hosts_[0];
  detector_->SetHosts({hosts_[1]});
  EXPECT_EQ(Stat("active"), 0);
  for (int i = 0; i < 20; ++i) monitor_->OnStatus(*gone, 500);
  world_.RunUntilIdle();
  EXPECT_EQ(Stat("enforced_total"), 1);
}

TEST_F(OutlierDetectorTest, WhatIsToldAfterItsEndIsNotHeard) {
  Start(2);
  for (int i = 0; i < 5; ++i) monitor_->OnStatus(*hosts_[0], 500);
  detector_ = nullptr;
  world_.RunUntilIdle();
  EXPECT_FALSE(Ejected(0));
}

}  // namespace
}  // namespace sluice
