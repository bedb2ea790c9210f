#include "source/upstream/cluster_config.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "envoy/config/cluster/v3/circuit_breaker.pb.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/core/v3/address.pb.h"
#include "envoy/config/core/v3/base.pb.h"
#include "sluice/extensions/http/upgrade/v1/upgrade.pb.h"
#include "source/config/any_unpack.h"
#include "source/config/canonical_bytes.h"
#include "source/config/node_to_proto.h"
#include "source/config/proto_fields.h"
#include "source/config/value_text.h"
#include "source/config/well_known_types.h"
#include "source/net/bind_config.h"
#include "source/upstream/cluster_stats.h"
#include "source/upstream/discovery_config.h"
#include "source/upstream/endpoint_config.h"
#include "source/upstream/lb_config.h"
#include "source/upstream/outlier/outlier_config.h"
#include "source/upstream/upstream_http_config.h"

namespace sluice {
namespace {

namespace pb = envoy::config::cluster::v3;
namespace core = envoy::config::core::v3;

// docs/decisions/0015-own-settings-of-clusters.md.
constexpr absl::string_view kUpgradesKey = "sluice.upgrade";
constexpr absl::string_view kRawBuffer =
    "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer";

RetryBudget ParseRetryBudget(const pb::CircuitBreakers::Thresholds::RetryBudget& proto,
                             const FieldScope& scope) {
  RetryBudget budget;
  if (proto.has_budget_percent()) {
    budget.percent =
        ReadPercent(proto.budget_percent(), scope.At("budget_percent")).value_or(budget.percent);
  }
  budget.retries_min = UInt32Or(proto, "min_retry_concurrency", budget.retries_min, scope);
  return budget;
}

void ParseBreakers(const pb::CircuitBreakers& breakers, const FieldScope& scope,
                   ClusterSettings& settings) {
  for (int i = 0; i < breakers.thresholds_size(); ++i) {
    const auto& thresholds = breakers.thresholds(i);
    const FieldScope field = scope.At("thresholds", i);
    BreakerLimits& limits = settings.breakers[thresholds.priority() == core::HIGH];
    limits.connections_max = UInt32Or(thresholds, "max_connections", limits.connections_max, field);
    limits.pending_requests_max =
        UInt32Or(thresholds, "max_pending_requests", limits.pending_requests_max, field);
    limits.requests_max = UInt32Or(thresholds, "max_requests", limits.requests_max, field);
    limits.retries_max = UInt32Or(thresholds, "max_retries", limits.retries_max, field);
    limits.track_remaining = thresholds.track_remaining();
    if (thresholds.has_retry_budget()) {
      limits.retry_budget = ParseRetryBudget(thresholds.retry_budget(), field.At("retry_budget"));
    }
  }
  for (int i = 0; i < breakers.per_host_thresholds_size(); ++i) {
    const auto& thresholds = breakers.per_host_thresholds(i);
    BreakerLimits& limits = settings.breakers[thresholds.priority() == core::HIGH];
    limits.host_connections_max =
        UInt32Or(thresholds, "max_connections", limits.host_connections_max,
                 scope.At("per_host_thresholds", i));
  }
}

void ParseUpgrades(const core::Metadata& metadata, const FieldScope& scope,
                   ClusterSettings& settings) {
  const auto found = metadata.filter_metadata().find(std::string(kUpgradesKey));
  if (found == metadata.filter_metadata().end()) return;
  const FieldScope field = scope.AtKey("filter_metadata", kUpgradesKey);
  extensions::http::upgrade::v1::ClusterUpgrades upgrades;
  ReadMessage(NodeFromStruct(found->second), Notation::kJson, upgrades, field, nullptr);
  for (BreakerLimits& limits : settings.breakers)
    limits.upgrades_max = UInt32Or(upgrades, "max_upgrades", limits.upgrades_max, field);
}

std::shared_ptr<const ClientTransportFactory> ParseTransportSocket(
    const core::TransportSocket& socket, const FieldScope& scope, const ParseTransport& parse,
    const ClusterSpec& spec) {
  const auto& config = socket.typed_config();
  if (ContentType(config) == kRawBuffer) return nullptr;
  const FieldScope field = scope.At("typed_config");
  // Never plaintext where encryption was asked for.
  if (parse == nullptr) {
    field.Error("is not built in; connections to this cluster are plaintext");
    return nullptr;
  }
  return parse(config, ClusterStatPrefix(spec.stat_name), field);
}

void ParseTransports(const pb::Cluster& cluster, const FieldScope& scope,
                     const ParseTransport& parse, ClusterSpec& spec) {
  if (cluster.has_transport_socket()) {
    spec.transport =
        ParseTransportSocket(cluster.transport_socket(), scope.At("transport_socket"), parse, spec);
  }
  for (int i = 0; i < cluster.transport_socket_matches_size(); ++i) {
    const auto& match = cluster.transport_socket_matches(i);
    const FieldScope field = scope.At("transport_socket_matches", i);
    if (!Required(match, "name", field) || !Required(match, "transport_socket", field)) continue;
    spec.transport_matches.push_back(
        {.labels = ReadKeyValues(match.match()),
         .transport = ParseTransportSocket(match.transport_socket(), field.At("transport_socket"),
                                           parse, spec)});
  }
}

void ParseSocket(const pb::Cluster& cluster, const FieldScope& scope, ClusterSettings& settings) {
  if (cluster.has_upstream_bind_config())
    ReadBindConfig(cluster.upstream_bind_config(), scope.At("upstream_bind_config"),
                   settings.socket);
  const auto& options = cluster.upstream_connection_options();
  if (!options.has_tcp_keepalive()) return;
  const FieldScope upstream = scope.At("upstream_connection_options");
  const FieldScope field = upstream.At("tcp_keepalive");
  const auto& keepalive = options.tcp_keepalive();
  constexpr UInt32Range kSystem = {.max = 32767};  // what the kernel takes
  settings.socket.keep_alive = true;
  settings.socket.keep_alive_probes =
      static_cast<int>(UInt32Or(keepalive, "keepalive_probes", 0, field, {.max = 127}));
  settings.socket.keep_alive_time_s =
      static_cast<int>(UInt32Or(keepalive, "keepalive_time", 0, field, kSystem));
  settings.socket.keep_alive_interval_s =
      static_cast<int>(UInt32Or(keepalive, "keepalive_interval", 0, field, kSystem));
}

// The next hosts can be told where neither load nor the request decides; as in Envoy.
bool PicksInAdvance(const ClusterSettings& settings) {
  const BalancerPolicy policy = settings.balancer.policy;
  return (policy == BalancerPolicy::kRoundRobin || policy == BalancerPolicy::kRandom) &&
         settings.balancer.subsets == nullptr && !settings.original_dst.has_value();
}

double ReadRatio(const pb::Cluster::PreconnectPolicy& policy, const char* name,
                 const FieldScope& scope) {
  const double ratio = DoubleOr(policy, name, 1.0);
  if (ratio >= 1.0 && ratio <= 3.0) return ratio;
  scope.At(name).Error("must be from 1 to 3");
  return 1.0;
}

void ParsePreconnect(const pb::Cluster::PreconnectPolicy& policy, const FieldScope& scope,
                     ClusterSettings& settings) {
  settings.preconnect_ratio = ReadRatio(policy, "per_upstream_preconnect_ratio", scope);
  const double ratio = ReadRatio(policy, "predictive_preconnect_ratio", scope);
  if (PicksInAdvance(settings))
    settings.connect_ahead = static_cast<uint32_t>(std::ceil(ratio)) - 1;
}

// Equal for messages that say the same; never 0.
uint64_t HashOf(const google::protobuf::Message& message) {
  return std::max<uint64_t>(absl::HashOf(CanonicalBytes(message)), 1);
}

// What ClusterSettings are made of; what is not named here may be among it.
uint64_t SettingsHashOf(const pb::Cluster& cluster) {
  pb::Cluster settings = cluster;
  settings.clear_name();
  settings.clear_alt_stat_name();
  settings.clear_eds_cluster_config();
  settings.clear_load_assignment();
  settings.clear_health_checks();
  settings.clear_transport_socket();
  settings.clear_transport_socket_matches();
  settings.clear_metadata();
  const auto& filters = cluster.metadata().filter_metadata();
  const auto upgrades = filters.find(std::string(kUpgradesKey));
  if (upgrades != filters.end()) {
    (*settings.mutable_metadata()->mutable_filter_metadata())[upgrades->first] = upgrades->second;
  }
  return HashOf(settings);
}

SpecHashes HashesOf(const pb::Cluster& cluster) {
  SpecHashes hashes{.all = HashOf(cluster), .settings = SettingsHashOf(cluster)};
  pb::Cluster checks;
  *checks.mutable_health_checks() = cluster.health_checks();
  hashes.health_checks = HashOf(checks);
  // What is not named here may concern connections.
  pb::Cluster connections = cluster;
  connections.clear_cluster_discovery_type();
  connections.clear_eds_cluster_config();
  connections.clear_cleanup_interval();
  connections.clear_load_assignment();
  connections.clear_connect_timeout();
  connections.clear_health_checks();
  connections.clear_ignore_health_on_host_removal();
  connections.clear_close_connections_on_host_health_failure();
  connections.clear_outlier_detection();
  connections.clear_circuit_breakers();
  connections.clear_metadata();
  connections.clear_preconnect_policy();
  connections.clear_lb_policy();
  connections.clear_lb_config();
  connections.clear_load_balancing_policy();
  connections.clear_common_lb_config();
  connections.clear_lb_subset_config();
  connections.clear_dns_refresh_rate();
  connections.clear_dns_failure_refresh_rate();
  connections.clear_respect_dns_ttl();
  connections.clear_dns_lookup_family();
  connections.clear_wait_for_warm_on_init();
  hashes.connections = HashOf(connections);
  return hashes;
}

bool AnyHttp2Probe(const ClusterSpec& spec) {
  return std::any_of(spec.health_checks.begin(), spec.health_checks.end(),
                     [](const auto& check) { return check->speaks_http2(); });
}

void ParseSettings(const pb::Cluster& cluster, const FieldScope& scope, RuntimeKeys* runtime,
                   ClusterSettings& settings) {
  settings.connection.connect_timeout =
      DurationOr(cluster, "connect_timeout", settings.connection.connect_timeout, scope,
                 {.min = std::chrono::nanoseconds(1)});
  settings.connection_buffer_bytes_max =
      UInt32Or(cluster, "per_connection_buffer_limit_bytes",
               static_cast<uint32_t>(settings.connection_buffer_bytes_max), scope, {.min = 1});
  settings.balancer = ParseBalancer(cluster, scope, runtime);
  ParsePreconnect(cluster.preconnect_policy(), scope.At("preconnect_policy"), settings);
  settings.ignore_health_on_host_removal = cluster.ignore_health_on_host_removal();
  settings.closes_on_host_failure = cluster.close_connections_on_host_health_failure();
  settings.closes_on_host_change =
      cluster.common_lb_config().close_connections_on_host_set_change();
  ParseBreakers(cluster.circuit_breakers(), scope.At("circuit_breakers"), settings);
  ParseUpgrades(cluster.metadata(), scope.At("metadata"), settings);
  if (cluster.has_outlier_detection()) {
    settings.outlier = std::make_shared<const OutlierSettings>(
        ParseOutlierDetection(cluster.outlier_detection(), scope.At("outlier_detection")));
  }
  ParseSocket(cluster, scope, settings);
}

void MakeStats(StatsRegistry& stats, ClusterSpec& spec) {
  spec.stats = MakeClusterStats(stats, spec.stat_name);
  if (!spec.health_checks.empty())
    spec.health_stats = std::make_shared<const HealthStats>(MakeHealthStats(stats, spec.stat_name));
  // Over TLS a probe, too, goes by what was agreed on.
  const bool probes_in_http2 = !spec.health_checks.empty() && AnyTransport(spec);
  if (spec.settings->protocol != UpstreamProtocol::kHttp1 || probes_in_http2 ||
      AnyHttp2Probe(spec)) {
    spec.stats.http2 = std::make_shared<const Http2Stats>(stats, ClusterStatPrefix(spec.stat_name));
  }
}

}  // namespace

std::shared_ptr<const ClusterSpec> ParseCluster(const pb::Cluster& cluster, const FieldScope& scope,
                                                const ClusterParts& parts) {
  const size_t errors_before = scope.errors().size();
  auto spec = std::make_shared<ClusterSpec>();
  if (Required(cluster, "name", scope)) spec->name = cluster.name();
  spec->stat_name = cluster.alt_stat_name().empty() ? cluster.name() : cluster.alt_stat_name();
  spec->hashes = HashesOf(cluster);
  auto settings = std::make_shared<ClusterSettings>();
  ParseDiscovery(cluster, scope, *spec, *settings);
  Assignment assignment =
      ParseAssignment(cluster.load_assignment(), spec->type, scope.At("load_assignment"));
  spec->endpoints = std::move(assignment.endpoints);
  spec->assignment_policy = assignment.policy;
  ParseTransports(cluster, scope, parts.parse_transport, *spec);
  if (!cluster.has_upstream_bind_config()) settings->socket = parts.socket;
  ParseSettings(cluster, scope, parts.runtime, *settings);
  ParseUpstreamHttp(cluster, scope, *spec, *settings);
  ParseHealthChecks(cluster, scope, parts.open_event_log, *spec);
  if (scope.errors().size() != errors_before) return nullptr;
  spec->settings = std::move(settings);
  if (parts.settings != nullptr)
    spec->settings = parts.settings->Share(spec->hashes.settings, std::move(spec->settings));
  MakeStats(parts.stats, *spec);
  return spec;
}

}  // namespace sluice
