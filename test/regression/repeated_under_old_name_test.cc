// A request that the proxy repeated by itself, as a kept connection had closed, went to another
// host under the name of the first (auto_host_rewrite), and previous_hosts did not know that it had
// been there.
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

// "host-0.test" ...
std::string NameOf(int host) { return absl::StrCat("host-", host, ".test"); }

std::string NamedEndpoints(int hosts) {
  std::string yaml = "endpoints:\n- lb_endpoints:\n";
  for (int host = 0; host < hosts; ++host) {
    absl::StrAppend(&yaml, "  - endpoint: { hostname: ", NameOf(host),
                    ", address: { socket_address: { address: ",
                    ProxyFixture::HostAddress(0, host).ip_text(), ", port_value: 80 } } }\n");
  }
  return yaml;
}

const H1Answer kGone{.bytes = "", .then = H1Answer::Then::kFin};

H1Server::OnRequest GoneOnce() {
  return [first = true](const H1Message&) mutable {
    return std::exchange(first, false) ? kGone : H1Answer::Of(200);
  };
}

TEST(RepeatedUnderOldNameRegression, EachHostIsAskedByItsOwnName) {
  ProxyFixture proxy(ProxyFixture::ToUsers("auto_host_rewrite: true"),
                     {.endpoints = NamedEndpoints(2), .clusters = {{"users", 2}}});
  H1Server& first = proxy.Host(H1Answer::Of(200), 0);
  H1Server& second = proxy.Host(H1Answer::Of(200), 1);
  H1Client& client = proxy.Client();
  for (int i = 0; i < 4; ++i) {
    if (i == 2) first.SetOnRequest(GoneOnce());
    client.Get("/");
    proxy.Run();
    EXPECT_EQ(client.response(i).status(), 200);
  }
  EXPECT_EQ(proxy.Stat("cluster.users.upstream_rq_retry"), 1);
  for (const H1Message& request : first.requests()) EXPECT_EQ(request.header("host"), NameOf(0));
  for (const H1Message& request : second.requests()) EXPECT_EQ(request.header("host"), NameOf(1));
}

TEST(RepeatedUnderOldNameRegression, ThePolicyKnowsWhereItHasBeen) {
  ProxyFixture proxy(ProxyFixture::ToUsers(R"(retry_policy: { retry_on: 5xx, num_retries: 1,
                  host_selection_retry_max_attempts: 50,
                  retry_host_predicate: [{ name: a, typed_config: {
                    "@type": type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate } }] })"),
                     {.cluster = "lb_policy: RANDOM", .clusters = {{"users", 3}}});
  std::vector<H1Server*> hosts;
  for (int i = 0; i < 3; ++i) hosts.push_back(&proxy.Host(H1Answer::Of(200), i));
  int repeated = 0;
  for (int round = 0; round < 12; ++round) {
    std::vector<int> asked;
    for (int i = 0; i < 3; ++i) {
      hosts[i]->SetOnRequest([](const H1Message&) { return H1Answer::Of(200); });
    }
    for (int i = 0; i < 12; ++i) proxy.Client().Get("/");
    proxy.Run();
    for (int i = 0; i < 3; ++i) {
      hosts[i]->SetOnRequest([&asked, i](const H1Message&) {
        asked.push_back(i);
        return asked.size() == 1 ? kGone : H1Answer::Of(asked.size() == 2 ? 503 : 200);
      });
    }
    proxy.Client().Get("/");
    proxy.Advance(std::chrono::seconds(1));
    // The second may be the first again, as nothing was asked of that.
    if (asked.size() != 3 || asked[0] == asked[1]) continue;
    ++repeated;
    EXPECT_EQ(std::set<int>(asked.begin(), asked.end()).size(), 3u) << round;
  }
  if (FaultSchedule::OfEveryFixture() == nullptr) {
    EXPECT_GT(repeated, 3);
  }
  for (H1Server* const host : hosts) host->SetOnRequest([](const H1Message&) { return kGone; });
}

}  // namespace
}  // namespace sluice
