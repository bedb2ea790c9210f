// A cluster for hours of the simulated world, under steady load: its hosts die and come back, stop
// answering, fail, feel ill, get other weights, come and go, while their health is checked and
// outliers are ejected. Whatever happens: each request has one answer and one line in the log; no
// host is sent a request that was known to be unfit when the request was picked for it; who is well
// is used again; what is counted adds up, and nothing is left over (ProxyFixture::End checks).
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kHosts = 6;
// A host that answers no check has failed two of them by then.
constexpr seconds kKnownAfter(15);

std::string ClusterFields(uint64_t seed) {
  static constexpr const char* kPolicies[] = {"ROUND_ROBIN", "LEAST_REQUEST", "RANDOM", "MAGLEV"};
  return absl::StrCat("lb_policy: ", kPolicies[seed % 4], R"(
maglev_lb_config: { table_size: 251 }
common_lb_config: { healthy_panic_threshold: { value: 0 } }
health_checks:
- timeout: 1s
  interval: 5s
  no_traffic_interval: 5s
  unhealthy_threshold: 2
  healthy_threshold: 2
  http_health_check: { path: /health }
outlier_detection:
  consecutive_5xx: 3
  base_ejection_time: 20s
  max_ejection_percent: 50
  successful_active_health_check_uneject_host: )",
                      seed % 2 == 0 ? "false" : "true", "\n");
}

// What a host does at a time.
enum class Mood : uint8_t {
  kWell,
  kDead,     // refuses connections, and has reset those that there were
  kStopped,  // accepts, and never answers
  kFailing,  // answers checks well and requests with 500
  kIll,      // answers requests well, and says to checks that it is ill
};

