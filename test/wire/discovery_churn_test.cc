// A hundred changes a second, of every kind, from a control plane over real gRPC to the whole proxy
// on its real threads, under requests and tunnels: nobody notices, and nothing is left of it.
//
// The test's thread has the clients and the hosts, and a turn every ten milliseconds. The sanitizer
// of threads is its other reader.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "examples/control_plane/discovery_server.h"
#include "source/event/libevent_poller.h"
#include "source/event/timer.h"
#include "source/extensions/builtin_extensions.h"
#include "source/grpc/grpc_channel.h"
#include "source/server/bootstrap_config.h"
#include "source/server/server.h"
#include "test/wire/churn_resources.h"
#include "test/wire/steady_clients.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

#ifdef __SANITIZE_THREAD__
constexpr int kUsualChanges = 300;
#else
constexpr int kUsualChanges = 600;
#endif
constexpr auto kBetweenChanges = milliseconds(10);
constexpr uint64_t kUnansweredMax = 50;  // then the next change waits
constexpr int kTunnels = 12;
constexpr int64_t kHeapGrowthMax = 600'000;  // a thousand bytes for each change

// By hand for longer: SLUICE_CHURN_CHANGES=60000 is ten minutes for each dialect.
int Changes() {
  int changes = kUsualChanges;
  const char* const given = std::getenv("SLUICE_CHURN_CHANGES");
  return given != nullptr && absl::SimpleAtoi(given, &changes) ? changes : kUsualChanges;
}

// The proxy, on threads of its own, asking a control plane at `port`.
class Proxy {
 public:
  Proxy(const std::string& admin_path, const std::string& api_type, int port) {
    options_.config_yaml = absl::StrCat(
        "node: { id: me, cluster: churn }\nadmin: { address: { pipe: { path: \"", admin_path,
        "\" } } }\nlayered_runtime: { layers: [{ name: rtds, rtds_layer: { name: rtds, "
        "rtds_config: "
        "{ ads: {}, resource_api_version: V3 } } }] }\ndynamic_resources:\n  ads_config: { "
        "api_type: ",
        api_type,
        ", transport_api_version: V3, grpc_services: [{ envoy_grpc: { cluster_name: xds } }] }\n"
        "  cds_config: { ads: {}, resource_api_version: V3 }\n"
        "  lds_config: { ads: {}, resource_api_version: V3 }\nstatic_resources:\n  clusters:\n"
        "  - name: xds\n    load_assignment:\n      cluster_name: xds\n      endpoints: [{ "
        "lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, "
        "port_value: ",
        port, " } } } }] }]\n");
    options_.concurrency = 2;
    options_.drain_time = seconds(2);
    options_.log_level = LogLevel::kWarning;
    SetLogLevel(options_.log_level);
    AddBuiltinExtensions(extensions_);
    bootstrap_ = LoadBootstrap(options_);
    server_ = std::make_unique<Server>(options_, bootstrap_->proto, bootstrap_->ledger, extensions_,
                                       OpenGrpcChannel);
    server_->Load(bootstrap_->errors);
    EXPECT_TRUE(bootstrap_->errors.empty()) << bootstrap_->errors.ToString();
    thread_ = std::thread([this] { exit_code_ = server_->Run(); });
  }
  // It has been told to end.
  int WaitForExit() {
    thread_.join();
    return exit_code_;
  }

 private:
  Options options_;
  Registry extensions_;
  std::unique_ptr<LoadedBootstrap> bootstrap_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
  int exit_code_ = -1;
};

std::string Yaml(const Address& address) {
  return absl::StrCat("{ socket_address: { address: ", address.ip_text(),
                      ", port_value: ", address.port(), " } }");
}

class DiscoveryChurnTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    for (auto* hosts : {&hosts_, &chats_}) {
      const int count = hosts == &hosts_ ? 3 : 2;
      for (int i = 0; i < count; ++i) hosts->push_back(std::make_unique<SteadyHost>(loop_));
    }
    resources_ = std::make_unique<ChurnResources>(AddressesOf(hosts_), AddressesOf(chats_));
    control_plane_.Set(resources_->Offer());
    proxy_ = std::make_unique<Proxy>(admin_path_, GetParam(), control_plane_.port());
    give_up_.Arm(seconds(100 + Changes() / 10));
    Tick();
    std::vector<std::string> listening;
    RunUntil([&] {
      listening = absl::StrSplit(Admin("/listeners"), '\n', absl::SkipEmpty());
      return gave_up_ || listening.size() == 3;
    });
    for (const std::string& line : listening) {
      const std::pair<std::string, std::string> parts = absl::StrSplit(line, "::");
      const std::vector<std::string> at = absl::StrSplit(parts.second, ':');
      int port = 0;
      ASSERT_TRUE(absl::SimpleAtoi(at.back(), &port));
      listeners_[parts.first] = *Address::FromIp("127.0.0.1", static_cast<uint16_t>(port));
    }
    resources_->SetSecure(Yaml(listeners_["secure"]));
    control_plane_.Set(resources_->Offer());
    WaitUntilAllIsTaken();
  }
  void TearDown() override {
    clients_.clear();
    tunnels_.clear();
    Admin("/quitquitquit", "POST");
    EXPECT_EQ(proxy_->WaitForExit(), 0);
  }

  static std::vector<std::string> AddressesOf(
      const std::vector<std::unique_ptr<SteadyHost>>& hosts) {
    std::vector<std::string> addresses;
    for (const auto& host : hosts) addresses.push_back(Yaml(host->address()));
    return addresses;
  }

  // ---- Time.

  // Looks after every turn; there is one every ten milliseconds at least.
  template <class Done>
  void RunUntil(Done done) {
    while (!done() && !gave_up_) loop_.Turn();
    ASSERT_FALSE(gave_up_) << "it takes longer than a test may";
  }
  void GiveUp() { gave_up_ = true; }
  void Tick() {
    tick_.Arm(kBetweenChanges);
    ++ticks_;
    for (const auto& client : clients_) client->Step();
    if (speaks_ && ticks_ % 4 == 0) {
      for (const auto& tunnel : tunnels_) tunnel->Step();
    }
    const auto counts = control_plane_.counts();
    if (changes_left_ == 0 || counts.sent - counts.taken - counts.refused > kUnansweredMax) return;
    resources_->Change(++step_);
    control_plane_.Set(resources_->Offer());
    --changes_left_;
  }
  void WaitUntilAllIsTaken() {
    RunUntil([&] {
      const auto counts = control_plane_.counts();
      return counts.taken + counts.refused == counts.sent;
    });
  }

  // ---- The proxy.

  // The body of a page; empty: there is none (yet).
  std::string Admin(const std::string& path, const std::string& method = "GET") {
    std::string body;
    SocketPeer peer(loop_, *Address::FromUnixPath(admin_path_));
    H1Reader reader(H1Reader::Role::kResponses);
    bool is_there = false;
    peer.OnActivity([&] {
      for (const H1Message& message : reader.Feed(peer.Take())) {
        is_there = true;
        body = message.body;
      }
    });
    peer.Send(absl::StrCat(method, " ", path, " HTTP/1.1\r\nhost: admin\r\n\r\n"));
    const int ticks = ticks_;
    RunUntil([&] { return is_there || (peer.ended() && ticks_ > ticks); });
    return body;
  }
  // All statistics whose name begins and ends so, together.
  static int64_t Sum(const std::string& stats, const std::vector<std::string>& prefixes,
                     const std::string& suffix) {
    int64_t sum = 0;
    for (const auto& line : absl::StrSplit(stats, '\n')) {
      const std::pair<std::string, std::string> parts = absl::StrSplit(line, ": ");
      int64_t value = 0;
      if (!absl::EndsWith(parts.first, suffix)) continue;
      for (const std::string& prefix : prefixes) {
        if (!absl::StartsWith(parts.first, prefix)) continue;
        if (absl::SimpleAtoi(parts.second, &value)) sum += value;
      }
    }
    return sum;
  }

  static std::vector<std::string> Names(const std::string& stats) {
    std::vector<std::string> names;
    for (const auto& line : absl::StrSplit(stats, '\n')) {
      names.emplace_back(line.substr(0, line.find(':')));
    }
    return names;
  }

  // ---- What happens.

  void OpenTunnels() {
    for (int i = 0; i < kTunnels; ++i) {
      tunnels_.push_back(std::make_unique<SteadyTunnel>(loop_, listeners_["web"], "/chat"));
    }
    RunUntil([&] {
      for (const auto& tunnel : tunnels_) {
        if (!tunnel->open()) return false;
      }
      return true;
    });
  }
  void AddClients() {
    for (const char* path : {"/one", "/two", "/loop"}) {
      clients_.push_back(std::make_unique<SteadyH1Client>(loop_, tally_, listeners_["web"],
                                                          absl::StrCat("GET ", path, " HTTP/1.1")));
      clients_.push_back(
          std::make_unique<SteadyH2Client>(loop_, tally_, listeners_["web"], H2Get(path)));
    }
    for (const char* scope : {"0", "1"}) {
      clients_.push_back(std::make_unique<SteadyH1Client>(
          loop_, tally_, listeners_["scoped"], absl::StrCat("GET / HTTP/1.1\r\nx-scope: ", scope)));
    }
    clients_.push_back(std::make_unique<SteadyH2Client>(loop_, tally_, listeners_["scoped"],
                                                        H2Get("/", {{"x-scope", "1"}})));
  }
  void Churn(int changes) {
    AddClients();
    changes_left_ = changes;
    RunUntil([&] { return changes_left_ == 0; });
    WaitUntilAllIsTaken();
    RunUntil([&] {
      std::vector<std::unique_ptr<SteadyClient>> busy;
      for (auto& client : clients_) {
        if (!client->idle()) busy.push_back(std::move(client));
      }
      clients_ = std::move(busy);
      return clients_.empty();
    });
  }
  void FallSilent() {
    speaks_ = false;
    RunUntil([&] {
      for (const auto& tunnel : tunnels_) {
        if (!tunnel->idle() && !tunnel->ended()) return false;
      }
      return true;
    });
  }
  // Until nothing of what was served is left but the tunnels; the statistics of then.
  std::string ComeToRest() {
    resources_->Rest();
    control_plane_.Set(resources_->Offer());
    WaitUntilAllIsTaken();
    std::string stats;
    RunUntil([&] {
      stats = Admin("/stats");
      return gave_up_ || (Sum(stats, {"http.web", "http.scoped", "http.secure"},
                              ".downstream_cx_active") == kTunnels &&
                          Sum(stats, {"cluster."}, ".upstream_cx_active") == kTunnels);
    });
    return stats;
  }

  const std::string admin_path_ =
      absl::StrCat("/tmp/discovery_churn_", getpid(), "_", GetParam(), ".sock");
  LibeventPoller poller_;
  EventLoop loop_{poller_};
  Timer give_up_{loop_, this, kMethod<&DiscoveryChurnTest::GiveUp>};
  Timer tick_{loop_, this, kMethod<&DiscoveryChurnTest::Tick>};
  control_plane::DiscoveryServer control_plane_{0};
  std::vector<std::unique_ptr<SteadyHost>> hosts_, chats_;
  std::unique_ptr<ChurnResources> resources_;
  std::map<std::string, Address> listeners_;
  std::unique_ptr<Proxy> proxy_;
  Tally tally_;
  std::vector<std::unique_ptr<SteadyClient>> clients_;
  std::vector<std::unique_ptr<SteadyTunnel>> tunnels_;
  bool gave_up_ = false, speaks_ = true;
  int ticks_ = 0, step_ = 0, changes_left_ = 0;
};

