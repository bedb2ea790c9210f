// A hundred changes a second, of every kind, under traffic and tunnels: nobody notices.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/ws_peer.h"
#include "test/scenario/told_proxy.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;

class Churn {
 public:
  Churn(Wire wire, uint64_t seed) : proxy_(wire, {.workers = 2, .seed = seed}) {
    for (int i = 0; i < kHosts; ++i) proxy_.Host(i, H1Answer::Of(200, "hello"));
    // Tunnels have a host of their own: what is no upgrade is answered by the others.
    proxy_.SetCluster("chat");
    proxy_.SetEndpoints("chat", {kHosts});
    for (const char* name : {"red", "blue"}) {
      proxy_.SetCluster(name);
      proxy_.SetEndpoints(name, {0, 1});
    }
    SetRoutes("red");
    proxy_.SetListener("web", "10.9.9.9");
    proxy_.SetListener("chat", "10.9.9.10");
    proxy_.Start();
    for (int i = 0; i < kTunnels; ++i) {
      tunnels_.push_back(
          std::make_unique<WsClient>(proxy_.world(), *Address::FromIp("10.9.9.10", 80)));
      tunnels_.back()->Handshake("/chat");
    }
    for (int i = 0; i < kClients; ++i) clients_.push_back(NewClient());
    proxy_.Run();
  }
  ~Churn() {
    for (auto& tunnel : tunnels_) tunnel->ws().Close(1000);
    proxy_.Run();
    tunnels_.clear();
  }

  void Go(int changes) {
    for (int i = 0; i < changes; ++i) {
      Change();
      if (i % 5 == 0) Ask();
      if (i % 50 == 0) Speak();
      proxy_.Advance(milliseconds(10));
    }
    proxy_.Advance(std::chrono::seconds(20));  // what waits for something has come to its end
  }

  void ExpectNobodyHasNoticed() {
    EXPECT_GT(asked_, 0u);
    size_t answered = 0;
    for (H1Client* client : all_clients_) {
      for (const H1Message& response : client->responses()) {
        EXPECT_EQ(response.status(), 200);
        ++answered;
      }
    }
    EXPECT_EQ(answered, asked_);
    for (const auto& tunnel : tunnels_) {
      ASSERT_TRUE(tunnel->open());
      EXPECT_FALSE(tunnel->closed_by_peer());
      EXPECT_EQ(tunnel->ws().messages().size(), spoken_);
    }
    EXPECT_TRUE(proxy_.TakeRefusals().empty());
  }

 private:
  static constexpr int kHosts = 3, kTunnels = 20, kClients = 8;

  uint64_t Pick(uint64_t bound) { return proxy_.world().random().Below(bound); }

  void SetRoutes(const std::string& cluster) {
    proxy_.Set(
        kRouteType, "routes",
        absl::StrCat("name: routes\nvirtual_hosts:\n- name: all\n  domains: [\"*\"]\n"
                     "  routes:\n  - match: { prefix: /chat }\n    route: { cluster: chat }\n"
                     "  - match: { prefix: / }\n    route: { cluster: ",
                     cluster, ", timeout: ", 5 + Pick(20), "s }\n"));
  }

  // One of any kind, of whatever name is in use or not.
  void Change() {
    const std::string color = Pick(2) == 0 ? "red" : "blue";
    switch (Pick(7)) {
      case 0:
        return SetRoutes(color);
      case 1:
        return proxy_.SetEndpoints(color, Pick(2) == 0
                                              ? std::vector<int>{0, 1, 2}
                                              : std::vector<int>{static_cast<int>(Pick(3))});
      case 2:
        return proxy_.SetCluster(color, absl::StrCat("connect_timeout: ", 1 + Pick(9), "s\n"));
      case 3:
        return proxy_.SetListener(
            "web", "10.9.9.9",
            absl::StrCat("per_connection_buffer_limit_bytes: ", 65536 + Pick(9)));
      case 4:
        return proxy_.SetListener("other", "10.9.9.11",
                                  absl::StrCat("tcp_backlog_size: ", 100 + Pick(9)));
      case 5:
        return proxy_.Remove(kListenerType, "other");
      default:
        if (Pick(2) == 0) return proxy_.Remove(kClusterType, "spare");
        return proxy_.SetCluster("spare");
    }
  }

  // On connections that stay, and where one was told to go, on another.
  void Ask() {
    for (H1Client*& client : clients_) {
      if (client->closed_by_peer()) client = NewClient();
      client->Get("/");
      ++asked_;
    }
  }
  H1Client* NewClient() {
    all_clients_.push_back(&proxy_.Client());
    return all_clients_.back();
  }
  void Speak() {
    for (const auto& tunnel : tunnels_) tunnel->ws().Text("tick");
    ++spoken_;
  }

  ToldProxy proxy_;
  WsServer chat_{proxy_.world(), *Address::FromIp("10.0.0.4", 80), {.echo = true}};
  std::vector<std::unique_ptr<WsClient>> tunnels_;
  std::vector<H1Client*> clients_;      // that ask
  std::vector<H1Client*> all_clients_;  // and those whose connection was told to go
  size_t asked_ = 0, spoken_ = 0;
};

class DiscoveryChurnTest : public testing::TestWithParam<Wire> {};
INSTANTIATE_TEST_SUITE_P(, DiscoveryChurnTest,
                         testing::Values(Wire::kStateOfTheWorld, Wire::kDelta),
                         [](const auto& info) {
                           return info.param == Wire::kDelta ? "Delta" : "StateOfTheWorld";
                         });

TEST_P(DiscoveryChurnTest, TenMinutesOfItHurtNobody) {
  Churn churn(GetParam(), 1);
  churn.Go(60'000);
  churn.ExpectNobodyHasNoticed();
}

}  // namespace
}  // namespace sluice