class HostChaos {
 public:
  explicit HostChaos(uint64_t seed) : random_(seed) {
    proxy_ = std::make_unique<ProxyFixture>(
        R"(
          virtual_hosts:
          - name: all
            domains: ["*"]
            include_request_attempt_count: true
            routes: [{ match: { prefix: / }, route: { cluster: users, timeout: 2s } }])",
        ProxyOptions{.workers = 1 + static_cast<uint32_t>(random_.Below(3)),
                     .seed = seed,
                     .cluster = ClusterFields(seed),
                     .clusters = {{"users", kHosts}},
                     .before_start = [this](ProxyFixture& proxy) {
                       for (int i = 0; i < kHosts; ++i) AddHost(proxy, i);
                     }});
  }

  void Run(Duration time) {
    const MonotonicTime end = proxy_->world().now() + time;
    while (proxy_->world().now() < end) {
      Ask();
      if (random_.Below(30) == 0) ChangeAHost();
      if (random_.Below(60) == 0) ChangeTheList();
      proxy_->Advance(milliseconds(random_.Below(1000)));
    }
  }

  // Everybody is well and listed again.
  void Recover() {
    for (int i = 0; i < kHosts; ++i) SetMood(i, Mood::kWell);
    proxy_->core().clusters().SetEndpoints("users", Endpoints(kHosts));
    proxy_->Advance(std::chrono::minutes(10));
    EXPECT_EQ(Stat("membership_healthy"), kHosts);
    EXPECT_EQ(Stat("outlier_detection.ejections_active"), 0);
    for (int i = 0; i < kHosts; ++i) hosts_[i].reached = false;
    for (int i = 0; i < 40 * kHosts; ++i) Ask();
    proxy_->Advance(seconds(5));
    for (int i = 0; i < kHosts; ++i) EXPECT_TRUE(hosts_[i].reached) << i;
  }

  void ExpectAllAddsUp() {
    // Statistics go with the last who holds them; these are read when the proxy has ended, too.
    const ClusterSpec& spec = proxy_->core().clusters().Find("users")->spec();
    held_ = {spec.stats.group, spec.health_stats->group};
    ejections_ = Stat("outlier_detection.ejections_enforced_total");
    size_t answered = 0;
    for (const Asker& asker : clients_) {
      answered += asker.client->responses().size();
      for (const H1Message& response : asker.client->responses()) ++statuses_[response.status()];
    }
    EXPECT_EQ(answered, asked_);
    lines_ = proxy_->LogLines();
    EXPECT_EQ(lines_.size(), asked_);
    EXPECT_EQ(proxy_->Stat("http.test.downstream_rq_total"), static_cast<int64_t>(asked_));
    EXPECT_EQ(Stat("upstream_rq_completed"), LinesWith("200 - ") + LinesWith("500 - "));
    EXPECT_EQ(Stat("upstream_rq_2xx"), statuses_[200]);
    EXPECT_EQ(Stat("upstream_rq_5xx"), statuses_[500]);
    EXPECT_EQ(Stat("upstream_cx_none_healthy"), LinesWith("503 UH"));
    EXPECT_EQ(Stat("upstream_rq_timeout"), LinesWith("504 UT"));
    // A check of a host that goes comes to nothing.
    const int64_t given_up =
        Stat("health_check.attempt") - Stat("health_check.success") - Stat("health_check.failure");
    EXPECT_GE(given_up, 0);
    EXPECT_LE(given_up, kHosts * Stat("membership_change"));
    proxy_->End();
    EXPECT_EQ(Stat("upstream_cx_total"), Stat("upstream_cx_destroy"));
    for (const auto& host : seen_) {
      EXPECT_EQ(host->rq_active.load(), 0u) << host->address().text();
      EXPECT_EQ(host->cx_active.load(), 0u) << host->address().text();
    }
  }

  // All that should happen in hours has happened.
  void ExpectToHaveBeenEverywhere() {
    for (const char* line : {"200 - ", "500 - ", "503 UF", "503 UC", "504 UT"}) {
      EXPECT_GT(LinesWith(line), 0) << line;
    }
    EXPECT_GT(ejections_, 0);
    EXPECT_GT(Stat("membership_change"), 100);
    EXPECT_GT(Stat("health_check.failure"), 100);
    EXPECT_GT(LinesWith("503 UH"), 0);
    EXPECT_GT(statuses_[200], static_cast<int64_t>(asked_) / 2);
  }
  std::string Course() const { return absl::StrJoin(lines_, "\n"); }

 private:
  struct ChaosHost {
    H1Server* server = nullptr;
    Mood mood = Mood::kWell;
    MonotonicTime since{};
    bool reached = false;
  };
  struct Asker {
    H1Client* client;
    size_t asked = 0;
  };

  void AddHost(ProxyFixture& proxy, int index) {
    hosts_[index].server =
        &proxy.Host([this, &world = proxy.world(),
                     index](const H1Message& request) { return AnswerOf(world, index, request); },
                    index);
  }

  H1Answer AnswerOf(SimWorld& world, int index, const H1Message& request) {
    ChaosHost& host = hosts_[index];
    if (request.path() == "/health") {
      return host.mood == Mood::kStopped ? H1Answer{}
                                         : H1Answer::Of(host.mood == Mood::kIll ? 503 : 200);
    }
    host.reached = true;
    const std::string address = ProxyFixture::HostAddress(0, index).text();
    // A request that goes out again, its connection having ended, is picked for anew.
    if (request.header("x-envoy-attempt-count") == "1") {
      const std::string fit(request.header("x-fit").value_or(""));
      const std::vector<std::string> fit_hosts = absl::StrSplit(fit, ' ');
      EXPECT_TRUE(absl::c_linear_search(fit_hosts, address)) << address << ", fit were: " << fit;
    }
    if (host.mood == Mood::kStopped || host.mood == Mood::kIll) {
      EXPECT_LT(world.now() - host.since, kKnownAfter) << address;
    }
    if (host.mood == Mood::kStopped) return {};
    H1Answer answer = H1Answer::Of(host.mood == Mood::kFailing ? 500 : 200, "hello");
    answer.delay = milliseconds(random_.Below(4) == 0 ? 0 : random_.Below(600));
    return answer;
  }

  // By the proxy's own word, as of now.
  std::string FitHosts() {
    std::string fit;
    for (const auto& host : proxy_->core().clusters().Find("users")->hosts().hosts) {
      if (std::find(seen_.begin(), seen_.end(), host) == seen_.end()) seen_.push_back(host);
      if (host->health() == HostHealth::kUnhealthy) continue;
      absl::StrAppend(&fit, fit.empty() ? "" : " ", host->address().text());
    }
    return fit;
  }

  // By a client that has no other request open, so that a host is picked now.
  void Ask() {
    proxy_->Run();
    auto asker = std::find_if(clients_.begin(), clients_.end(), [](const Asker& each) {
      return each.client->responses().size() == each.asked && !each.client->closed_by_peer();
    });
    if (asker == clients_.end()) asker = clients_.insert(asker, Asker{&proxy_->Client()});
    const std::vector<std::string> fit = {absl::StrCat("x-fit: ", FitHosts())};
    if (random_.Below(4) == 0) {
      asker->client->Post("/", "hello", fit);
    } else {
      asker->client->Get("/", fit);
    }
    ++asker->asked;
    ++asked_;
    proxy_->Run();
  }

  void ChangeAHost() {
    const int index = static_cast<int>(random_.Below(kHosts));
    // Mostly they are well.
    static constexpr Mood kMoods[] = {Mood::kDead, Mood::kStopped, Mood::kFailing, Mood::kIll};
    SetMood(index, random_.Below(2) == 0 ? Mood::kWell : kMoods[random_.Below(4)]);
  }

  void SetMood(int index, Mood mood) {
    ChaosHost& host = hosts_[index];
    if (host.mood == mood) return;
    if (host.mood == Mood::kDead) host.server->AcceptConnections();
    if (mood == Mood::kDead) {
      host.server->RefuseConnections();
      host.server->ResetAll();
    }
    host.mood = mood;
    host.since = proxy_->world().now();
  }

  // Other weights, and some hosts fewer or more.
  void ChangeTheList() {
    proxy_->core().clusters().SetEndpoints("users",
                                           Endpoints(1 + static_cast<int>(random_.Below(kHosts))));
  }

  std::vector<EndpointSpec> Endpoints(int count) {
    std::vector<EndpointSpec> endpoints;
    const int first = static_cast<int>(random_.Below(kHosts));
    for (int i = 0; i < count; ++i) {
      EndpointSpec endpoint;
      endpoint.facts.address = ProxyFixture::HostAddress(0, (first + i) % kHosts);
      endpoint.traits.weight = 1 + static_cast<uint32_t>(random_.Below(3));
      endpoints.push_back(std::move(endpoint));
    }
    return endpoints;
  }

  int64_t Stat(const std::string& name) {
    return proxy_->Stat(absl::StrCat("cluster.users.", name));
  }
  int64_t LinesWith(absl::string_view start) const {
    return std::count_if(lines_.begin(), lines_.end(), [start](const std::string& line) {
      return absl::StartsWith(line, start);
    });
  }

  FastRandom random_;
  ChaosHost hosts_[kHosts];
  std::unique_ptr<ProxyFixture> proxy_;
  std::vector<Asker> clients_;
  std::vector<std::shared_ptr<Host>> seen_;  // all hosts that ever were
  std::vector<std::string> lines_;           // of the log
  std::map<int, int64_t> statuses_;
  std::vector<std::shared_ptr<const StatGroup>> held_;
  int64_t ejections_ = 0;
  size_t asked_ = 0;
};

std::string CourseOf(uint64_t seed) {
  HostChaos chaos(seed);
  chaos.Run(std::chrono::minutes(20));
  chaos.Recover();
  chaos.ExpectAllAddsUp();
  return chaos.Course();
}

class HostChaosTest : public testing::TestWithParam<uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, HostChaosTest, testing::Range<uint64_t>(1, 9));

TEST_P(HostChaosTest, HoursOfItKeepTheRules) {
  HostChaos chaos(GetParam());
  chaos.Run(std::chrono::hours(3));
  chaos.Recover();
  chaos.ExpectAllAddsUp();
  chaos.ExpectToHaveBeenEverywhere();
}

TEST(HostChaos, TheSameSeedTakesTheSameCourse) { EXPECT_EQ(CourseOf(4), CourseOf(4)); }

}  // namespace
}  // namespace sluice
