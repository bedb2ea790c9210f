// Ten thousand clusters of ten endpoints, as a control plane has them: what benches of discovery
// and of the memory of clusters are told.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "test/harness/fake_control_plane.h"

namespace sluice {

inline constexpr int kClusters = 10'000;
inline constexpr int kEndpoints = 10;

inline std::string NameOf(int index) {
  return absl::StrCat("outbound|8080||service-", index, ".default");
}

inline FakeControlPlane::Item ItemOf(const std::string& name, const google::protobuf::Message& body,
                                     int version) {
  FakeControlPlane::Item item{
      .name = name, .version = absl::StrCat(version), .body = {}, .ttl_s = {}};
  item.body.PackFrom(body);
  return item;
}

// Versions differ in a timeout.
inline FakeControlPlane::Item ClusterItem(int index, int version) {
  envoy::config::cluster::v3::Cluster cluster;
  cluster.set_name(NameOf(index));
  cluster.set_type(envoy::config::cluster::v3::Cluster::EDS);
  auto* source = cluster.mutable_eds_cluster_config()->mutable_eds_config();
  source->mutable_ads();
  source->set_resource_api_version(envoy::config::core::v3::V3);
  cluster.mutable_connect_timeout()->set_seconds(1 + version);
  return ItemOf(cluster.name(), cluster, version);
}

// Versions differ in the weight of the first endpoint.
inline uint32_t WeightOf(int version) { return static_cast<uint32_t>(1 + version % 100); }

inline FakeControlPlane::Item EndpointsItem(int index, int version, int endpoints = kEndpoints) {
  envoy::config::endpoint::v3::ClusterLoadAssignment assignment;
  assignment.set_cluster_name(NameOf(index));
  auto* locality = assignment.add_endpoints();
  for (int i = 0; i < endpoints; ++i) {
    auto* endpoint = locality->add_lb_endpoints();
    auto* address = endpoint->mutable_endpoint()->mutable_address()->mutable_socket_address();
    const int host = endpoints == kEndpoints ? index * 16 + i : i;
    address->set_address(absl::StrCat("10.", host >> 16, ".", (host >> 8) & 255, ".", host & 255));
    address->set_port_value(8080);
    if (i == 0) endpoint->mutable_load_balancing_weight()->set_value(WeightOf(version));
  }
  return ItemOf(assignment.cluster_name(), assignment, version);
}

// Of the delta dialect.
inline std::string DeltaBytes(const ResourceType& type,
                              const std::vector<FakeControlPlane::Item>& items,
                              const std::string& nonce) {
  envoy::service::discovery::v3::DeltaDiscoveryResponse response;
  response.set_type_url(std::string(type.url));
  response.set_nonce(nonce);
  for (const FakeControlPlane::Item& item : items) {
    auto& resource = *response.add_resources();
    resource.set_name(item.name);
    resource.set_version(item.version);
    *resource.mutable_resource() = item.body;
  }
  return response.SerializeAsString();
}

}  // namespace sluice
