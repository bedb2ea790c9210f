#include "source/upstream/discovery_config.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/core/v3/config_source.pb.h"
#include "envoy/extensions/clusters/dns/v3/dns_cluster.pb.h"
#include "source/config/any_unpack.h"
#include "source/config/proto_fields.h"

namespace sluice {
namespace {

namespace pb = envoy::config::cluster::v3;
using envoy::extensions::clusters::dns::v3::DnsCluster;

DiscoveryType ParseType(const pb::Cluster& cluster, const FieldScope& scope) {
  switch (cluster.type()) {
    case pb::Cluster::STATIC:
      return DiscoveryType::kStatic;
    case pb::Cluster::STRICT_DNS:
      return DiscoveryType::kStrictDns;
    case pb::Cluster::LOGICAL_DNS:
      return DiscoveryType::kLogicalDns;
    case pb::Cluster::EDS:
      return DiscoveryType::kEds;
    case pb::Cluster::ORIGINAL_DST:
      return DiscoveryType::kOriginalDst;
    default:
      scope.At("type").Error(
          absl::StrCat(pb::Cluster::DiscoveryType_Name(cluster.type()), " is not supported"),
          "use STATIC, STRICT_DNS, LOGICAL_DNS, EDS or ORIGINAL_DST");
      return DiscoveryType::kStrictDns;  // not to complain of names too
  }
}

// Of either enum: DnsCluster has its own. UNSPECIFIED, as what is unset, is AUTO.
DnsFamily FamilyOf(absl::string_view name) {
  if (name == "V4_ONLY") return DnsFamily::kV4Only;
  if (name == "V6_ONLY") return DnsFamily::kV6Only;
  if (name == "V4_PREFERRED") return DnsFamily::kV4Preferred;
  if (name == "ALL") return DnsFamily::kAll;
  return DnsFamily::kAuto;
}

// The fields that Cluster and DnsCluster have alike.
template <class Config>
void ParseRates(const Config& config, const FieldScope& scope, ClusterSettings& settings) {
  constexpr DurationRange kRefresh = {.min = std::chrono::milliseconds(1)};
  settings.dns_refresh =
      DurationOr(config, "dns_refresh_rate", settings.dns_refresh, scope, kRefresh);
  settings.respect_dns_ttl = config.respect_dns_ttl();
  // Envoy retries a failed name at dns_refresh_rate; the first retries come sooner here, since what
  // fails at start is often a name that is about to appear.
  settings.dns_retry_first = std::min<Duration>(std::chrono::seconds(1), settings.dns_refresh);
  settings.dns_retry_max = std::max<Duration>(std::chrono::seconds(10), settings.dns_refresh);
  if (!config.has_dns_failure_refresh_rate()) return;
  const auto& rate = config.dns_failure_refresh_rate();
  const FieldScope field = scope.At("dns_failure_refresh_rate");
  if (!Required(rate, "base_interval", field)) return;
  settings.dns_retry_first =
      DurationOr(rate, "base_interval", settings.dns_retry_first, field, kRefresh);
  settings.dns_retry_max =
      DurationOr(rate, "max_interval", settings.dns_retry_first * 10, field, kRefresh);
  if (settings.dns_retry_max < settings.dns_retry_first) {
    field.At("max_interval").Error("must be at least base_interval");
  }
}

void ParseClusterType(const pb::Cluster::CustomClusterType& type, const FieldScope& scope,
                      ClusterSpec& spec, ClusterSettings& settings) {
  spec.type = DiscoveryType::kStrictDns;  // not to complain of names too
  const FieldScope field = scope.At("typed_config");
  const std::string content = ContentType(type.typed_config());
  if (content != DnsCluster::descriptor()->full_name()) {
    if (content.empty()) return field.Error("is required");
    return ReportUnknownType(type.typed_config().type_url(), field);
  }
  const std::optional<DnsCluster> dns = Unpack<DnsCluster>(type.typed_config(), field);
  if (!dns.has_value()) return;
  // Before it had the field, the extension's name said which of the two it is.
  const bool single =
      dns->all_addresses_in_single_endpoint() || type.name() == "envoy.cluster.logical_dns";
  if (single) spec.type = DiscoveryType::kLogicalDns;
  settings.dns_family = FamilyOf(
      envoy::extensions::clusters::common::dns::v3::DnsLookupFamily_Name(dns->dns_lookup_family()));
  settings.dns_jitter = DurationOr(*dns, "dns_jitter", settings.dns_jitter, field, {});
  ParseRates(*dns, field, settings);
}

void ParseEds(const pb::Cluster& cluster, const FieldScope& scope, ClusterSpec& spec) {
  const auto& eds = cluster.eds_cluster_config();
  if (cluster.has_load_assignment()) {
    scope.At("load_assignment")
        .Error("of an EDS cluster comes from the control plane", "remove it");
  }
  if (!eds.has_eds_config()) return scope.At("eds_cluster_config.eds_config").Error("is required");
  spec.eds_service_name = eds.service_name().empty() ? cluster.name() : eds.service_name();
}

void ParseOriginalDst(const pb::Cluster& cluster, const FieldScope& scope,
                      ClusterSettings& settings) {
  constexpr absl::string_view kDefaultHeader = "x-envoy-original-dst-host";
  OriginalDstSpec& original = settings.original_dst.emplace();
  original.cleanup_interval = DurationOr(cluster, "cleanup_interval", original.cleanup_interval,
                                         scope, {.min = std::chrono::milliseconds(1)});
  const auto& config = cluster.original_dst_lb_config();
  const FieldScope field = scope.At("original_dst_lb_config");
  if (config.use_http_header()) {
    original.header = config.http_header_name().empty()
                          ? std::string(kDefaultHeader)
                          : absl::AsciiStrToLower(config.http_header_name());
  }
  original.port =
      static_cast<uint16_t>(UInt32Or(config, "upstream_port_override", 0, field, {.max = 65535}));
  if (cluster.has_load_assignment()) {
    scope.At("load_assignment").Error("is not for type ORIGINAL_DST", "remove it");
  }
  if (cluster.health_checks_size() > 0) {
    scope.At("health_checks").Error("are not for type ORIGINAL_DST: nobody knows its hosts");
  }
  if (cluster.has_outlier_detection()) {
    scope.At("outlier_detection").Error("is not for type ORIGINAL_DST: it has no choice of hosts");
  }
  if (cluster.has_load_balancing_policy() || cluster.lb_policy() != pb::Cluster::CLUSTER_PROVIDED) {
    scope.At("lb_policy").Error("must be CLUSTER_PROVIDED for type ORIGINAL_DST");
  }
}

}  // namespace

void ParseDiscovery(const pb::Cluster& cluster, const FieldScope& scope, ClusterSpec& spec,
                    ClusterSettings& settings) {
  if (cluster.has_cluster_type()) {
    return ParseClusterType(cluster.cluster_type(), scope.At("cluster_type"), spec, settings);
  }
  spec.type = ParseType(cluster, scope);
  settings.dns_family = FamilyOf(pb::Cluster::DnsLookupFamily_Name(cluster.dns_lookup_family()));
  ParseRates(cluster, scope, settings);
  if (spec.type == DiscoveryType::kEds) return ParseEds(cluster, scope, spec);
  if (spec.type == DiscoveryType::kOriginalDst) ParseOriginalDst(cluster, scope, settings);
  if (!cluster.has_eds_cluster_config()) return;
  scope.At("eds_cluster_config").Error("has no effect", "set type to EDS, or remove it");
}

}  // namespace sluice
