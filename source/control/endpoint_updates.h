// EndpointUpdates: the endpoints of clusters by discovery (EDS), all that come from one source.
//
// Main thread. An assignment is kept as long as a cluster wants it: a cluster that is set anew has
// its endpoints at once.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "source/control/named_stats.h"
#include "source/control/update_steps.h"
#include "source/event/event_loop.h"
#include "source/event/timer.h"
#include "source/upstream/cluster_set.h"
#include "source/upstream/endpoint_config.h"
#include "source/xds/resource_source.h"

namespace sluice {

class EndpointUpdates final : public ResourceUser {
 public:
  EndpointUpdates(WorkerContext& main, ClusterSet& clusters) : main_(main), clusters_(clusters) {}
  // Where they come by; outlives this.
  void SetSource(ResourceSource& source) { source_ = &source; }

  // `cluster`, which has been set, has the endpoints that go by the name `service`. In place of
  // what it had asked for before.
  void Want(const std::string& cluster, const std::string& service, Duration fetch_timeout);
  void Unwant(const std::string& cluster);

  std::vector<ResourceError> OnResources(const std::vector<Resource>& resources,
                                         const std::vector<std::string>& gone) override;
  void OnFetchTimeout(const std::string& service) override;
  void OnMissing(const std::string& service) override;
  const ResourceRecords& records() const { return records_; }
  std::vector<AwaitedName> Awaited() const;
  bool in_use() const { return !services_.empty(); }
  // Of what this cluster asks for; null: nothing has come.
  const ResourceRecord* FindRecord(const std::string& cluster) const;

 private:
  // Ends an assignment that nobody has renewed in time (endpoint_stale_after).
  struct Expiry {
    Expiry(EndpointUpdates& updates, std::string service)
        : updates(updates),
          service(std::move(service)),
          timer(updates.main_.loop, this, kMethod<&Expiry::OnTime>) {}
    void OnTime() { updates.OnStale(service); }
    EndpointUpdates& updates;
    const std::string service;
    Timer timer;
  };
  struct Service {
    absl::btree_set<std::string> clusters;
    bool has_assignment = false;     // one that was good has come
    bool is_missing = false;         // nobody waits for the first any longer
    Duration stale_after{0};         // of the last that was good
    std::unique_ptr<Expiry> expiry;  // null: it lasts
  };
  // "cluster.<stat_name>.update_success" and the like.
  UpdateStats StatsOf(const std::string& cluster) const;
  Assignment Read(const std::string& name) const;
  void Renew(const std::string& name);
  void OnStale(const std::string& name);

  WorkerContext& main_;
  ClusterSet& clusters_;
  ResourceSource* source_ = nullptr;
  absl::btree_map<std::string, Service> services_;
  absl::btree_map<std::string, std::string> service_of_;  // by cluster
  ResourceRecords records_;
};

}  // namespace sluice
