// ProxyFixture: the real server core in a simulated world, with scripted clients and hosts around
// it. What a scenario is written with.
//
//   ProxyFixture proxy(R"(
//     virtual_hosts:
//     - name: all
//       domains: ["*"]
//       routes: [{ match: { prefix: "/" }, route: { cluster: users } }]
//   )");
//   H1Server& host = proxy.Host("users", H1Answer::Of(200, "hi"));
//   H1Client& client = proxy.Client();
//   client.Get("/me");
//   proxy.Run();
//   EXPECT_EQ(client.response(0).status(), 200);
//
// One thread. Every cluster that a scenario names with Host or Cluster exists; its hosts are
// 10.0.<cluster>.<host>:80 and the proxy listens on 10.9.9.9:80.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "source/sdk/registry.h"
#include "source/server/proxy_core.h"
#include "source/stats/stat_group.h"
#include "test/harness/fault_schedule.h"
#include "test/harness/h1_peer.h"
#include "test/harness/scripted_file_watcher.h"
#include "test/harness/scripted_resolver.h"
#include "test/harness/sim_world.h"

namespace sluice {

class ProxyFixture;

struct ProxyOptions {
  uint32_t workers = 1;
  uint64_t seed = 1;
  // YAML, each added to what the fixture makes.
  std::string manager;       // fields of the HttpConnectionManager
  std::string filters;       // list items before the router
  std::string router;        // fields of the router
  std::string listener;      // fields of the listener
  std::string match;         // its chain's filter_chain_match, if any
  std::string filter_chain;  // further fields of that chain
  std::string cluster;       // fields of every cluster
  std::string endpoints;     // fields of the first one's load_assignment; empty: its hosts
  std::string bootstrap;     // fields of the Bootstrap
  // YAML, fields of a TcpProxy that takes the manager's place; empty: there is a manager.
  std::string tcp;
  // More chains of TCP proxies: the cluster of each, and what it matches.
  std::vector<std::pair<std::string, std::string>> tcp_chains;
  // More chains: their names, and what they match. Each answers every request with its name.
  std::vector<std::pair<std::string, std::string>> chains;
  // More listeners: their names, addresses and fields. Each answers every request with its name.
  struct Listener {
    std::string name, ip;
    uint16_t port;
    std::string fields;
  };
  std::vector<Listener> listeners;
  // Clusters and how many hosts each has. Of a DNS cluster host 0 is named "<cluster>.test".
  std::vector<std::pair<std::string, int>> clusters = {{"users", 1}};
  // Of the line that every request gets; empty: `manager` has access logs of its own, which write
  // to
  // "/log".
  std::string log = "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%";
  // What the overload manager sees of the heap.
  OverloadWatch::Heap heap = {AllocatedBytes, TrimHeap};
  // Called when all is loaded and nothing has started: for what is there from the start.
  std::function<void(ProxyFixture&)> before_start;
  // Of the test's own, beside the built-in ones.
  std::function<void(Registry&)> add_extensions;
};

class ProxyFixture {
 public:
  // `routes`: the RouteConfiguration, in YAML.
  explicit ProxyFixture(const std::string& routes, const ProxyOptions& options = {});
  ~ProxyFixture();

  // A route for everything to cluster "users".
  static std::string ToUsers(const std::string& route_fields = "");

  SimWorld& world() { return world_; }
  ProxyCore& core() { return *core_; }
  ScriptedResolver& resolver() { return *resolver_; }
  ScriptedFileWatcher& files() { return *files_; }
  Address listener_address() const { return listener_; }
  static Address HostAddress(int cluster, int host);

  // A new connection to the proxy.
  H1Client& Client();
  // Host `host` of the `cluster`th cluster: answers from now on.
  H1Server& Host(H1Server::OnRequest on_request, int host = 0, int cluster = 0);
  H1Server& Host(H1Answer answer, int host = 0, int cluster = 0);

  // The first cluster is to be so from now on, as a control plane would say: with these fields, in
  // YAML, and so many hosts.
  void ChangeCluster(const std::string& fields, int hosts = 1);

  // Until nothing happens but timers.
  void Run() { world_.RunUntilIdle(); }
  void Advance(Duration duration) { world_.Advance(duration); }
  // Lines of the access log so far.
  std::vector<std::string> LogLines();
  int64_t Stat(const std::string& name) { return world_.stats().Value(name); }
  // Clients and hosts go, then everything of the proxy. Checks that every request has ended exactly
  // once and that all counters of what is open are back at zero; the world complains of what is
  // left over.
  void End();

 private:
  std::string Bootstrap(const std::string& routes, const ProxyOptions& options) const;
  void ExpectAllAccountedFor();
  SimWorld world_;
  std::string log_;
  const bool logs_every_request_;
  const bool is_tcp_;
  std::vector<std::string> cluster_names_;
  std::unique_ptr<ScriptedResolver> resolver_;
  std::unique_ptr<ScriptedFileWatcher> files_;
  std::unique_ptr<ProxyCore> core_;
  Address listener_;
  std::vector<std::unique_ptr<H1Client>> clients_;
  std::vector<std::unique_ptr<H1Server>> servers_;
  // Kept when their clusters have gone, to be looked at.
  std::vector<std::shared_ptr<const StatGroup>> cluster_stats_;
  bool ended_ = false;
};

}  // namespace sluice
