// A host that discovery does not name any more stays while its check passes: also where it was not
// to be used anyhow, for ever where its probes rest, and beside itself where only its facts are
// other ones.
#include "gtest/gtest.h"
#include "test/regression/checked_cluster.h"

namespace sluice {
namespace {

class DroppedHostStaysRegression : public testing::Test {
 protected:
  void SetUp() override {
    cluster_.Answer(1, H1Answer::Of(200));
    cluster_.Answer(2, H1Answer::Of(200));
    cluster_.Set({CheckedCluster::Endpoint(1), CheckedCluster::Endpoint(2)});
    EXPECT_EQ(cluster_.Hosts(), "10.0.0.1:80 10.0.0.2:80");
  }
  CheckedCluster cluster_;
};

TEST_F(DroppedHostStaysRegression, OneInMaintenanceGoes) {
  cluster_.Order(2, HostOrder::kMaintenance);
  cluster_.Update({CheckedCluster::Endpoint(1)});
  EXPECT_EQ(cluster_.Hosts(), "10.0.0.1:80");
}

TEST_F(DroppedHostStaysRegression, OneThatDiscoveryHadFailedGoes) {
  for (const HostFlag flag : {HostFlag::kFailedByDiscovery, HostFlag::kDrainingByDiscovery}) {
    cluster_.Update({CheckedCluster::Endpoint(1), CheckedCluster::Endpoint(2, {flag})});
    cluster_.Update({CheckedCluster::Endpoint(1)});
    EXPECT_EQ(cluster_.Hosts(), "10.0.0.1:80");
  }
}

TEST_F(DroppedHostStaysRegression, OneThatComesWithOtherFactsIsThereOnce) {
  EndpointSpec renamed = CheckedCluster::Endpoint(2);
  renamed.facts.hostname = "renamed.test";
  cluster_.Update({CheckedCluster::Endpoint(1), renamed});
  EXPECT_EQ(cluster_.Hosts(), "10.0.0.1:80 10.0.0.2:80");
}

TEST_F(DroppedHostStaysRegression, AnyOtherStays) {
  cluster_.Update({CheckedCluster::Endpoint(1)});
  EXPECT_EQ(cluster_.Hosts(), "10.0.0.1:80 10.0.0.2:80");
}

}  // namespace
}  // namespace sluice
