// ZonePlan: how much of a priority's traffic each locality gets when traffic is to stay in the
// proxy's own as far as that is fair: the hosts there get no more than those elsewhere when all
// proxies of the fleet go by the same rule. The arithmetic is that of Envoy's documentation ("Zone
// aware routing"). Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "source/upstream/balancer_spec.h"
#include "source/upstream/endpoint_traits.h"

namespace sluice {

// Where the proxies of the fleet are: the cluster that the proxy itself belongs to
// (cluster_manager.local_cluster_name).
struct LocalZones {
  Locality own;  // the proxy's
  // What part of the fleet each locality has, by healthy hosts; empty: nobody knows, or so many are
  // ill that the judgement is more likely wrong.
  absl::flat_hash_map<Locality, double> parts;
};

struct ZoneHosts {
  Locality locality;
  uint32_t healthy;
};

enum class ZoneVerdict : uint8_t {
  kNone,        // there is nothing to choose: one locality, or no host in the proxy's own
  kTooSmall,    // the cluster has too few hosts
  kLocalNotOk,  // nobody knows where the fleet is
  // It is planned:
  kDirect,      // all traffic stays
  kSampled,     // some of it
  kNoCapacity,  // some of it, and no other locality has hosts to spare: what goes, goes anywhere
};

struct ZonePlan {
  ZoneVerdict verdict = ZoneVerdict::kNone;
  std::vector<double> shares;  // of each locality, 1 together; empty: it is not planned
};

ZonePlan PlanZones(absl::Span<const ZoneHosts> hosts, const LocalZones& local,
                   const ZoneAware& settings);

}  // namespace sluice
