// Health checks of a cluster: envoy.config.core.v3.HealthCheck to HealthCheckSpecs, and an
// endpoint's health_check_config to its ProbePlace. Main thread, at load.
#pragma once

#include <functional>
#include <string>

#include "source/accesslog/access_log.h"
#include "source/config/field_scope.h"
#include "source/upstream/cluster_spec.h"
#include "source/upstream/health/probe_place.h"

namespace envoy::config::cluster::v3 {
class Cluster;
}
namespace envoy::config::endpoint::v3 {
class Endpoint;
}

namespace sluice {

// The file of an event log, shared by all that name its path; null, and an error, when it cannot be
// opened.
using OpenEventLog = std::function<LogSink*(const std::string& path, const FieldScope& scope)>;

// health_checks and ignore_health_on_host_removal.
void ParseHealthChecks(const envoy::config::cluster::v3::Cluster& cluster, const FieldScope& scope,
                       const OpenEventLog& open_event_log, ClusterSpec& spec);

// `scope` is the endpoint's.
ProbePlaceRef ParseProbePlace(const envoy::config::endpoint::v3::Endpoint& endpoint,
                              const FieldScope& scope);

}  // namespace sluice
