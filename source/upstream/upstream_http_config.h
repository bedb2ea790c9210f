// HTTP options of a cluster: HttpProtocolOptions of typed_extension_protocol_options, and the
// deprecated fields it replaces, into the codec and connection fields of a ClusterSpec. Main
// thread, at load.
#pragma once

#include "source/config/field_scope.h"
#include "source/upstream/cluster_spec.h"

namespace envoy::config::cluster::v3 {
class Cluster;
}

namespace sluice {

void ParseUpstreamHttp(const envoy::config::cluster::v3::Cluster& cluster, const FieldScope& scope,
                       const ClusterSpec& spec, ClusterSettings& settings);

}  // namespace sluice
