// What requests feel of a push: the time of one, on a connection to each of two workers and at a
// fixed rate, in phases that alternate: quiet; all of 10,000 clusters and their endpoints change
// and the statistics are read; and, as the control, a thread burns a CPU and nothing changes, for
// as long as the push took. A request goes through the proxy twice, as its origin is another
// listener.
//
// bazel run -c opt //test/wire:bench_push_latency
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "source/base/check.h"
#include "source/server/core_views.h"
#include "test/wire/busy_proxy.h"

namespace sluice {
namespace {

constexpr int kRounds = 10;
constexpr auto kBetweenRequests = std::chrono::microseconds(2000);
constexpr auto kQuiet = std::chrono::milliseconds(1500);

constexpr char kManager[] = R"(
    filter_chains:
    - filters:
      - name: http
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: NAME
          route_config:
            virtual_hosts: [{ name: all, domains: ["*"], routes: [{ match: { prefix: / }, ROUTE }] }]
          http_filters:
          - name: router
            typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
)";
constexpr char kOrigin[] = "/tmp/bench_push_latency.sock";

std::string StaticResources() {
  const auto manager = [](const char* name, const char* route) {
    return absl::StrReplaceAll(kManager, {{"NAME", name}, {"ROUTE", route}});
  };
  return absl::StrCat(
      "  - name: origin\n    load_assignment: { cluster_name: origin, endpoints: [{ lb_endpoints: "
      "[{ endpoint: { address: { pipe: { path: ",
      kOrigin,
      " } } } }] }] }\n  listeners:\n  - name: origin\n    address: { pipe: { path: ", kOrigin,
      " } }", manager("origin", "direct_response: { status: 200 }"),
      "  - name: web\n    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }\n"
      "    connection_balance_config: { exact_balance: {} }",
      manager("web", "route: { cluster: origin }"));
}

enum class Phase : uint8_t { kQuiet, kPush, kBurn, kNone, kEnd };
constexpr const char* kNames[] = {"quiet", "push and scrape", "a CPU burner instead"};

// Asks on every connection, every so often, on a thread of its own.
class Clients {
 public:
  explicit Clients(uint16_t port) {
    for (size_t i = 0; i < BusyProxy::kWorkers; ++i) connections_.push_back(Connect(port));
    thread_ = std::thread([this] { Run(); });
  }
  void Set(Phase phase) { phase_ = phase; }
  Times& End(Phase phase) {
    if (thread_.joinable()) {
      phase_ = Phase::kEnd;
      thread_.join();
      for (const int fd : connections_) close(fd);
    }
    return times_[static_cast<size_t>(phase)];
  }

 private:
  static int Connect(uint16_t port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    SLUICE_CHECK(connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0);
    const int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    return fd;
  }
  // One after the other, so that they do not wait for each other.
  void Run() {
    for (size_t i = 0;; i = (i + 1) % connections_.size()) {
      BusyProxy::Rest(kBetweenRequests / connections_.size());
      const Phase phase = phase_;
      if (phase == Phase::kEnd) return;
      const auto begin = BusyProxy::Clock::now();
      Ask(connections_[i]);
      // What began in one phase and ended in another is of neither.
      if (phase == phase_ && phase != Phase::kNone)
        times_[static_cast<size_t>(phase)].Add(BusyProxy::MsSince(begin));
    }
  }
  static void Ask(int fd) {
    constexpr char kRequest[] = "GET / HTTP/1.1\r\nhost: bench\r\n\r\n";
    SLUICE_CHECK(send(fd, kRequest, sizeof(kRequest) - 1, 0) == sizeof(kRequest) - 1);
    std::string answer;
    while (!absl::EndsWith(answer, "\r\n\r\n")) {
      char bytes[1024];
      const ssize_t n = recv(fd, bytes, sizeof(bytes), 0);
      SLUICE_CHECK(n > 0);
      answer.append(bytes, static_cast<size_t>(n));
    }
    SLUICE_CHECK(absl::StartsWith(answer, "HTTP/1.1 200"));
  }

  std::vector<int> connections_;
  std::atomic<Phase> phase_ = Phase::kNone;
  Times times_[3];
  std::thread thread_;
};

uint16_t PortOf(const ProxyCore& core, const std::string& listener) {
  for (const ListenerFacts& facts : ShowListeners(core)) {
    if (facts.name != listener) continue;
    int port = 0;
    const std::string& at = facts.addresses[0];
    SLUICE_CHECK(absl::SimpleAtoi(at.substr(at.rfind(':') + 1), &port));
    return static_cast<uint16_t>(port);
  }
  SLUICE_CHECK(false);
  return 0;
}

void Burn(BusyProxy::Clock::duration time) {
  const auto end = BusyProxy::Clock::now() + time;
  while (BusyProxy::Clock::now() < end) {
  }
}

void Main() {
  BusyProxy proxy(StaticResources());
  const uint16_t port = PortOf(proxy.core(), "web");
  proxy.Start();
  Clients clients(port);
  BusyProxy::Turns turns[3];
  Times pushes;
  const auto end_phase = [&](Phase phase) {
    BusyProxy::Turns taken = proxy.TakeTurns();
    turns[static_cast<size_t>(phase)].workers.Add(taken.workers);
    turns[static_cast<size_t>(phase)].main.Add(taken.main);
  };
  for (int round = 1; round <= kRounds; ++round) {
    std::string all_clusters = BusyProxy::AllClusters(round);
    std::string all_endpoints = BusyProxy::AllEndpoints(round);
    clients.Set(Phase::kQuiet);
    proxy.TakeTurns();
    for (int i = 0; i < kQuiet / std::chrono::milliseconds(50); ++i) {
      BusyProxy::Rest(std::chrono::milliseconds(50));
    }
    end_phase(Phase::kQuiet);
    const auto begin = BusyProxy::Clock::now();
    clients.Set(Phase::kPush);
    proxy.Tell(std::move(all_clusters));
    proxy.Tell(std::move(all_endpoints));
    proxy.Scrape();
    while (!proxy.HaveAllClusters(round) || !proxy.HaveAllEndpoints(round) ||
           proxy.scrapes() < round) {
      BusyProxy::Rest(std::chrono::milliseconds(10));
    }
    const auto took = BusyProxy::Clock::now() - begin;
    pushes.Add(std::chrono::duration<double, std::milli>(took).count());
    end_phase(Phase::kPush);
    clients.Set(Phase::kBurn);
    Burn(took);
    end_phase(Phase::kBurn);
    clients.Set(Phase::kNone);
  }
  for (const Phase phase : {Phase::kQuiet, Phase::kPush, Phase::kBurn}) {
    Times& times = clients.End(phase);
    Times& of_workers = turns[static_cast<size_t>(phase)].workers;
    std::printf(
        "%s: %zu requests, p50 %.3f ms, p99 %.3f, max %.3f; CPU of a worker's turn p50 %.3f "
        "ms, p99 %.3f, max %.3f\n",
        kNames[static_cast<size_t>(phase)], times.count(), times.At(0.5), times.At(0.99),
        times.At(1), of_workers.At(0.5), of_workers.At(0.99), of_workers.At(1));
  }
  Times& of_main = turns[static_cast<size_t>(Phase::kPush)].main;
  std::printf(
      "a push with its scrape: %.0f ms; CPU of main's turn p50 %.2f ms, p99 %.2f, max %.2f\n",
      pushes.At(0.5), of_main.At(0.5), of_main.At(0.99), of_main.At(1));
  proxy.Stop();
}

}  // namespace
}  // namespace sluice

int main() { sluice::Main(); }
