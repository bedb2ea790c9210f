#include "source/control/runtime_updates.h"

#include "envoy/service/runtime/v3/rtds.pb.h"
#include "source/control/runtime_values.h"

namespace sluice {

using RuntimeProto = envoy::service::runtime::v3::Runtime;

std::vector<ResourceError> RuntimeUpdates::OnResources(const std::vector<Resource>& resources,
                                                       const std::vector<std::string>& gone) {
  for (const std::string& name : gone) {
    records_.erase(name);
    SetLayers(name, {});
  }
  std::vector<ResourceError> refused = UpdateResources<RuntimeProto>(
      resources, loop_.wall_now(), records_,
      [this](const RuntimeProto& proto, const std::string&, const FieldScope& scope) {
        const size_t errors_before = scope.errors().size();
        const RuntimeValues values = ReadRuntimeStruct(proto.layer(), scope.At("layer"));
        if (scope.errors().size() == errors_before) SetLayers(proto.name(), values);
      });
  for (const Resource& resource : resources) TellAnswer(resource.name);
  return refused;
}

std::vector<AwaitedName> RuntimeUpdates::Awaited() const {
  std::vector<AwaitedName> names;
  for (const auto& [name, layers] : indices_) {
    if (!records_.contains(name)) names.push_back({name, answered_.contains(name)});
  }
  return names;
}

void RuntimeUpdates::SetLayers(const std::string& name, const RuntimeValues& values) {
  const auto at = indices_.find(name);
  if (at == indices_.end()) return;
  for (const size_t index : at->second) layers_.SetLayer(index, values);
}

void RuntimeUpdates::TellAnswer(const std::string& name) {
  const auto at = indices_.find(name);
  if (at == indices_.end() || !answered_.insert(name).second) return;
  for (const size_t index : at->second) on_answer_(index);
}

}  // namespace sluice
