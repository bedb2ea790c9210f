// What active health checks of many hosts cost: 20,000 hosts at 5 s, each probe over a connection
// of its own, on a real loop with the kernel's sockets, while the configuration changes.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "source/event/timer.h"
#include "source/net/socket_network.h"
#include "source/server/process_limits.h"
#include "source/server/worker.h"
#include "source/upstream/cluster_set.h"
#include "source/upstream/cluster_stats.h"
#include "test/harness/scripted_resolver.h"

namespace sluice {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kHosts = 20'000;
constexpr int kAddresses = 4000;  // of loopback
constexpr Duration kInterval = seconds(5);
constexpr Duration kMeasured = seconds(10);

// Answers every request with 200, and closes when the other end does.
class Server {
 public:
  Server() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    for (int i = 0; i < kAddresses; ++i) addresses_.push_back(Listen(i));
    thread_ = std::thread([this] { Run(); });
  }
  ~Server() {
    stop_ = true;
    thread_.join();
    for (const int listener : listeners_) close(listener);
    close(epoll_);
  }
  const Address& address(int host) const { return addresses_[host % kAddresses]; }

 private:
  Address Listen(int i) {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<uint32_t>(i));
    socklen_t length = sizeof(at);
    EXPECT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&at), length), 0);
    EXPECT_EQ(listen(listener, 4096), 0);
    getsockname(listener, reinterpret_cast<sockaddr*>(&at), &length);
    listeners_.push_back(listener);
    is_listener_.resize(listener + 1);
    is_listener_[listener] = true;
    Watch(listener);
    return Address::FromSockaddr(reinterpret_cast<sockaddr*>(&at), length);
  }
  void Watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }
  void Run() {
    epoll_event events[256];
    while (!stop_) {
      const int count = epoll_wait(epoll_, events, 256, 50);
      for (int i = 0; i < count; ++i) Serve(events[i].data.fd);
    }
  }
  void Serve(int fd) {
    if (static_cast<size_t>(fd) < is_listener_.size() && is_listener_[fd]) {
      for (int peer; (peer = accept4(fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        Watch(peer);
      }
      return;
    }
    char bytes[1024];
    if (read(fd, bytes, sizeof(bytes)) <= 0) {
      close(fd);
      return;
    }
    constexpr char kAnswer[] = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    if (write(fd, kAnswer, sizeof(kAnswer) - 1) < 0) close(fd);
  }

  const int epoll_;
  std::vector<int> listeners_;
  std::vector<bool> is_listener_;  // by descriptor
  std::vector<Address> addresses_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// Fires every 10 ms and writes down by how much it was late.
class SkewMeter {
 public:
  explicit SkewMeter(EventLoop& loop)
      : loop_(loop), timer_(loop, this, kMethod<&SkewMeter::OnTimer>) {
    Arm();
  }
  Duration Percentile(int percent) {
    std::sort(late_.begin(), late_.end());
    return late_.empty() ? Duration(0) : late_[late_.size() * percent / 100];
  }
  void Clear() { late_.clear(); }

 private:
  void Arm() {
    due_ = loop_.now() + milliseconds(10);
    timer_.Arm(milliseconds(10));
  }
  void OnTimer() {
    late_.push_back(std::chrono::steady_clock::now().time_since_epoch() - due_.time_since_epoch());
    Arm();
  }
  EventLoop& loop_;
  Timer timer_;
  MonotonicTime due_{};
  std::vector<Duration> late_;
};

Duration ThreadCpu() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  const auto of = [](const timeval& time) {
    return seconds(time.tv_sec) + microseconds(time.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

class ManyHosts {
 public:
  ManyHosts()
      : main_(0),
        resolver_(main_.loop),
        workers_(std::vector<EventLoop*>()),
        upstreams_(main_.loop, workers_, {}),
        skew_(main_.loop),
        begin_(main_.loop, this, kMethod<&ManyHosts::Begin>),
        change_(main_.loop, this, kMethod<&ManyHosts::Change>),
        end_(main_.loop, this, kMethod<&ManyHosts::End>) {
    stats_.AddCells(main_.stats);
    clusters_ =
        std::make_unique<ClusterSet>(main_.context, network_, stats_, resolver_, upstreams_);
  }

  void Run() {
    clusters_->Set(Spec("checked", kHosts, true));
    begin_.Arm(kInterval + seconds(1));  // the first round is over
    end_.Arm(kInterval + seconds(1) + kMeasured);
    main_.loop.Run();
  }
  int64_t Stat(absl::string_view name) {
    return stats_.Value(absl::StrCat("cluster.checked.health_check.", name));
  }
  SkewMeter& skew() { return skew_; }
  int64_t attempts() { return Stat("attempt") - attempts_before_; }
  Duration cpu() const { return cpu_; }

 private:
  std::shared_ptr<ClusterSpec> Spec(const std::string& name, int hosts, bool checked) {
    auto spec = std::make_shared<ClusterSpec>();
    spec->name = spec->stat_name = name;
    spec->stats = MakeClusterStats(stats_, name);
    for (int i = 0; i < hosts; ++i) {
      spec->endpoints.push_back({.facts = {.address = server_.address(i)}});
    }
    if (!checked) return spec;
    auto check = std::make_shared<HealthCheckSpec>();
    check->reuse_connection = false;
    check->rules = {.timeout = seconds(1),
                    .interval = kInterval,
                    .no_traffic_interval = kInterval,
                    .no_traffic_healthy_interval = kInterval};
    check->probe.emplace<HttpProbeSpec>().path = "/health";
    spec->health_checks.push_back(std::move(check));
    spec->health_stats = std::make_shared<const HealthStats>(MakeHealthStats(stats_, name));
    return spec;
  }
  void Begin() {
    attempts_before_ = Stat("attempt");
    cpu_before_ = ThreadCpu();
    skew_.Clear();
    Change();
  }
  // Of another cluster, again and again.
  void Change() {
    clusters_->Set(Spec("other", 2000 + ++changes_, false));
    change_.Arm(milliseconds(500));
  }
  void End() {
    cpu_ = ThreadCpu() - cpu_before_;
    main_.loop.Stop();
  }

  Server server_;
  StatsRegistry stats_;
  Worker main_;
  SocketNetwork network_;
  ScriptedResolver resolver_;
  WorkerSet workers_;
  WorkerUpstreams upstreams_;
  SkewMeter skew_;
  Timer begin_, change_, end_;
  std::unique_ptr<ClusterSet> clusters_;
  int changes_ = 0;
  int64_t attempts_before_ = 0;
  Duration cpu_before_{0}, cpu_{0};
};

TEST(HealthCheckBudget, TwentyThousandHostsLeaveTheLoopItsTime) {
  RaiseFileLimit();
  ManyHosts hosts;
  hosts.Run();
  const int64_t expected = kHosts * (kMeasured / kInterval);
  const int64_t attempts = hosts.attempts();
  const double micros = std::chrono::duration<double, std::micro>(hosts.cpu()).count();
  std::printf("%lld probes, %.1f us of CPU each; a timer is late by %.1f ms at p50, %.1f at p99\n",
              static_cast<long long>(attempts), micros / static_cast<double>(attempts),
              std::chrono::duration<double, std::milli>(hosts.skew().Percentile(50)).count(),
              std::chrono::duration<double, std::milli>(hosts.skew().Percentile(99)).count());
  EXPECT_EQ(hosts.Stat("failure"), 0);
  EXPECT_EQ(hosts.Stat("healthy"), kHosts);
  EXPECT_GT(attempts, expected * 95 / 100);
  EXPECT_LE(attempts, expected + kHosts / 20);
  EXPECT_LT(hosts.skew().Percentile(99), milliseconds(100));
  EXPECT_LT(micros / static_cast<double>(attempts), 150);
}

}  // namespace
}  // namespace sluice
