// Cluster configuration: envoy.config.cluster.v3.Cluster to ClusterSpec. Main thread, at load.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "source/config/field_scope.h"
#include "source/config/runtime_keys.h"
#include "source/net/transport_factory.h"
#include "source/stats/registry.h"
#include "source/upstream/cluster_spec.h"
#include "source/upstream/health/health_config.h"

namespace envoy::config::cluster::v3 {
class Cluster;
}

namespace google::protobuf {
class Any;
}

namespace sluice {

// The extension that a transport_socket names, with its configuration; `stat_prefix` is
// "cluster.<name>.". Null, and an error, when it is no good.
using ParseTransport = std::function<std::unique_ptr<const ClientTransportFactory>(
    const google::protobuf::Any& config, const std::string& stat_prefix, const FieldScope& scope)>;

// Null when anything was wrong; every error is in `scope` then. The statistics come from `stats`.
// Without `parse_transport` there is only plaintext, without `open_event_log` no event log, and
// without `runtime` nothing sets any key.
std::shared_ptr<const ClusterSpec> ParseCluster(const envoy::config::cluster::v3::Cluster& cluster,
                                                const FieldScope& scope, StatsRegistry& stats,
                                                const ParseTransport& parse_transport = nullptr,
                                                const OpenEventLog& open_event_log = nullptr,
                                                RuntimeKeys* runtime = nullptr);

}  // namespace sluice
