// A drain was over while a connection was on its way to a part of the listeners that had said it
// was empty: to another worker, or from one listener to the other.
#include <memory>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

const char kGet[] = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";

TEST(DrainInFlightRegression, WaitsForWhatIsPlacedOnAnotherWorker) {
  ProxyFixture proxy(ProxyFixture::ToUsers(),
                     {.workers = 2,
                      .listener = "enable_reuse_port: false\n"
                                  "connection_balance_config: { exact_balance: {} }\n"});
  proxy.Host(H1Answer::Of(200, "hi"));
  H1Client& first = proxy.Client();  // worker 0 has it
  first.Get("/");
  proxy.Run();
  // Worker 0 accepts one of these before it hears of the drain, and the others then.
  std::vector<std::unique_ptr<MemoryPeer>> late;
  for (int i = 0; i < 3; ++i) late.push_back(proxy.world().memory().Dial(proxy.listener_address()));
  bool empty = false;
  proxy.core().StartDrain([&empty] { empty = true; });
  proxy.Run();
  first.Close();
  proxy.Run();
  for (const auto& client : late) {
    EXPECT_FALSE(empty);
    client->Send(kGet);
    proxy.Run();
    EXPECT_TRUE(absl::StartsWith(client->received(), "HTTP/1.1 200"));
    client->SendFin();
    proxy.Run();
  }
  EXPECT_TRUE(empty);
}

TEST(DrainInFlightRegression, WaitsForWhatIsHandedToAnotherListener) {
  ProxyFixture proxy(
      ProxyFixture::ToUsers(),
      {.listener = "use_original_dst: true\n"
                   "listener_filters:\n- name: http\n  typed_config: { \"@type\": "
                   "type.googleapis.com/"
                   "envoy.extensions.filters.listener.http_inspector.v3.HttpInspector }\n",
       .listeners = {{"meant", "198.51.100.7", 443, "bind_to_port: false\n"}}});
  proxy.world().memory().Redirect(*Address::FromIp("198.51.100.7", 443), proxy.listener_address());
  H1Client& client = proxy.Client();
  proxy.Run();
  bool empty = false;
  proxy.core().StartDrain([&empty] { empty = true; });
  proxy.Run();
  client.Send("GET / HTTP/1.1\r\n");
  proxy.Run();
  EXPECT_FALSE(empty);
  client.Send("host: x\r\n\r\n");
  proxy.Run();
  EXPECT_EQ(client.response(0).body, "meant");
  client.Close();
  proxy.Run();
  EXPECT_TRUE(empty);
}

}  // namespace
}  // namespace sluice
