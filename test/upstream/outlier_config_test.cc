#include "source/upstream/outlier/outlier_config.h"

#include <string>

#include "envoy/config/cluster/v3/outlier_detection.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "source/config/config_errors.h"

namespace sluice {
namespace {

using std::chrono::seconds;

OutlierSettings Read(const std::string& text, std::string& errors) {
  envoy::config::cluster::v3::OutlierDetection detection;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &detection)) << text;
  ConfigErrors found;
  const OutlierSettings settings = ParseOutlierDetection(detection, FieldScope(found, "o"));
  errors = found.ToString();
  return settings;
}

TEST(OutlierConfig, Defaults) {
  std::string errors;
  const OutlierSettings settings = Read("", errors);
  EXPECT_EQ(errors, "");
  EXPECT_EQ(settings.consecutive_5xx, 5u);
  EXPECT_EQ(settings.enforcing,
            (std::array<uint32_t, kEjectionTypes>{100, 0, 100, 100, 100, 0, 0}));
  EXPECT_EQ(settings.max_ejection_time, seconds(300));
  EXPECT_EQ(settings.max_ejection_percent, 10u);
  EXPECT_FALSE(settings.always_eject_one_host);
  EXPECT_TRUE(settings.active_check_unejects);
}

TEST(OutlierConfig, EveryField) {
  std::string errors;
  const OutlierSettings settings = Read(R"(
      consecutive_5xx { value: 1 } interval { seconds: 2 } base_ejection_time { seconds: 400 }
      max_ejection_percent { value: 4 } enforcing_consecutive_5xx { value: 5 }
      enforcing_success_rate { value: 6 } success_rate_minimum_hosts { value: 7 }
      success_rate_request_volume { value: 8 } success_rate_stdev_factor { value: 9 }
      consecutive_gateway_failure { value: 10 } enforcing_consecutive_gateway_failure { value: 11 }
      split_external_local_origin_errors: true consecutive_local_origin_failure { value: 13 }
      enforcing_consecutive_local_origin_failure { value: 14 }
      enforcing_local_origin_success_rate { value: 15 } failure_percentage_threshold { value: 16 }
      enforcing_failure_percentage { value: 17 }
      enforcing_failure_percentage_local_origin { value: 18 }
      failure_percentage_minimum_hosts { value: 19 }
      failure_percentage_request_volume { value: 20 } max_ejection_time_jitter { seconds: 22 }
      successful_active_health_check_uneject_host { value: false }
      always_eject_one_host { value: true })",
                                        errors);
  EXPECT_EQ(errors, "");
  EXPECT_EQ(settings.consecutive_5xx, 1u);
  EXPECT_EQ(settings.interval, seconds(2));
  EXPECT_EQ(settings.base_ejection_time, seconds(400));
  EXPECT_EQ(settings.max_ejection_time, seconds(400));
  EXPECT_EQ(settings.max_ejection_percent, 4u);
  EXPECT_EQ(settings.enforcing, (std::array<uint32_t, kEjectionTypes>{5, 11, 6, 14, 15, 17, 18}));
  EXPECT_EQ(settings.success_rate_hosts_min, 7u);
  EXPECT_EQ(settings.success_rate_requests_min, 8u);
  EXPECT_EQ(settings.success_rate_stdev_factor, 9u);
  EXPECT_EQ(settings.consecutive_gateway_failure, 10u);
  EXPECT_TRUE(settings.split_local_origin);
  EXPECT_EQ(settings.consecutive_local_origin_failure, 13u);
  EXPECT_EQ(settings.failure_percentage_threshold, 16u);
  EXPECT_EQ(settings.failure_percentage_hosts_min, 19u);
  EXPECT_EQ(settings.failure_percentage_requests_min, 20u);
  EXPECT_EQ(settings.max_ejection_time_jitter, seconds(22));
  EXPECT_FALSE(settings.active_check_unejects);
  EXPECT_TRUE(settings.always_eject_one_host);
}

TEST(OutlierConfig, WhatCannotBeIsAnError) {
  std::string errors;
  Read("max_ejection_percent { value: 101 }", errors);
  EXPECT_NE(errors.find("o.max_ejection_percent"), std::string::npos) << errors;
  Read("interval { }", errors);
  EXPECT_NE(errors.find("o.interval"), std::string::npos) << errors;
  Read("base_ejection_time { seconds: 9 } max_ejection_time { seconds: 8 }", errors);
  EXPECT_NE(errors.find("at least base_ejection_time"), std::string::npos) << errors;
}

}  // namespace
}  // namespace sluice
