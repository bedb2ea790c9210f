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
    if (!Forget(records_, name)) continue;  // nor is it a static one's name
    before_.erase(name);
    leaving_.insert(name);
    stays_.Set(name, kStayMax);
  }
  OnRoutes();
  return refused;
}

void ClusterUpdates::Set(const ClusterProto& proto, const FieldScope& scope) {
  const size_t errors_before = scope.errors().size();
  const bool did_serve = parts_.serves(proto.name());
  parts_.set(proto, scope);
  if (scope.errors().size() != errors_before) return;
  const ResourceRecord& present = records_[proto.name()];
  if (did_serve && present.has_body()) before_[proto.name()] = present;
  leaving_.erase(proto.name());
  stays_.Clear(proto.name());
}

void ClusterUpdates::OnRoutes() {
  const absl::btree_set<std::string> leaving = leaving_;
  for (const std::string& name : leaving) {
    if (!parts_.is_used(name)) Leave(name);
  }
}

void ClusterUpdates::OnServing() {
  absl::erase_if(before_, [this](const auto& entry) { return parts_.serves(entry.first); });
}

RecordView ClusterUpdates::ViewOf(const std::string& name, const ResourceRecord& record) const {
  if (!record.has_body() || parts_.serves(name)) return {record};
  const auto before = before_.find(name);
  return {record, true, before == before_.end() ? nullptr : &before->second};
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
