// ListenerSet: the listeners of the process: which there are, in which version, what waits to take
// the place of what, and what is still on its way out. Static ones come to it as all others do.
//
// Main thread; the workers' parts are in WorkerListeners, reached by posted tasks. A change is
// whole or nothing: a version that cannot be read or bound leaves the one in service as it is, and
// one that waits (for secrets, for routes) lets it serve until then.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "source/accesslog/access_log_config.h"
#include "source/config/field_scope.h"
#include "source/event/warm_gate.h"
#include "source/event/worker_context.h"
#include "source/event/worker_set.h"
#include "source/listener/connection_balance.h"
#include "source/listener/drain_pace.h"
#include "source/listener/listener_config.h"
#include "source/listener/worker_listeners.h"
#include "source/net/network.h"
#include "source/sdk/registry.h"
#include "source/server/listener_set_stats.h"
#include "source/stats/registry.h"

namespace sluice {

enum class ListenerOrigin : uint8_t { kStatic, kDynamic };
// What has become of a version.
enum class ListenerChange : uint8_t {
  kNone,     // it says what the present one says, or there was nothing to remove
  kDone,     // it is in service, or will be with all others at the start
  kWarming,  // it waits for something
  kRefused,  // it is no good; the scope says why
};

// One version of a listener.
struct ListenerVersion {
  std::shared_ptr<const ListenerConfig> config;
  std::shared_ptr<const envoy::config::listener::v3::Listener> proto;
  std::string bytes;  // CanonicalBytes of it
  WallTime since{};
};

// Where it is in service: one address of it.
struct ListenerPlace {
  uint64_t id = 0;
  Address asked;
  Address bound;           // with the port that the system chose
  bool may_share = false;  // another socket may be bound beside its own
};

// What waits to take its place.
struct WarmingListener {
  ListenerVersion version;
  WarmGate gate;
};

// All that is known of one.
struct ListenerState {
  ListenerOrigin origin = ListenerOrigin::kStatic;
  ListenerVersion active;             // no config: none is in service yet
  std::vector<ListenerPlace> places;  // of that
  std::unique_ptr<WarmingListener> warming;
};

class ListenerSet {
 public:
  // All of it outlives the set.
  struct World {
    std::vector<WorkerContext*> workers;
    WorkerContext& main;
    WorkerSet& worker_set;
    std::vector<WorkerListeners*> parts;  // by worker
    Network& network;
    StatsRegistry& stats;
    AccessLogFactory& access_logs;
    const ProcessFacts& process;
    const Registry& registry;
    // Of a chain that is no more; a listener's own settings are added.
    DrainPace pace;
  };
  explicit ListenerSet(const World& world);
  ~ListenerSet();

  // Adds a listener, or replaces the one of its name. A static one is changed by nobody else.
  ListenerChange Set(const envoy::config::listener::v3::Listener& proto, std::string version,
                     ListenerOrigin origin, const FieldScope& scope);
  ListenerChange Remove(const std::string& name);
  // Who is told of a version that was warming and could not be bound then.
  using OnFailure = std::function<void(const std::string& name, const std::string& version,
                                       const absl::Status& status)>;
  void TellFailures(OnFailure on_failure) { on_failure_ = std::move(on_failure); }

  // Binds those that are there and wait for nothing, then all of them accept. Before it nothing is
  // bound.
  absl::Status Start();

  // The whole process's: see ProxyCore.
  enum class Accepting : uint8_t { kEnds, kGoesOn };
  void StartDrain(std::function<void()> on_empty, Accepting accepting);
  void CloseAll(std::function<void()> on_done);
  bool draining() const { return draining_; }
  // Of all workers; `done` in a later turn.
  void CollectConnections(std::function<void(std::vector<ConnectionView>)> done);

  // By name.
  const absl::btree_map<std::string, ListenerState>& all() const { return listeners_; }
  // Of what has been removed or has another address: addresses whose connections are leaving yet,
  // by the number of the place, and the version that was in service there.
  struct Leaving {
    std::string name, version;
    std::shared_ptr<const envoy::config::listener::v3::Listener> proto;
    WallTime since{};
  };
  const absl::btree_map<uint64_t, Leaving>& leaving() const { return leaving_; }

 private:
  using Sockets = std::vector<std::unique_ptr<ListenSocket>>;  // by worker; null: none
  // A place that a version takes, with what it takes it with.
  struct Taken {
    ListenerPlace place;
    bool is_new = false;
    bool has_sockets = false;  // to take the place of those that are there
    Sockets sockets;
  };
  bool MayBe(const std::string& name, ListenerOrigin origin, const FieldScope& scope) const;
  bool MayTake(const ListenerConfig& config, const FieldScope& scope) const;
  void WaitForAddresses(const ListenerConfig& config, WarmingListener& warming);
  ListenerChange Warm(const std::string& name, std::unique_ptr<WarmingListener> before,
                      const FieldScope& scope);
  void OnWarm(const std::string& name);
  void Fail(const std::string& name, const absl::Status& status);
  void GiveUp(const std::string& name);
  absl::Status Activate(const std::string& name);
  absl::StatusOr<std::vector<Taken>> TakePlaces(const ListenerState& listener,
                                                const ListenerConfig& config);
  absl::StatusOr<Taken> TakePlace(const ListenerState& listener, const ListenerConfig& config,
                                  const Address& address, const std::vector<Taken>& taken);
  absl::StatusOr<Sockets> Bind(const ListenerConfig& config, Address& address);
  ConnectionBalance* BalanceOf(uint64_t id, const ListenerConfig& config);
  void PostNew(Taken taken, const std::shared_ptr<const ListenerConfig>& config);
  void PostReplacement(Taken taken, const std::shared_ptr<const ListenerConfig>& config);
  void StartPlaced();
  // `version`: the one in service there; `config`: whose settings of a drain hold.
  void Leave(const std::string& name, const ListenerPlace& place, const ListenerVersion& version,
             const ListenerConfig& config);
  void StopListening(const ListenerPlace& place, std::function<void()> stopped);
  DrainPace PaceOf(const ListenerConfig& config) const;
  void DrainConnections(std::function<void()> on_empty);
  void ForEachWorker(std::function<void(WorkerListeners& part)> work);
  void Retire(std::shared_ptr<const ListenerConfig> config, const ListenerConfig* next);
  void FreeRetired();

  World world_;
  ListenerSetStats stats_;
  absl::btree_map<std::string, ListenerState> listeners_;
  // By the number of the place; outlive its parts on the workers.
  absl::btree_map<uint64_t, std::unique_ptr<ConnectionBalance>> balances_;
  // Out of service, and perhaps still held by workers: what a configuration is made of is to end on
  // this thread.
  std::vector<std::shared_ptr<const ListenerConfig>> retired_;
  std::vector<std::shared_ptr<const FilterChain>> retired_chains_;
  OnFailure on_failure_;
  std::vector<uint64_t> placed_;  // and to be started
  uint64_t last_id_ = 0;
  absl::btree_map<uint64_t, Leaving> leaving_;
  // Who waits until nobody listens any more at an address that is being left; by its place.
  struct LeftAddress {
    Address address;
    bool may_share = false;
    std::vector<WarmGate::Need> wanted;
  };
  absl::btree_map<uint64_t, LeftAddress> left_;
  bool started_ = false;
  bool draining_ = false;
  bool ended_ = false;  // nothing is to accept any more
};

}  // namespace sluice
