// ClusterUpdates: clusters by discovery (CDS).
//
// Main thread. A cluster that is gone stays as long as routes lead to it, for a bounded time: the
// routes that do without it may be on their way.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "source/control/update_steps.h"
#include "source/event/event_loop.h"
#include "source/xds/name_deadlines.h"
#include "source/xds/resource_source.h"

namespace sluice {

class ClusterUpdates final : public ResourceUser {
 public:
  static constexpr Duration kStayMax = std::chrono::seconds(15);

  struct Parts {
    EventLoop& loop;
    // Adds a cluster or changes it; with errors in the scope nothing has changed.
    std::function<void(const envoy::config::cluster::v3::Cluster& proto, const FieldScope& scope)>
        set;
    std::function<void(const std::string& name)> remove;
    // Whether a route leads to it.
    std::function<bool(const std::string& name)> is_used;
    // Whether its last version serves: none is warming.
    std::function<bool(const std::string& name)> serves;
    // Of the bootstrap; discovery does not touch them.
    const absl::btree_set<std::string>& static_names;
    // The first answer has been dealt with, or is waited for no longer.
    std::function<void()> on_first;
  };
  explicit ClusterUpdates(Parts parts) : parts_(std::move(parts)) {}

  std::vector<ResourceError> OnResources(const std::vector<Resource>& resources,
                                         const std::vector<std::string>& gone) override;
  void OnResponseEnd() override { TellFirst(); }
  void OnFetchTimeout(const std::string&) override { TellFirst(); }
  // Other routes are in force than before.
  void OnRoutes();
  // Another cluster serves than before.
  void OnServing();
  RecordView ViewOf(const std::string& name, const ResourceRecord& record) const;
  const ResourceRecords& records() const { return records_; }

 private:
  void Set(const envoy::config::cluster::v3::Cluster& proto, const FieldScope& scope);
  void Leave(const std::string& name);
  void TellFirst();

  const Parts parts_;
  absl::btree_set<std::string> leaving_;
  NameDeadlines stays_{parts_.loop, [this](const std::string& name) { Leave(name); }};
  ResourceRecords records_;
  ResourceRecords before_;  // what serves in the place of what warms
  bool told_first_ = false;
};

}  // namespace sluice
