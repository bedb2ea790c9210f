#include "source/control/runtime_layers.h"

#include <filesystem>
#include <system_error>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "source/base/log.h"
#include "source/control/runtime_values.h"

namespace sluice {

using envoy::config::bootstrap::v3::LayeredRuntime;
using LayerProto = envoy::config::bootstrap::v3::RuntimeLayer;

RuntimeLayers::RuntimeLayers(WorkerContext& main, StatsRegistry& stats, FileWatcher& files,
                             RuntimeKeys& keys, std::function<void()> on_change)
    : main_(main),
      files_(files),
      keys_(keys),
      on_change_(std::move(on_change)),
      admin_overrides_active_(stats.GetGauge("runtime.admin_overrides_active")),
      num_keys_(stats.GetGauge("runtime.num_keys")),
      num_layers_(stats.GetGauge("runtime.num_layers")),
      load_error_(stats.GetCounter("runtime.load_error")),
      load_success_(stats.GetCounter("runtime.load_success")),
      override_dir_exists_(stats.GetCounter("runtime.override_dir_exists")),
      override_dir_not_exists_(stats.GetCounter("runtime.override_dir_not_exists")) {}

void RuntimeLayers::Load(const LayeredRuntime& proto, const std::string& service_cluster,
                         const FieldScope& scope) {
  for (int i = 0; i < proto.layers_size(); ++i) {
    AddLayer(proto.layers(i), service_cluster, scope.At("layers", i));
  }
  if (layers_.empty()) {
    layers_.push_back({"admin", {}});
    admin_layer_ = 0;
  }
  ReadFolders();
  Apply();
}

void RuntimeLayers::AddLayer(const LayerProto& proto, const std::string& service_cluster,
                             const FieldScope& scope) {
  const auto has_its_name = [&](const Layer& layer) { return layer.name == proto.name(); };
  if (absl::c_any_of(layers_, has_its_name)) {
    scope.At("name").Error(absl::StrCat("\"", proto.name(), "\" is taken by another layer"));
  }
  layers_.push_back({proto.name(), {}});
  switch (proto.layer_specifier_case()) {
    case LayerProto::kStaticLayer:
      layers_.back().values = ReadRuntimeStruct(proto.static_layer(), scope.At("static_layer"));
      return;
    case LayerProto::kDiskLayer:
      return AddFolder(proto.disk_layer(), service_cluster, scope.At("disk_layer"));
    case LayerProto::kAdminLayer:
      if (admin_layer_.has_value()) scope.At("admin_layer").Error("there is one already");
      admin_layer_ = layers_.size() - 1;
      return;
    case LayerProto::kRtdsLayer:
      return;  // Discovery asks for it
    case LayerProto::LAYER_SPECIFIER_NOT_SET:
      break;
  }
  scope.Error("says no layer", "set static_layer, or another of its kind");
}

void RuntimeLayers::AddFolder(const LayerProto::DiskLayer& proto,
                              const std::string& service_cluster, const FieldScope& scope) {
  std::string path = proto.symlink_root();
  if (path.empty()) scope.At("symlink_root").Error("is required");
  if (!proto.subdirectory().empty()) absl::StrAppend(&path, "/", proto.subdirectory());
  if (proto.append_service_cluster()) absl::StrAppend(&path, "/", service_cluster);
  folders_.push_back({layers_.size() - 1, path, nullptr});
  auto watch = files_.Watch(proto.symlink_root(), [this] {
    ReadFolders();
    Apply();
  });
  if (watch.ok()) {
    folders_.back().watch = *std::move(watch);
  } else {
    SLUICE_LOG(kConfig, kWarning, path, ": changes are not seen: ", watch.status().message());
  }
}

// A folder that is not there is a layer without keys, and one that cannot be read changes nothing.
void RuntimeLayers::ReadFolders() {
  size_t read = 0;
  bool all_good = true;
  for (const Folder& folder : folders_) {
    std::error_code error;
    if (!std::filesystem::is_directory(folder.path, error)) {
      layers_[folder.layer].values.clear();
      continue;
    }
    absl::StatusOr<RuntimeValues> values = ReadRuntimeFolder(folder.path);
    if (values.ok()) {
      layers_[folder.layer].values = *std::move(values);
      ++read;
    } else {
      all_good = false;
      SLUICE_LOG(kConfig, kWarning, "the runtime stays as it was: ", values.status().message());
    }
  }
  (all_good ? load_success_ : load_error_).Add(main_.stats);
  // Envoy's notion of an override: a second folder.
  (read > 1 ? override_dir_exists_ : override_dir_not_exists_).Add(main_.stats);
}

void RuntimeLayers::OnStarted() {
  started_ = true;
  SayUnread();
}

void RuntimeLayers::SetLayer(size_t index, RuntimeValues values) {
  layers_[index].values = std::move(values);
  load_success_.Add(main_.stats);
  Apply();
}

absl::Status RuntimeLayers::Modify(
    const std::vector<std::pair<std::string, std::string>>& changes) {
  if (!admin_layer_.has_value()) {
    return absl::FailedPreconditionError("No admin layer specified");
  }
  RuntimeValues& values = layers_[*admin_layer_].values;
  for (const auto& [key, text] : changes) {
    if (text.empty()) {
      values.erase(key);
    } else {
      values[key] = ReadRuntimeText(text);
    }
  }
  load_success_.Add(main_.stats);
  Apply();
  return absl::OkStatus();
}

void RuntimeLayers::Apply() {
  RuntimeValues all;
  for (const Layer& layer : layers_) {
    for (const auto& [key, value] : layer.values) all[key] = value;
  }
  num_layers_.Set(main_.stats, static_cast<int64_t>(layers_.size()));
  num_keys_.Set(main_.stats, static_cast<int64_t>(all.size()));
  const bool overrides = admin_layer_.has_value() && !layers_[*admin_layer_].values.empty();
  admin_overrides_active_.Set(main_.stats, overrides ? 1 : 0);
  keys_.Set(std::move(all));
  on_change_();
  if (started_) SayUnread();
}

void RuntimeLayers::SayUnread() {
  std::vector<std::string> unread;
  for (const auto& [key, value] : keys_.values()) {
    if (keys_.IsRead(key) || !said_.insert(key).second) continue;
    unread.push_back(absl::StrCat(key, "=", value.text));
  }
  if (unread.empty()) return;
  SLUICE_LOG(kConfig, kWarning, "the runtime sets what nothing of the configuration reads: ",
             absl::StrJoin(unread, " "));
}

}  // namespace sluice
