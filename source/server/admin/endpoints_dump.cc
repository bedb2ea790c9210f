#include "source/server/admin/endpoints_dump.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "envoy/admin/v3/config_dump.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "source/server/admin/dynamic_config_dump.h"
#include "source/server/admin/proto_address.h"

namespace sluice {
namespace {

using envoy::config::endpoint::v3::ClusterLoadAssignment;
using envoy::config::endpoint::v3::LocalityLbEndpoints;
using google::protobuf::Message;

envoy::config::core::v3::HealthStatus StatusOf(const HostView& host) {
  using envoy::config::core::v3::HealthStatus;
  switch (HealthOf(host.flags)) {
    case HostHealth::kHealthy:
      return HealthStatus::HEALTHY;
    case HostHealth::kDegraded:
      return HealthStatus::DEGRADED;
    case HostHealth::kUnhealthy:
      break;
  }
  return HealthStatus::UNHEALTHY;
}

bool SameGroup(const HostView& a, const HostView& b) {
  return a.priority == b.priority && a.region == b.region && a.zone == b.zone &&
         a.sub_zone == b.sub_zone;
}

void AddGroup(const HostView& host, ClusterLoadAssignment& assignment) {
  LocalityLbEndpoints& group = *assignment.add_endpoints();
  group.mutable_locality()->set_region(host.region);
  group.mutable_locality()->set_zone(host.zone);
  group.mutable_locality()->set_sub_zone(host.sub_zone);
  group.set_priority(host.priority);
}

void AddHost(const HostView& host, LocalityLbEndpoints& group) {
  auto& endpoint = *group.add_lb_endpoints();
  endpoint.mutable_endpoint()->set_hostname(host.hostname);
  *endpoint.mutable_endpoint()->mutable_address() = ProtoAddress(host.address);
  endpoint.set_health_status(StatusOf(host));
  endpoint.mutable_load_balancing_weight()->set_value(host.weight);
}

// Hosts that follow each other and share priority and locality make one group.
ClusterLoadAssignment EndpointsOf(const ClusterView& cluster) {
  ClusterLoadAssignment assignment;
  assignment.set_cluster_name(cluster.eds_service_name.empty() ? cluster.name
                                                               : cluster.eds_service_name);
  assignment.mutable_policy()->mutable_overprovisioning_factor()->set_value(
      cluster.overprovisioning_factor);
  const HostView* previous = nullptr;
  for (const HostView& host : cluster.hosts) {
    if (previous == nullptr || !SameGroup(*previous, host)) AddGroup(host, assignment);
    AddHost(host, *assignment.mutable_endpoints(assignment.endpoints_size() - 1));
    previous = &host;
  }
  return assignment;
}

}  // namespace

void AddEndpointsDump(const std::vector<ClusterView>& clusters, ConfigDumpParts& parts) {
  auto dump = std::make_unique<envoy::admin::v3::EndpointsConfigDump>();
  for (const ClusterView& cluster : clusters) {
    const envoy::config::endpoint::v3::ClusterLoadAssignment endpoints = EndpointsOf(cluster);
    if (cluster.added_by == AddedBy::kDiscovery) {
      auto& entry = *dump->add_dynamic_endpoint_configs();
      entry.mutable_endpoint_config()->PackFrom(endpoints);
      if (cluster.assignment != nullptr) WriteAssignment(*cluster.assignment, entry);
    } else {
      dump->add_static_endpoint_configs()->mutable_endpoint_config()->PackFrom(endpoints);
    }
  }
  const auto is_clusters = [](const std::unique_ptr<Message>& part) {
    return part->GetDescriptor() == envoy::admin::v3::ClustersConfigDump::descriptor();
  };
  const auto at = std::find_if(parts.begin(), parts.end(), is_clusters);
  parts.insert(at == parts.end() ? at : at + 1, std::move(dump));
}

}  // namespace sluice
