// RuntimeUpdates: layers of the runtime by discovery (RTDS), all that come from one source. Main
// thread.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "source/control/runtime_layers.h"
#include "source/control/update_steps.h"
#include "source/event/event_loop.h"
#include "source/xds/resource_source.h"

namespace sluice {

class RuntimeUpdates final : public ResourceUser {
 public:
  // `on_answer`: a layer has come for the first time, or is waited for no longer.
  RuntimeUpdates(EventLoop& loop, RuntimeLayers& layers,
                 std::function<void(size_t layer)> on_answer)
      : loop_(loop), layers_(layers), on_answer_(std::move(on_answer)) {}

  // The resource of this name is the `index`th layer.
  void Add(const std::string& name, size_t index) { indices_[name].push_back(index); }

  std::vector<ResourceError> OnResources(const std::vector<Resource>& resources,
                                         const std::vector<std::string>& gone) override;
  void OnFetchTimeout(const std::string& name) override { TellAnswer(name); }
  const ResourceRecords& records() const { return records_; }
  std::vector<AwaitedName> Awaited() const;

 private:
  void SetLayers(const std::string& name, const RuntimeValues& values);
  void TellAnswer(const std::string& name);

  EventLoop& loop_;
  RuntimeLayers& layers_;
  const std::function<void(size_t)> on_answer_;
  absl::btree_map<std::string, std::vector<size_t>> indices_;
  absl::btree_set<std::string> answered_;
  ResourceRecords records_;
};

}  // namespace sluice
