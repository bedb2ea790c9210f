// ToldProxy: a proxy that starts with nothing but whom to ask, and is told everything by a
// FakeControlPlane. What scenarios about discovery are written with, in both dialects.
//
//   ToldProxy proxy(Wire::kDelta);
//   proxy.SetCluster("users");
//   proxy.SetEndpoints("users", {0});
//   proxy.SetRoutes("routes", "users");
//   proxy.SetListener("web", "10.9.9.9");
//   proxy.Start();
//
// Host n is 10.0.0.(n + 1):80.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "source/server/proxy_core.h"
#include "test/harness/fake_control_plane.h"
#include "test/harness/h1_peer.h"
#include "test/harness/scripted_file_watcher.h"
#include "test/harness/scripted_resolver.h"
#include "test/harness/sim_world.h"
#include "test/xds/conversation.h"

namespace sluice {

struct ToldOptions {
  uint32_t workers = 2;
  uint64_t seed = 1;
  std::string fetch_timeout = "15s";
  // Not one stream for all, but one for each kind.
  bool separate_streams = false;
  std::string source;            // YAML: where clusters and listeners come from, instead
  std::string static_resources;  // YAML, more of them
  std::string bootstrap;         // YAML, more of it
};

class ToldProxy {
 public:
  explicit ToldProxy(Wire wire, const ToldOptions& options = {});
  ~ToldProxy();

  // What the control plane has to offer. `yaml`: further fields. Told at once when the proxy runs.
  void SetCluster(const std::string& name, const std::string& yaml = "");
  void SetEndpoints(const std::string& cluster, const std::vector<int>& hosts);
  // Of everything to this cluster.
  void SetRoutes(const std::string& name, const std::string& cluster, const std::string& yaml = "");
  // Port 80 of `ip`; the routes named "routes", by discovery.
  void SetListener(const std::string& name, const std::string& ip, const std::string& yaml = "");
  // What most scenarios begin with: the cluster "users" of host 0, the table "routes" that leads
  // everything to it, the listener "web" on 10.9.9.9; and hosts 0 and 1, whose answers name them.
  void Offer();
  // Any resource, in YAML.
  void Set(const ResourceType& type, const std::string& name, const std::string& yaml);
  void Remove(const ResourceType& type, const std::string& name);
  // Tells nothing of this kind, or tells it again.
  void Hold(const ResourceType& type);
  void Tell(const ResourceType& type);

  // Begins to ask; what comes of it is seen when the world runs.
  void Start();
  bool started() const { return started_; }
  void Run() { world_.RunUntilIdle(); }
  void Advance(Duration duration) { world_.Advance(duration); }

  H1Client& Client(const std::string& ip = "10.9.9.9");
  H1Server& Host(int index, H1Answer answer);
  // The status of a new request on a new connection; 0: there is no answer.
  int Ask(const std::string& ip = "10.9.9.9");

  SimWorld& world() { return world_; }
  FakeControlPlane& control_plane() { return control_plane_; }
  ProxyCore& core() { return *core_; }
  ScriptedFileWatcher& files() { return files_; }
  int64_t Stat(const std::string& name) { return world_.stats().Value(name); }
  // What the proxy has refused since this was last called, one line each.
  std::vector<std::string> TakeRefusals();

 private:
  std::string Bootstrap(Wire wire, const ToldOptions& options) const;
  void Serve(const ResourceType& type);

  SimWorld world_;
  FakeControlPlane control_plane_{world_.main().loop};
  ScriptedResolver resolver_{world_.main().loop};
  ScriptedFileWatcher files_{world_.main().loop};
  std::map<const ResourceType*, std::map<std::string, google::protobuf::Any>> offered_;
  std::map<const ResourceType*, bool> held_;
  std::unique_ptr<ProxyCore> core_;
  std::vector<std::unique_ptr<H1Client>> clients_;
  std::vector<std::unique_ptr<H1Server>> servers_;
  bool started_ = false;
};

}  // namespace sluice
