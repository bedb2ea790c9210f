#include "source/control/cluster_updates.h"

#include "absl/strings/str_cat.h"

namespace sluice {

using ClusterProto = envoy::config::cluster::v3::Cluster;

std::vector<ResourceError> ClusterUpdates::OnResources(const std::vector<Resource>& resources,
                                                       const std::vector<std::string>& gone) {
  std::vector<ResourceError> refused = UpdateResources<ClusterProto>(
      resources, parts_.loop.wall_now(), records_,
      [this](const ClusterProto& proto, const std::string&, const FieldScope& scope) {
        if (!parts_.static_names.contains(proto.name())) return Set(proto, scope);
        scope.At("name").Error(
            absl::StrCat("\"", proto.name(), "\" is a static cluster of the bootstrap"),
            "discovery does not change those; choose another name");
      });
  for (const std::string& name : gone) {
    records_.erase(name);
    leaving_.insert(name);
    stays_.Set(name, kStayMax);
  }
  OnRoutes();
  TellFirst();
  return refused;
}

void ClusterUpdates::Set(const ClusterProto& proto, const FieldScope& scope) {
  const size_t errors_before = scope.errors().size();
  parts_.set(proto, scope);
  if (scope.errors().size() != errors_before) return;
  leaving_.erase(proto.name());
  stays_.Clear(proto.name());
}

void ClusterUpdates::OnRoutes() {
  const absl::btree_set<std::string> leaving = leaving_;
  for (const std::string& name : leaving) {
    if (!parts_.is_used(name)) Leave(name);
  }
}

void ClusterUpdates::Leave(const std::string& name) {
  leaving_.erase(name);
  stays_.Clear(name);
  parts_.remove(name);
}

void ClusterUpdates::TellFirst() {
  if (!std::exchange(told_first_, true)) parts_.on_first();
}

}  // namespace sluice
