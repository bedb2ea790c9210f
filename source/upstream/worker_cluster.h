// WorkerCluster: what one worker sees of one cluster: its spec, hosts, balancer and pools.
//
// On its worker only, for as long as there is a cluster of the name: another spec, when the
// configuration is changed, takes the place of the one before. Good for its user within a turn, and
// as long as a waiter or stream of its pools is the user's; who needs the spec for longer pins it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"
#include "source/base/intrusive_list.h"
#include "source/event/event_loop.h"
#include "source/event/worker_context.h"
#include "source/net/network.h"
#include "source/upstream/circuit_breaker.h"
#include "source/upstream/cluster_spec.h"
#include "source/upstream/connection_pool.h"
#include "source/upstream/host_set.h"
#include "source/upstream/load_balancer.h"
#include "source/upstream/outlier/outlier_monitor.h"

namespace sluice {

class OriginalHosts;

class WorkerCluster final : public Deferred, public ListNode<>, private EndOfTurnTask {
 public:
  WorkerCluster(WorkerContext& worker, Network& network, std::shared_ptr<const ClusterSpec> spec,
                std::shared_ptr<CircuitBreaker> breaker,
                std::shared_ptr<OutlierMonitor> outliers = nullptr);
  ~WorkerCluster() override;

  const ClusterSpec& spec() const { return *spec_; }
  std::shared_ptr<const ClusterSpec> PinSpec() const { return spec_; }
  WorkerContext& worker() { return worker_; }
  Network& network() { return network_; }
  CircuitBreaker& breaker() { return *breaker_; }  // shared by all workers
  std::shared_ptr<CircuitBreaker> PinBreaker() const { return breaker_; }
  // Who is to hear how hosts answer; null: nobody. Shared by all workers.
  OutlierMonitor* outliers() { return outliers_.get(); }
  std::shared_ptr<OutlierMonitor> PinOutliers() const { return outliers_; }
  const HostSet& hosts() const { return *hosts_; }
  // Whether this request is one of those that the hosts are to be spared.
  bool DropsRequest() {
    const uint32_t dropped = hosts_->drop_per_million;
    return dropped != 0 && worker_.random.Below(1'000'000) < dropped;
  }
  // By the request's hash, and among the hosts that have this metadata, if any is asked for. Null:
  // nobody may be picked. Who needs the host for longer than the turn pins it.
  Host* PickHost(uint64_t hash, const MetadataMatch* metadata = nullptr);
  // Of an ORIGINAL_DST cluster: the host at this address; null: there are too many.
  Host* HostAt(const Address& address);
  void DrainPoolsOf(Host& host);
  // Where new connections to it go, in the order to be tried.
  absl::Span<const Address> AddressesOf(const Host& host) const;
  // One of these pools has been asked: those of the hosts that are picked next get a connection
  // (preconnect_policy.predictive_preconnect_ratio).
  void ConnectAhead(const PoolKey& key, RoutePriority priority);
  // Begins one.
  std::unique_ptr<IoHandle> ConnectTo(const Host& host, const ClusterSpec& spec);
  ConnectionPool& PoolOf(Host& host, const PoolKey& key = {});
  void SetHosts(std::shared_ptr<const HostSet> hosts);  // pools of hosts that are gone drain
  // Another spec from now on; hosts follow in the same turn. Pools of connections that the other
  // spec would make in another way drain.
  void Update(std::shared_ptr<const ClusterSpec> spec, std::shared_ptr<OutlierMonitor> outliers);
  // Pools drain; when the last is empty and `Retire` was called, the cluster deletes itself.
  void Retire();
  size_t pools() const;

 private:
  friend class ConnectionPool;
  using HostPools = absl::InlinedVector<std::unique_ptr<ConnectionPool>, 1>;
  // Of a draining pool, or of one that is not to be kept.
  void OnPoolEmpty() { worker_.loop.AtEndOfTurn(*this); }
  void RunEndOfTurn() override;  // frees them
  void FreePassingPools();
  struct Picked {
    Host* host = nullptr;
    PickNotes notes = {};
  };
  Picked Pick(uint64_t hash, const MetadataMatch* metadata);
  void CountPick(const Host* host, const PickNotes& notes);
  void DrainPoolsOfTheGone();
  void DrainAllPools();
  void Drain(HostPools& pools);

  WorkerContext& worker_;
  Network& network_;
  std::shared_ptr<const ClusterSpec> spec_;
  const std::shared_ptr<CircuitBreaker> breaker_;
  std::shared_ptr<OutlierMonitor> outliers_;
  std::unique_ptr<LoadBalancer> balancer_;
  std::shared_ptr<const HostSet> hosts_;
  std::shared_ptr<const NamedAddresses> left_at_;  // where a logical host was before those
  std::unique_ptr<OriginalHosts> original_;        // null: its hosts are those of hosts_
  absl::InlinedVector<Picked, 2> ahead_;           // for the next requests, of hosts_
  bool retired_ = false;
  absl::flat_hash_map<Host*, HostPools> pools_;
  std::vector<std::unique_ptr<ConnectionPool>> draining_;
};

}  // namespace sluice
