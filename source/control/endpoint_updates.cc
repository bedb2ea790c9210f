#include "source/control/endpoint_updates.h"

#include <utility>

#include "envoy/config/endpoint/v3/endpoint.pb.h"

namespace sluice {

using AssignmentProto = envoy::config::endpoint::v3::ClusterLoadAssignment;

void EndpointUpdates::Want(const std::string& cluster, const std::string& service,
                           Duration fetch_timeout) {
  const auto before = service_of_.find(cluster);
  if (before != service_of_.end() && before->second != service) Unwant(cluster);
  service_of_[cluster] = service;
  Service& wanted = services_[service];
  wanted.clusters.insert(cluster);
  source_->Want(kEndpointType, service, fetch_timeout);
  StatsOf(cluster).attempt.Add(main_.stats);
  if (wanted.has_assignment) {
    Assignment assignment = Read(service);
    clusters_.SetEndpoints(cluster, std::move(assignment.endpoints), assignment.policy);
  } else if (wanted.is_missing) {
    clusters_.EndpointsFailed(cluster);
  }
}

UpdateStats EndpointUpdates::StatsOf(const std::string& cluster) const {
  const Cluster* const known = clusters_.Find(cluster);
  if (known == nullptr) return {};  // it counts nowhere
  const ClusterStats& stats = known->spec().stats;
  return {.attempt = stats.update_attempt,
          .success = stats.update_success,
          .failure = stats.update_failure,
          .rejected = stats.update_rejected,
          .fetch_timeout = stats.init_fetch_timeout,
          .version = stats.version,
          .updated_at = stats.update_time};
}

void EndpointUpdates::Unwant(const std::string& cluster) {
  const auto at = service_of_.find(cluster);
  if (at == service_of_.end()) return;
  const auto service = services_.find(at->second);
  service->second.clusters.erase(cluster);
  if (service->second.clusters.empty()) {
    source_->Unwant(kEndpointType, service->first);
    records_.erase(service->first);
    services_.erase(service);
  }
  service_of_.erase(at);
}

const ResourceRecord* EndpointUpdates::FindRecord(const std::string& cluster) const {
  const auto service = service_of_.find(cluster);
  if (service == service_of_.end()) return nullptr;
  const auto record = records_.find(service->second);
  return record == records_.end() ? nullptr : &record->second;
}

std::vector<AwaitedName> EndpointUpdates::Awaited() const {
  std::vector<AwaitedName> names;
  for (const auto& [name, service] : services_) {
    if (records_.contains(name)) continue;
    // What had an assignment has one no longer: it was not renewed in time.
    names.push_back({name, service.is_missing || service.has_assignment});
  }
  return names;
}

// What is gone from the control plane stays in use: a cluster that has no endpoints any more is
// told so by an assignment without any.
std::vector<ResourceError> EndpointUpdates::OnResources(const std::vector<Resource>& resources,
                                                        const std::vector<std::string>&) {
  const std::vector<ResourceError> refused = UpdateResources<AssignmentProto>(
      resources, main_.loop.wall_now(), records_,
      [this](const AssignmentProto& proto, const std::string&, const FieldScope& scope) {
        const size_t errors_before = scope.errors().size();
        Assignment assignment = ParseAssignment(proto, DiscoveryType::kStatic, scope);
        if (scope.errors().size() != errors_before) return;
        const auto service = services_.find(proto.cluster_name());
        if (service == services_.end()) return;  // wanted no longer
        service->second.has_assignment = true;
        service->second.stale_after = assignment.stale_after;
        for (const std::string& cluster : service->second.clusters) {
          clusters_.SetEndpoints(cluster, assignment.endpoints, assignment.policy);
        }
      });
  // One that says the same as before is as good as new.
  for (const Resource& resource : resources) {
    if (records_[resource.name].refused == nullptr) Renew(resource.name);
  }
  CountUpdates(main_, resources, refused, [this](const std::string& name) {
    std::vector<UpdateStats> stats;
    const auto at = services_.find(name);
    if (at == services_.end()) return stats;
    for (const std::string& cluster : at->second.clusters) stats.push_back(StatsOf(cluster));
    return stats;
  });
  return refused;
}

// What is in force: it is kept as it came, for the few who ask for it again.
Assignment EndpointUpdates::Read(const std::string& name) const {
  const auto record = records_.find(name);
  AssignmentProto proto;
  if (record == records_.end() || !proto.ParseFromString(record->second.body)) return {};
  ConfigErrors errors;
  return ParseAssignment(proto, DiscoveryType::kStatic, FieldScope(errors));
}

void EndpointUpdates::Renew(const std::string& name) {
  const auto at = services_.find(name);
  if (at == services_.end() || !at->second.has_assignment) return;
  Service& service = at->second;
  const Duration time = service.stale_after;
  if (time == Duration::zero()) return service.expiry.reset();
  if (service.expiry == nullptr) service.expiry = std::make_unique<Expiry>(*this, name);
  service.expiry->timer.Arm(time);
}

void EndpointUpdates::OnStale(const std::string& name) {
  Service& service = services_.find(name)->second;
  service.stale_after = Duration::zero();
  // Or the same assignment, when it comes again, would be no news; it says that there are none now.
  records_.erase(name);
  for (const std::string& cluster : service.clusters) clusters_.SetEndpoints(cluster, {}, {});
}

void EndpointUpdates::OnFetchTimeout(const std::string& service) {
  const auto at = services_.find(service);
  if (at == services_.end() || at->second.has_assignment) return;
  for (const std::string& cluster : at->second.clusters) {
    StatsOf(cluster).fetch_timeout.Add(main_.stats);
  }
  OnMissing(service);
}

void EndpointUpdates::OnMissing(const std::string& service) {
  const auto at = services_.find(service);
  if (at == services_.end() || at->second.has_assignment) return;
  at->second.is_missing = true;
  for (const std::string& cluster : at->second.clusters) clusters_.EndpointsFailed(cluster);
}

}  // namespace sluice
