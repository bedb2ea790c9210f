// Every answer with x-envoy-immediate-health-check-fail went to the main thread, where it counted
// as a failure and was logged, from a host that was out long since, too.
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

// Well; its answers to others come one second after the other.
H1Server::OnRequest Leaving() {
  return [others = 0](const H1Message& request) mutable {
    if (request.path() == "/healthz") return H1Answer::Of(200);
    H1Answer answer = H1Answer::Of(200, "", {"x-envoy-immediate-health-check-fail: true"});
    answer.delay = std::chrono::seconds(++others);
    return answer;
  };
}

TEST(CountedOutAgainRegression, OnceIsEnough) {
  ProxyOptions options{.cluster = R"(
    health_checks:
    - { timeout: 1s, interval: 10s, unhealthy_threshold: 2, healthy_threshold: 2,
        http_health_check: { path: /healthz } })"};
  options.before_start = [](ProxyFixture& fixture) { fixture.Host(Leaving()); };
  ProxyFixture proxy(ProxyFixture::ToUsers(), options);
  H1Client* clients[] = {&proxy.Client(), &proxy.Client(), &proxy.Client()};
  for (H1Client* const client : clients) client->Get("/");
  proxy.Advance(std::chrono::seconds(4));
  for (H1Client* const client : clients) EXPECT_EQ(client->response(0).status(), 200);
  EXPECT_EQ(proxy.Stat("cluster.users.health_check.passive_failure"), 1);
}

}  // namespace
}  // namespace sluice
