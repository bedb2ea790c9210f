// RuntimeLayers: the runtime of the bootstrap's layered_runtime: keys and values in layers, a later
// one over an earlier one, of which some change while the process runs.
//
// Main thread. What all layers together say goes to RuntimeKeys, and from there to whoever reads a
// key. A key that nobody reads is logged, once: nothing that is set is ignored in silence.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "source/config/field_scope.h"
#include "source/config/runtime_keys.h"
#include "source/event/file_watcher.h"
#include "source/event/worker_context.h"
#include "source/stats/registry.h"

namespace sluice {

class RuntimeLayers {
 public:
  struct Layer {
    std::string name;
    RuntimeValues values;
  };
  // `on_change` follows each change of the values.
  RuntimeLayers(WorkerContext& main, StatsRegistry& stats, FileWatcher& files, RuntimeKeys& keys,
                std::function<void()> on_change);

  // Without any layer of the bootstrap there is one for the admin port, as in Envoy.
  void Load(const envoy::config::bootstrap::v3::LayeredRuntime& proto,
            const std::string& service_cluster, const FieldScope& scope);
  // All that is static is configured: from now on it is known which keys nobody reads.
  void OnStarted();

  // Of the `index`th layer of the bootstrap, which comes by discovery.
  void SetLayer(size_t index, RuntimeValues values);
  // In the admin port's layer; an empty text takes a key out of it.
  absl::Status Modify(const std::vector<std::pair<std::string, std::string>>& changes);

  const std::vector<Layer>& layers() const { return layers_; }
  RuntimeKeys& keys() const { return keys_; }

 private:
  struct Folder {
    size_t layer;
    std::string path;
    std::unique_ptr<FileWatch> watch;
  };
  void AddLayer(const envoy::config::bootstrap::v3::RuntimeLayer& proto,
                const std::string& service_cluster, const FieldScope& scope);
  void AddFolder(const envoy::config::bootstrap::v3::RuntimeLayer::DiskLayer& proto,
                 const std::string& service_cluster, const FieldScope& scope);
  void ReadFolders();
  void Apply();
  void SayUnread();

  WorkerContext& main_;
  FileWatcher& files_;
  RuntimeKeys& keys_;
  const std::function<void()> on_change_;
  const Gauge admin_overrides_active_, num_keys_, num_layers_;
  const Counter load_error_, load_success_, override_dir_exists_, override_dir_not_exists_;
  std::vector<Layer> layers_;
  std::vector<Folder> folders_;
  std::optional<size_t> admin_layer_;
  bool started_ = false;
  absl::flat_hash_set<std::string> said_;  // keys, to the log
};

}  // namespace sluice
