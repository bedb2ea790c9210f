// Cluster configuration: envoy.config.cluster.v3.Cluster to ClusterSpec. Main thread, at load.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "source/config/field_scope.h"
#include "source/config/runtime_keys.h"
#include "source/net/transport_factory.h"
#include "source/stats/registry.h"
#include "source/upstream/cluster_settings_pool.h"
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

// Whom a cluster's configuration is read with.
struct ClusterParts {
  StatsRegistry& stats;
  ParseTransport parse_transport = nullptr;  // null: there is only plaintext
  OpenEventLog open_event_log = nullptr;     // null: there are no event logs
  RuntimeKeys* runtime = nullptr;            // null: nothing sets any key
  ClusterSettingsPool* settings = nullptr;   // null: each cluster has its own
  SocketOptions socket = {};                 // where the cluster says nothing of binding
};

// Null when anything was wrong; every error is in `scope` then.
std::shared_ptr<const ClusterSpec> ParseCluster(const envoy::config::cluster::v3::Cluster& cluster,
                                                const FieldScope& scope, const ClusterParts& parts);

}  // namespace sluice
