// Hosts that answer badly get no requests for a while.
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Then = H1Answer::Then;

class OutlierDetection : public testing::Test {
 protected:
  void Start(const std::string& fields, uint32_t workers = 1) {
    proxy_ = std::make_unique<ProxyFixture>(
        ProxyFixture::ToUsers(),
        ProxyOptions{.workers = workers,
                     .cluster = absl::StrCat("outlier_detection: {", fields, "}"),
                     .clusters = {{"users", 2}}});
  }
  void Get(int times) {
    for (int i = 0; i < times; ++i) {
      H1Client& client = proxy_->Client();
      client.Get("/");
      proxy_->Run();
    }
  }
  int64_t Stat(const std::string& name) {
    return proxy_->Stat(absl::StrCat("cluster.users.", name));
  }
  std::unique_ptr<ProxyFixture> proxy_;
};

TEST_F(OutlierDetection, AHostThatOnlyFailsIsLeftAloneAndTriedAgainLater) {
  Start("consecutive_5xx: 3, max_ejection_percent: 50");
  H1Server& bad = proxy_->Host(H1Answer::Of(500), 0);
  H1Server& good = proxy_->Host(H1Answer::Of(200), 1);
  Get(20);
  EXPECT_EQ(bad.requests().size(), 3u);
  EXPECT_EQ(good.requests().size(), 17u);
  EXPECT_EQ(Stat("outlier_detection.ejections_active"), 1);
  EXPECT_EQ(Stat("membership_healthy"), 1);
  proxy_->Advance(seconds(31));
  EXPECT_EQ(Stat("membership_healthy"), 2);
  Get(2);
  EXPECT_EQ(bad.requests().size(), 4u);
}

TEST_F(OutlierDetection, WorkersCountTogether) {
  Start("consecutive_5xx: 4, max_ejection_percent: 50", 4);
  H1Server& bad = proxy_->Host(H1Answer::Of(503), 0);
  proxy_->Host(H1Answer::Of(200), 1);
  Get(40);
  EXPECT_EQ(bad.requests().size(), 4u);
  EXPECT_EQ(Stat("outlier_detection.ejections_enforced_consecutive_5xx"), 1);
}

TEST_F(OutlierDetection, AHostThatCannotBeReachedIsAnOutlier) {
  Start(
      "split_external_local_origin_errors: true, consecutive_local_origin_failure: 2, "
      "max_ejection_percent: 50");
  H1Server& good = proxy_->Host(H1Answer::Of(200), 1);
  Get(20);
  EXPECT_EQ(good.requests().size(), 18u);
  EXPECT_EQ(Stat("outlier_detection.ejections_enforced_consecutive_local_origin_failure"), 1);
}

TEST_F(OutlierDetection, SoIsOneThatBreaksOff) {
  Start("consecutive_5xx: 2, max_ejection_percent: 50");
  H1Server& bad = proxy_->Host(H1Answer{.bytes = "", .then = Then::kReset}, 0);
  proxy_->Host(H1Answer::Of(200), 1);
  Get(20);
  EXPECT_EQ(bad.requests().size(), 2u);
}

TEST_F(OutlierDetection, AGrpcStatusCountsAsWhatItMeans) {
  Start("consecutive_5xx: 2, max_ejection_percent: 50");
  H1Server& bad =
      proxy_->Host(H1Answer::Of(200, "", {"content-type: application/grpc", "grpc-status: 14"}), 0);
  proxy_->Host(H1Answer::Of(200), 1);
  Get(20);
  EXPECT_EQ(bad.requests().size(), 2u);
}

TEST_F(OutlierDetection, TimeoutsAreFailures) {
  proxy_ = std::make_unique<ProxyFixture>(
      ProxyFixture::ToUsers("timeout: 0.1s"),
      ProxyOptions{.cluster = "outlier_detection: {consecutive_5xx: 2, max_ejection_percent: 50}",
                   .clusters = {{"users", 2}}});
  H1Server& bad = proxy_->Host(H1Answer{.bytes = ""}, 0);
  proxy_->Host(H1Answer::Of(200), 1);
  for (int i = 0; i < 10; ++i) {
    Get(1);
    proxy_->Advance(milliseconds(200));
  }
  EXPECT_EQ(bad.requests().size(), 2u);
}

TEST_F(OutlierDetection, AHealthCheckThatPassesBringsAHostBackUnlessItMayNot) {
  for (const bool may : {true, false}) {
    Start(absl::StrCat("consecutive_5xx: 2, max_ejection_percent: 50",
                       may ? "" : ", successful_active_health_check_uneject_host: false",
                       "}\nhealth_checks: [{timeout: 0.5s, interval: 1s, no_traffic_interval: 1s, "
                       "unhealthy_threshold: 1, healthy_threshold: 1, "
                       "http_health_check: {path: /up}}]\n"
                       "common_lb_config: {"));
    const auto answers = [](int status) {
      return [status](const H1Message& request) {
        return H1Answer::Of(request.path() == "/up" ? 200 : status);
      };
    };
    proxy_->Host(answers(500), 0);
    proxy_->Host(answers(200), 1);
    proxy_->Advance(seconds(10));
    Get(10);
    EXPECT_EQ(Stat("outlier_detection.ejections_active"), 1);
    proxy_->Advance(seconds(3));
    EXPECT_EQ(Stat("outlier_detection.ejections_active"), may ? 0 : 1);
    proxy_ = nullptr;
  }
}

TEST_F(OutlierDetection, EjectionsAreLogged) {
  proxy_ = std::make_unique<ProxyFixture>(
      ProxyFixture::ToUsers(),
      ProxyOptions{
          .cluster = "outlier_detection: {consecutive_5xx: 2, max_ejection_percent: 50}",
          .bootstrap = "cluster_manager: { outlier_detection: { event_log_path: /events } }",
          .clusters = {{"users", 2}},
          .log = ""});
  proxy_->Host(H1Answer::Of(500), 0);
  proxy_->Host(H1Answer::Of(200), 1);
  Get(10);
  const std::vector<std::string> lines = proxy_->LogLines();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("\"upstream_url\":\"10.0.0.1:80\",\"action\":\"EJECT\""),
            std::string::npos)
      << lines[0];
}

TEST_F(OutlierDetection, TheLastHostsStayByDefault) {
  Start("consecutive_5xx: 2");
  H1Server& bad = proxy_->Host(H1Answer::Of(500), 0);
  proxy_->Host(H1Answer::Of(200), 1);
  Get(20);
  EXPECT_EQ(bad.requests().size(), 10u);
  EXPECT_GT(Stat("outlier_detection.ejections_overflow"), 0);
}

}  // namespace
}  // namespace sluice
