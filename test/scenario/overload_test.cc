// Promises of the overload manager: what is refused while the heap is nearly full, and how many
// connections there may be.
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kAction[] = "overload.envoy.overload_actions.";

std::string Heap(const std::string& action, const std::string& threshold) {
  return R"(
overload_manager:
  refresh_interval: 0.25s
  resource_monitors:
  - name: envoy.resource_monitors.fixed_heap
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig
      max_heap_size_bytes: 1000
  actions:
  - name: envoy.overload_actions.)" +
         action + R"(
    triggers: [{ name: envoy.resource_monitors.fixed_heap, threshold: { value: )" +
         threshold + " } }]\n";
}

std::string Connections(int most) {
  return R"(
overload_manager:
  resource_monitors:
  - name: envoy.resource_monitors.global_downstream_max_connections
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig
      max_active_downstream_connections: )" +
         std::to_string(most) + "\n";
}

// A heap as the test says it is.
struct Fill {
  int64_t bytes = 0;
  int shrunk = 0;
  OverloadWatch::Heap heap() {
    return {[this] { return bytes; }, [this] { ++shrunk; }};
  }
  void Become(int64_t now_bytes, ProxyFixture& proxy) {
    bytes = now_bytes;
    proxy.Advance(milliseconds(300));
  }
};

TEST(Overload, RequestsAreRefusedWhileTheHeapIsNearlyFull) {
  Fill fill;
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.bootstrap = Heap("stop_accepting_requests", "0.9"), .heap = fill.heap()});
  proxy.Host(H1Answer::Of(200, "hi"));
  H1Client& client = proxy.Client();
  fill.Become(899, proxy);
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 200);
  fill.Become(900, proxy);
  EXPECT_EQ(proxy.Stat(std::string(kAction) + "stop_accepting_requests.active"), 1);
  EXPECT_EQ(proxy.Stat("overload.envoy.resource_monitors.fixed_heap.pressure"), 90);
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(1).status(), 503);
  EXPECT_EQ(client.response(1).body, "envoy overloaded");
  EXPECT_EQ(client.response(1).header("connection"), "close");
  EXPECT_THAT(proxy.LogLines(), testing::Contains("503 OM overload"));
  EXPECT_EQ(proxy.Stat("http.test.downstream_rq_overload_close"), 1);
  fill.Become(500, proxy);
  H1Client& later = proxy.Client();
  later.Get("/");
  proxy.Run();
  EXPECT_EQ(later.response(0).status(), 200);
}

TEST(Overload, ConnectionsAreRefusedWhileTheHeapIsNearlyFull) {
  Fill fill;
  ProxyFixture proxy(
      ProxyFixture::ToUsers(),
      {.bootstrap = Heap("reject_incoming_connections", "0.9"), .heap = fill.heap()});
  proxy.Host(H1Answer::Of(200, "hi"));
  H1Client& before = proxy.Client();
  proxy.Run();
  fill.Become(950, proxy);
  H1Client& refused = proxy.Client();
  before.Get("/");
  proxy.Run();
  EXPECT_TRUE(refused.closed_by_peer());
  EXPECT_EQ(before.response(0).status(), 200);
  EXPECT_EQ(proxy.Stat("listener.10.9.9.9_80.downstream_cx_overload_reject"), 1);
}

TEST(Overload, ConnectionsEndWithTheRequestTheyHave) {
  Fill fill;
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.bootstrap = Heap("disable_http_keepalive", "0.9"), .heap = fill.heap()});
  proxy.Host(H1Answer::Of(200, "hi"));
  H1Client& client = proxy.Client();
  fill.Become(950, proxy);
  client.Get("/");
  proxy.Run();
  EXPECT_EQ(client.response(0).status(), 200);
  EXPECT_EQ(client.response(0).header("connection"), "close");
  EXPECT_EQ(proxy.Stat("http.test.downstream_cx_overload_disable_keepalive"), 1);
}

TEST(Overload, TheHeapIsShrunkAtOnceAndThenSeldom) {
  Fill fill;
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.bootstrap = Heap("shrink_heap", "0.9"), .heap = fill.heap()});
  fill.Become(899, proxy);
  EXPECT_EQ(fill.shrunk, 0);
  fill.Become(950, proxy);
  EXPECT_EQ(fill.shrunk, 1);
  proxy.Advance(seconds(9));
  EXPECT_EQ(fill.shrunk, 1);
  proxy.Advance(seconds(2));
  EXPECT_EQ(fill.shrunk, 2);
}

TEST(ConnectionLimit, HoldsForAllListenersTogether) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.bootstrap = Connections(2),
                      .listeners = {{"other", "10.9.9.9", 81, ""},
                                    {"free", "10.9.9.9", 82, "ignore_global_conn_limit: true"}}});
  proxy.Host(H1Answer::Of(200, "hi"));
  std::vector<std::unique_ptr<H1Client>> clients;
  const auto connect = [&](uint16_t port) -> H1Client& {
    clients.push_back(
        std::make_unique<H1Client>(proxy.world(), *Address::FromIp("10.9.9.9", port)));
    return *clients.back();
  };
  H1Client& one = connect(80);
  H1Client& two = connect(81);
  proxy.Run();
  H1Client& three = connect(80);
  H1Client& free = connect(82);
  proxy.Run();
  EXPECT_TRUE(three.closed_by_peer());
  EXPECT_FALSE(one.closed_by_peer());
  EXPECT_FALSE(two.closed_by_peer());
  EXPECT_FALSE(free.closed_by_peer());
  EXPECT_EQ(proxy.Stat("listener.10.9.9.9_80.downstream_global_cx_overflow"), 1);
  EXPECT_EQ(proxy.Stat("listener.10.9.9.9_82.downstream_global_cx_overflow"), 0);
  // The place of one that has gone is free again: those that are not refused are counted, too.
  free.Close();
  two.Close();
  proxy.Run();
  H1Client& four = connect(81);
  proxy.Run();
  EXPECT_FALSE(four.closed_by_peer());
}

}  // namespace
}  // namespace sluice
