// RouteTable: one RouteConfiguration, compiled: domain to virtual host by hash, path to route
// without walking the list where the order allows it, with exactly the meaning of "the first match
// wins".
//
// Immutable, shared by all workers; a stream pins the one it was routed by. Match allocates
// nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "source/http/headers.h"
#include "source/route/domain_match.h"
#include "source/route/route.h"
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

  const std::string& name() const { return name_; }
  // Every cluster that a route names, sorted, once each; what cluster_header names is not known
  // here.
  const std::vector<std::string>& clusters() const { return clusters_; }
  // Whether a cluster that does not exist refuses the table; unset: as the source of the table has
  // it (static: yes, RDS: no).
  std::optional<bool> validate_clusters() const { return validate_clusters_; }

 private:
  friend class RouteTableParser;

  std::string name_;
  DomainTable domains_;
  std::vector<std::unique_ptr<const VirtualHost>> virtual_hosts_;
  HeaderEdits request_edits_, response_edits_;  // Routes point to them
  bool ignore_port_ = false;
  std::vector<std::string> clusters_;
  std::optional<bool> validate_clusters_;
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
