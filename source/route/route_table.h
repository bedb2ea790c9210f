// RouteTable: one RouteConfiguration, compiled: domain to virtual host by hash, path to route
// without walking the list where the order allows it, with exactly the meaning of "the first match
// wins".
//
// Immutable, shared by all workers; a stream pins the one it was routed by. Match allocates
// nothing. A table that is another one but for some virtual hosts shares the rest with it
// (route_table_edit.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "source/http/headers.h"
#include "source/route/domain_match.h"
#include "source/route/route.h"
#include "source/route/shared_map.h"
#include "source/route/table_rules.h"
#include "source/route/virtual_host.h"

namespace sluice {

enum class NoRoute : uint8_t {
  kNone,  // there is one
  kNoVirtualHost,
  kNoMatch,
  kTlsRequired,  // require_tls: redirect to https (301, AppendTlsLocation)
};

struct RouteMatch {
  const Route* route = nullptr;
  NoRoute failure = NoRoute::kNoMatch;
  const VirtualHost* virtual_host = nullptr;  // there is one unless failure is kNoVirtualHost
};

class RouteTable {
 public:
  RouteTable() = default;
  RouteTable(const RouteTable&) = delete;
  RouteTable& operator=(const RouteTable&) = delete;

  // `secure`: the request came over TLS (or x-forwarded-proto says so from a trusted peer).
  // `random_value` decides runtime fractions and is taken from the stream, so that a second match
  // agrees.
  RouteMatch Match(const Headers& request, bool secure, uint64_t random_value) const;
  // The host that Match goes by.
  absl::string_view HostOf(const Headers& request) const;
  bool HasHost(absl::string_view host) const { return domains_.Find(host) != nullptr; }

  const std::string& name() const { return rules_->name; }
  const std::shared_ptr<const TableRules>& rules() const { return rules_; }
  // Of that name; null: there is none.
  const VirtualHost* FindVirtualHost(absl::string_view name) const;
  size_t virtual_hosts() const { return virtual_hosts_.size(); }
  // Those that may be other than `before` has them, or not there.
  template <class Visit>
  void ForEachOther(const RouteTable& before, const Visit& visit) const {
    virtual_hosts_.ForEachUnshared(before.virtual_hosts_,
                                   [&](const std::string& name, const auto& host) {
                                     const VirtualHost* const old = before.FindVirtualHost(name);
                                     if (old != host.get()) visit(host, old);
                                   });
  }

  // Every cluster that a route names, sorted, once each; what cluster_header names is not known
  // here.
  std::vector<std::string> clusters() const;
  bool Names(absl::string_view cluster) const { return clusters_.Find(cluster) != nullptr; }
  // Whether there is any that `before` does not name and of which `holds` is true.
  bool AnyNewCluster(const RouteTable& before,
                     const std::function<bool(const std::string& name)>& holds) const;
  // Whether a cluster that does not exist refuses the table; unset: as the source of the table has
  // it (static: yes, RDS: no).
  std::optional<bool> validate_clusters() const { return rules_->validate_clusters; }

 private:
  friend class RouteTableEdit;

  std::shared_ptr<const TableRules> rules_ = std::make_shared<TableRules>();
  DomainTable domains_;                                          // of those in `virtual_hosts_`
  SharedMap<std::shared_ptr<const VirtualHost>> virtual_hosts_;  // by name
  SharedMap<uint32_t> clusters_;                                 // how many virtual hosts name it
};

// Which cluster a cluster action means for this request; empty: cluster_header named none.
// Also gives the weighted entry, whose edits apply too.
struct ClusterChoice {
  absl::string_view name;
  const WeightedCluster* weighted = nullptr;
};
ClusterChoice ChooseCluster(const ClusterAction& action, const Headers& request,
                            uint64_t random_value);

}  // namespace sluice
