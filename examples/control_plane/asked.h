// Asked: what one proxy has asked for of one kind of resource, what it has been sent, and what it
// is owed. Pure: requests in, responses out; one for each dialect.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "envoy/service/discovery/v3/discovery.pb.h"
#include "examples/control_plane/snapshot.h"

namespace control_plane {

using ItemsOfKind = std::map<std::string, Item>;

// State of the world: each response holds all that is asked for.
class AskedWhole {
 public:
  void Take(const envoy::service::discovery::v3::DiscoveryRequest& request);
  // Nullopt: it has all that.
  std::optional<envoy::service::discovery::v3::DiscoveryResponse> Owed(const std::string& type_url,
                                                                       const ItemsOfKind& items);

 private:
  bool wants_all_ = false;
  bool has_named_ = false;
  bool must_answer_ = false;
  std::set<std::string> names_;
  std::string version_sent_, nonce_;
  uint64_t nonces_ = 0;
};

// Delta: each response holds what has changed.
class AskedChanges {
 public:
  void Take(const envoy::service::discovery::v3::DeltaDiscoveryRequest& request);
  std::optional<envoy::service::discovery::v3::DeltaDiscoveryResponse> Owed(
      const std::string& type_url, const ItemsOfKind& items);

 private:
  bool Wants(const std::string& name) const { return wants_all_ || names_.contains(name); }
  bool wants_all_ = false;
  bool is_first_ = true;
  std::set<std::string> names_;
  std::map<std::string, std::string> sent_;  // versions, by name
  std::set<std::string> missing_;            // asked for, and told that there is none
  uint64_t nonces_ = 0;
};

}  // namespace control_plane