INSTANTIATE_TEST_SUITE_P(, DiscoveryChurnTest, testing::Values("GRPC", "DELTA_GRPC"),
                         [](const auto& info) {
                           return absl::StartsWith(info.param, "DELTA") ? "Delta"
                                                                        : "StateOfTheWorld";
                         });

TEST_P(DiscoveryChurnTest, NobodyNoticesAndNothingIsLeftOfIt) {
  OpenTunnels();
  Churn(200);  // what is made once is there
  const std::string before = ComeToRest();
  resources_->Begin();
  control_plane_.Set(resources_->Offer());
  WaitUntilAllIsTaken();
  const auto begin = std::chrono::steady_clock::now();
  Churn(Changes());
  const double took =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const std::string after = ComeToRest();
  FallSilent();

  EXPECT_EQ(control_plane_.counts().refused, 0u);
  EXPECT_GT(tally_.answered, static_cast<uint64_t>(Changes()));
  EXPECT_EQ(tally_.failures, std::vector<std::string>());
  EXPECT_EQ(Sum(after, {""}, ".update_rejected"), 0);
  EXPECT_EQ(Names(after), Names(before));
#ifndef __SANITIZE_THREAD__
  const auto heap = [](const std::string& stats) {
    return Sum(stats, {"server."}, "memory_allocated");
  };
  EXPECT_LT(heap(after), heap(before) + kHeapGrowthMax) << heap(before);
#endif
  for (const auto& tunnel : tunnels_) {
    EXPECT_EQ(tunnel->Wrong(), "");
    EXPECT_GT(tunnel->said(), static_cast<uint64_t>(Changes() / 4));
  }
  std::printf("%d changes in %.1f s, %d answers, %d connections; heap before %lld, after %lld\n",
              Changes(), took, static_cast<int>(tally_.answered),
              static_cast<int>(tally_.connections),
              static_cast<long long>(Sum(before, {"server."}, "memory_allocated")),
              static_cast<long long>(Sum(after, {"server."}, "memory_allocated")));
}

}  // namespace
}  // namespace sluice
