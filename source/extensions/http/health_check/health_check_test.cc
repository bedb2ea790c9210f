// The promises of the README, one test each.

#include <memory>
#include <string>

#include "envoy/extensions/filters/http/health_check/v3/health_check.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "source/config/config_errors.h"
#include "source/config/field_scope.h"
#include "source/extensions/http/health_check/health_check_config.h"
#include "source/stats/registry.h"
#include "test/harness/filter_tester.h"

namespace sluice {
namespace {

namespace pb = ::envoy::extensions::filters::http::health_check::v3;

class HealthCheckTest : public testing::Test {
 protected:
  std::unique_ptr<const HttpFilterFactory> Parse(bool pass_through, std::string headers) {
    pb::HealthCheck proto;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(headers, &proto));
    proto.mutable_pass_through_mode()->set_value(pass_through);
    return ParseHealthCheck(proto, {stats_, "http.test.", nullptr, &process_}, FieldScope(errors_));
  }
  std::unique_ptr<const HttpFilterFactory> Ready(bool pass_through = false) {
    return Parse(pass_through, R"(headers { name: ":path" string_match { exact: "/ready" } })");
  }

  ConfigErrors errors_;
  StatsRegistry stats_;
  ProcessFacts process_{.node_cluster = "edge"};
};

TEST_F(HealthCheckTest, AnswersFromHere) {
  FilterTester tester(Ready());
  tester.Request({{":method", "GET"}, {":path", "/ready"}});
  EXPECT_EQ(tester.status(), 200);
  EXPECT_EQ(tester.reply().details, "health_check_ok");
  EXPECT_EQ(tester.response().header("x-envoy-upstream-healthchecked-cluster"), "edge");
  EXPECT_FALSE(tester.request().started());
}

TEST_F(HealthCheckTest, SaysNoWhileTheProcessIsToFail) {
  process_.fails_health_checks = true;
  FilterTester tester(Ready());
  tester.Request({{":method", "GET"}, {":path", "/ready"}});
  EXPECT_EQ(tester.status(), 503);
  EXPECT_EQ(tester.reply().details, "health_check_failed");
  EXPECT_EQ(tester.response().header("x-envoy-immediate-health-check-fail"), "True");
  EXPECT_TRUE(tester.info().flags.Has(ResponseFlag::kFailedLocalHealthCheck));
}

TEST_F(HealthCheckTest, OtherAnswersSayItTooWhileTheProcessIsToFail) {
  FilterTester well(Ready());
  well.Request({{":method", "GET"}, {":path", "/page"}});
  well.Response({{":status", "200"}});
  EXPECT_FALSE(well.response().has_header("x-envoy-immediate-health-check-fail"));
  process_.fails_health_checks = true;
  FilterTester ill(Ready());
  ill.Request({{":method", "GET"}, {":path", "/page"}});
  EXPECT_EQ(ill.request().header(":path"), "/page");
  ill.Response({{":status", "200"}});
  EXPECT_EQ(ill.response().header("x-envoy-immediate-health-check-fail"), "True");
}

TEST_F(HealthCheckTest, PassedThroughTheUpstreamAnswers) {
  FilterTester tester(Ready(/*pass_through=*/true));
  tester.Request({{":method", "GET"}, {":path", "/ready"}});
  EXPECT_EQ(tester.request().header(":path"), "/ready");
  tester.Response({{":status", "200"}});
  EXPECT_EQ(tester.response().header("x-envoy-upstream-healthchecked-cluster"), "edge");
}

TEST_F(HealthCheckTest, PassedThroughItIsAnsweredHereWhileTheProcessIsToFail) {
  process_.fails_health_checks = true;
  FilterTester tester(Ready(/*pass_through=*/true));
  tester.Request({{":method", "GET"}, {":path", "/ready"}});
  EXPECT_EQ(tester.status(), 503);
}

TEST_F(HealthCheckTest, AllHeadersMustMatch) {
  const auto factory = [this] {
    return Parse(false, R"(headers { name: ":path" string_match { exact: "/ready" } }
                           headers { name: "x-probe" present_match: true })");
  };
  FilterTester one(factory());
  one.Request({{":method", "GET"}, {":path", "/ready"}});
  EXPECT_EQ(one.request().header(":path"), "/ready");
  FilterTester both(factory());
  both.Request({{":method", "GET"}, {":path", "/ready"}, {"x-probe", "1"}});
  EXPECT_EQ(both.status(), 200);
}

TEST_F(HealthCheckTest, WithoutHeadersItIsRefused) {
  EXPECT_EQ(Parse(false, ""), nullptr);
  EXPECT_EQ(errors_.ToString(),
            "headers: is empty: every request would be a health check; such as { name: \":path\", "
            "string_match: { exact: /ready } }\n");
}

}  // namespace
}  // namespace sluice
