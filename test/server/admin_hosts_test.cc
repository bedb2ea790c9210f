// /hosts: why a host does, or does not, get requests; and what an operator says about it.
#include "google/protobuf/util/json_util.h"
#include "sluice/admin/v1/hosts.pb.h"
#include "test/server/admin_fixture.h"

namespace sluice {
namespace {

class AdminHosts : public AdminFixture {
 protected:
  AdminHosts() {
    clusters.push_back({.name = "users"});
    clusters.push_back({.name = "a/b"});
  }
  HostView& AddHost(HostFlags flags = {}) {
    auto& hosts = clusters[0].hosts;
    hosts.push_back({.address = absl::StrCat("10.0.0.", hosts.size() + 1, ":80"), .flags = flags});
    return hosts.back();
  }
  ::sluice::admin::v1::Hosts Page(const std::string& cluster = "users") {
    const AdminResponse response = Get("/hosts/" + cluster);
    EXPECT_EQ(response.status, 200) << response.body;
    ::sluice::admin::v1::Hosts page;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(response.body, &page).ok())
        << response.body;
    return page;
  }
};

TEST_F(AdminHosts, AHealthyHostHasNoReasons) {
  HostView& view = AddHost();
  view.hostname = "one.test";
  view.weight = 3;
  view.rq_active = 4;
  view.cx_active = 5;
  view.ejections = 6;
  const auto page = Page();
  EXPECT_EQ(page.cluster(), "users");
  ASSERT_EQ(page.hosts_size(), 1);
  const auto& host = page.hosts(0);
  EXPECT_EQ(host.address(), "10.0.0.1:80");
  EXPECT_EQ(host.hostname(), "one.test");
  EXPECT_EQ(host.state(), "healthy");
  EXPECT_EQ(host.reasons_size(), 0);
  EXPECT_EQ(host.weight(), 3u);
  EXPECT_EQ(host.active_requests(), 4u);
  EXPECT_EQ(host.active_connections(), 5u);
  EXPECT_EQ(host.ejections(), 6u);
  EXPECT_EQ(host.since(), "");
}

TEST_F(AdminHosts, EveryFlagIsAReasonInWords) {
  for (int i = 0; i < kHostFlags; ++i) AddHost({static_cast<HostFlag>(i)});
  const auto page = Page();
  for (const auto& host : page.hosts()) {
    ASSERT_EQ(host.reasons_size(), 1) << host.address();
    EXPECT_GT(host.reasons(0).size(), 10u);
  }
}

TEST_F(AdminHosts, WhatWeighsMostComesFirst) {
  AddHost(
      {HostFlag::kActiveCheckTimeout, HostFlag::kFailedActiveCheck, HostFlag::kDrainingByOperator});
  const auto page = Page();
  ASSERT_EQ(page.hosts(0).reasons_size(), 3);
  EXPECT_EQ(page.hosts(0).state(), "unhealthy");
  EXPECT_EQ(page.hosts(0).operator_state(), "drain");
  EXPECT_EQ(page.hosts(0).reasons(0), "an operator drains it");
  EXPECT_EQ(page.hosts(0).reasons(1), "it fails its health checks");
}

TEST_F(AdminHosts, TheLastProbesOutcomeIsSaidInWords) {
  HostView& view = AddHost({HostFlag::kFailedActiveCheck});
  view.since = WallTime(std::chrono::milliseconds(1'234'567'890'123));
  view.probes.push_back({.check = "http",
                         .words = "status 400, expected 200",
                         .latency = std::chrono::microseconds(1500),
                         .at = WallTime(std::chrono::seconds(1'234'567'891))});
  view.probes.push_back({.check = "websocket"});
  const auto page = Page();
  const auto& host = page.hosts(0);
  EXPECT_EQ(host.since(), "2009-02-13T23:31:30.123Z");
  ASSERT_EQ(host.probes_size(), 2);
  EXPECT_EQ(host.probes(0).check(), "http");
  EXPECT_EQ(host.probes(0).outcome(), "status 400, expected 200");
  EXPECT_FALSE(host.probes(0).passed());
  EXPECT_EQ(host.probes(0).latency_ms(), 1.5);
  EXPECT_EQ(host.probes(0).time(), "2009-02-13T23:31:31.000Z");
  EXPECT_EQ(host.probes(1).time(), "");
}

TEST_F(AdminHosts, ClustersThatThereAreNotAre404) {
  EXPECT_EQ(Get("/hosts/none").status, 404);
  EXPECT_EQ(Get("/hosts").status, 400);
  EXPECT_EQ(Get("/hostsusers").status, 404);
}

TEST_F(AdminHosts, ClusterNamesMayHaveSlashesInThem) {
  EXPECT_EQ(Page("a/b").cluster(), "a/b");
  Post("/hosts/a/b/10.0.0.1:80?state=drain");
  EXPECT_EQ(orders, "a/b 10.0.0.1:80 drain;");
}

TEST_F(AdminHosts, AnOperatorGivesOrdersByPost) {
  EXPECT_EQ(Post("/hosts/users/10.0.0.1:80?state=drain").status, 200);
  EXPECT_EQ(Post("/hosts/users/10.0.0.1:80?state=maintenance").status, 200);
  EXPECT_EQ(Post("/hosts/users/10.0.0.1:80?state=up").status, 200);
  EXPECT_EQ(orders, "users 10.0.0.1:80 drain;users 10.0.0.1:80 maintenance;users 10.0.0.1:80 up;");
}

TEST_F(AdminHosts, NotByGet) {
  EXPECT_EQ(Get("/hosts/users/10.0.0.1:80?state=drain").status, 405);
  EXPECT_EQ(orders, "");
}

TEST_F(AdminHosts, WhatIsNoOrderIsRefused) {
  EXPECT_EQ(Post("/hosts/users/10.0.0.1:80").status, 400);
  EXPECT_EQ(Post("/hosts/users/10.0.0.1:80?state=down").status, 400);
  EXPECT_EQ(Post("/hosts?state=up").status, 400);
  EXPECT_EQ(orders, "");
}

TEST_F(AdminHosts, HostsThatThereAreNotAre404) {
  EXPECT_EQ(Post("/hosts/users/10.0.0.9:80?state=up").status, 404);
  EXPECT_EQ(Post("/hosts/none/10.0.0.1:80?state=up").status, 404);
}

TEST_F(AdminHosts, AddressesMayBeEscaped) {
  Post("/hosts/users/%5B::1%5D:80?state=up");
  EXPECT_EQ(orders, "users [::1]:80 up;");
}

}  // namespace
}  // namespace sluice
