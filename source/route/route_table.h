// RouteTable: one RouteConfiguration, compiled: domain to virtual host by hash, path to route without
// walking the list where the order allows it, with exactly the meaning of "the first match wins".
//
// Immutable, shared by all workers; a stream pins the one it was routed by. Match allocates nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "source/base/random.h"
#include "source/http/headers.h"
#include "source/route/route.h"

namespace sluice {

enum class NoRoute : uint8_t {
  kNone,             // there is one
  kNoVirtualHost,
  kNoMatch,
  kTlsRequired,      // require_tls: redirect to https
};

struct RouteMatch {
  const Route* route = nullptr;
  NoRoute failure = NoRoute::kNoMatch;
};

class RouteTable {
 public:
  ~RouteTable();
  // `secure`: the request came over TLS (or x-forwarded-proto says so from a trusted peer).
  // `random_value` decides runtime fractions and is taken from the stream, so that a second match agrees.
  RouteMatch Match(const Headers& request, bool secure, uint64_t random_value) const;
  const std::string& name() const;

 private:
  friend class RouteTableBuilder;
  RouteTable();
  struct Compiled;
  std::unique_ptr<const Compiled> compiled_;
};

// Which cluster a cluster action means for this request; empty: cluster_header named none.
// Also gives the weighted entry, whose edits apply too.
struct ClusterChoice {
  absl::string_view name;
  const WeightedCluster* weighted = nullptr;
};
ClusterChoice ChooseCluster(const ClusterAction& action, const Headers& request, uint64_t random_value);

}  // namespace sluice
