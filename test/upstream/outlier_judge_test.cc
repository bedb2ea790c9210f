// Which hosts are outliers, and what the log says of it.
#include "source/upstream/outlier/outlier_judge.h"

#include <gtest/gtest.h>

#include "source/upstream/outlier/outlier_log.h"

namespace sluice {
namespace {

using std::chrono::seconds;

std::vector<HostRate> Rates(const std::vector<uint32_t>& percents, uint32_t total = 100) {
  std::vector<HostRate> rates;
  for (const uint32_t percent : percents)
    rates.push_back({.total = total, .success = total * percent / 100});
  return rates;
}

TEST(SuccessRates, AHostFarBelowTheOthersIsAnOutlier) {
  const OutlierSettings settings;
  const auto rates = Rates({100, 100, 100, 100, 50});
  const RateVerdict verdict = JudgeSuccessRates(settings, rates, rates.size());
  EXPECT_EQ(verdict.outliers, (std::vector<size_t>{4}));
  EXPECT_DOUBLE_EQ(verdict.average, 90);
  EXPECT_DOUBLE_EQ(verdict.threshold, 90 - 1.9 * 20);
}

TEST(SuccessRates, HostsThatDoEquallyBadlyAreNone) {
  const OutlierSettings settings;
  EXPECT_TRUE(JudgeSuccessRates(settings, Rates({10, 10, 10, 10, 10}), 5).outliers.empty());
}

TEST(SuccessRates, TheFactorSaysHowFar) {
  OutlierSettings settings;
  settings.success_rate_stdev_factor = 2100;
  EXPECT_TRUE(JudgeSuccessRates(settings, Rates({100, 100, 100, 100, 50}), 5).outliers.empty());
}

TEST(SuccessRates, TooFewHostsOrRequestsSayNothing) {
  OutlierSettings settings;
  EXPECT_TRUE(JudgeSuccessRates(settings, Rates({100, 100, 100, 50}), 4).outliers.empty());
  EXPECT_TRUE(JudgeSuccessRates(settings, Rates({100, 100, 100, 100, 50}, 98), 5).outliers.empty());
  auto rates = Rates({100, 100, 100, 100, 50});
  rates[0].total = 99;
  EXPECT_EQ(JudgeSuccessRates(settings, rates, 5).average, -1);
}

TEST(FailurePercentages, FromTheThresholdOnAHostIsAnOutlier) {
  const OutlierSettings settings;
  EXPECT_EQ(JudgeFailures(settings, Rates({100, 90, 16, 15, 0}), 5), (std::vector<size_t>{3, 4}));
  EXPECT_TRUE(JudgeFailures(settings, Rates({100, 90, 16, 15}), 4).empty());
  EXPECT_TRUE(JudgeFailures(settings, Rates({100, 90, 16, 15, 0}, 49), 5).empty());
}

TEST(EjectionLimit, CountsTheOneThatIsAboutToGo) {
  OutlierSettings settings;
  EXPECT_FALSE(MayEject(settings, 0, 9));
  EXPECT_TRUE(MayEject(settings, 0, 10));
  EXPECT_FALSE(MayEject(settings, 1, 19));
  EXPECT_TRUE(MayEject(settings, 1, 20));
  settings.always_eject_one_host = true;
  EXPECT_TRUE(MayEject(settings, 0, 1));
  EXPECT_FALSE(MayEject(settings, 1, 9));
  settings.max_ejection_percent = 100;
  EXPECT_TRUE(MayEject(settings, 8, 9));
}

TEST(EjectionTimes, GrowUpToTheirLimit) {
  const OutlierSettings settings;
  EXPECT_EQ(EjectionTime(settings, 1), seconds(30));
  EXPECT_EQ(EjectionTime(settings, 3), seconds(90));
  EXPECT_EQ(EjectionTime(settings, 10), seconds(300));
  EXPECT_EQ(EjectionTime(settings, 4000000000u), seconds(300));
}

TEST(OutlierLog, ALineIsAnEvent) {
  OutlierEvent event{.type = EjectionType::kConsecutive5xx,
                     .time = WallTime(seconds(1000000000)),
                     .cluster = "us\"ers",
                     .address = "10.0.0.1:80",
                     .ejections = 1,
                     .enforced = true};
  EXPECT_EQ(OutlierEventLine(event),
            "{\"type\":\"CONSECUTIVE_5XX\",\"timestamp\":\"2001-09-09T01:46:40.000Z\","
            "\"cluster_name\":\"us\\\"ers\",\"upstream_url\":\"10.0.0.1:80\",\"action\":\"EJECT\","
            "\"num_ejections\":1,\"enforced\":true,\"eject_consecutive_event\":{}}\n");
  event.type = EjectionType::kSuccessRate;
  event.since_last = seconds(7);
  event.success_rate = 50.9;
  event.average = 90;
  event.threshold = 52;
  const std::string line = OutlierEventLine(event);
  EXPECT_NE(line.find("\"secs_since_last_action\":\"7\""), std::string::npos) << line;
  EXPECT_NE(line.find("\"eject_success_rate_event\":{\"host_success_rate\":50,"
                      "\"cluster_average_success_rate\":90,"
                      "\"cluster_success_rate_ejection_threshold\":52}"),
            std::string::npos)
      << line;
  event.type = EjectionType::kFailurePercentage;
  EXPECT_NE(OutlierEventLine(event).find("\"eject_failure_percentage_event\":{"
                                         "\"host_success_rate\":50}"),
            std::string::npos);
  event.ejects = false;
  EXPECT_NE(OutlierEventLine(event).find("\"action\":\"UNEJECT\""), std::string::npos);
  EXPECT_EQ(OutlierEventLine(event).find("eject_failure"), std::string::npos);
}

}  // namespace
}  // namespace sluice
