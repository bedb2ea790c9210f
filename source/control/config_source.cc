#include "source/control/config_source.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/extensions/upstreams/http/v3/http_protocol_options.pb.h"
#include "source/base/log.h"
#include "source/base/status_macros.h"
#include "source/config/proto_fields.h"
#include "source/control/channel_tls.h"
#include "source/net/address.h"

namespace sluice {
namespace {

namespace core = envoy::config::core::v3;
using envoy::config::bootstrap::v3::Bootstrap;
using ClusterProto = envoy::config::cluster::v3::Cluster;
using HttpOptions = envoy::extensions::upstreams::http::v3::HttpProtocolOptions;

constexpr absl::string_view kHttpOptionsKey =
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
constexpr Duration kFetchTimeout = std::chrono::seconds(15);

const Dialect* ReadDialect(const core::ApiConfigSource& proto, const FieldScope& scope) {
  switch (proto.api_type()) {
    case core::ApiConfigSource::GRPC:
    case core::ApiConfigSource::AGGREGATED_GRPC:
      return &StateOfTheWorld();
    case core::ApiConfigSource::DELTA_GRPC:
    case core::ApiConfigSource::AGGREGATED_DELTA_GRPC:
      return &Delta();
    default:
      scope.At("api_type")
          .Error(absl::StrCat(core::ApiConfigSource::ApiType_Name(proto.api_type()),
                              " is not supported"),
                 "use GRPC, DELTA_GRPC or REST");
      return nullptr;
  }
}

// A host in gRPC's words: "ipv4:" and "10.0.0.1:80".
struct TargetPart {
  std::string scheme, text;
};
TargetPart PartOf(const core::Address& address) {
  if (address.has_pipe()) return {"unix:", address.pipe().path()};
  const std::string& host = address.socket_address().address();
  const auto port = static_cast<uint16_t>(address.socket_address().port_value());
  const absl::StatusOr<Address> ip = Address::FromIp(host, port);
  if (!ip.ok()) return {"dns:///", absl::StrCat(host, ":", port)};
  const bool is_ipv4 = ip->family() == Address::Family::kIpv4;
  return {is_ipv4 ? "ipv4:" : "ipv6:", std::string(ip->text())};
}

// gRPC's name for the hosts of a cluster: all addresses of one family, or one name or path, which
// gRPC has no list of.
std::string TargetOf(const ClusterProto& cluster, const FieldScope& scope) {
  std::string target, scheme;
  const FieldScope assignment = scope.At("load_assignment");
  for (int i = 0; i < cluster.load_assignment().endpoints_size(); ++i) {
    const auto& group = cluster.load_assignment().endpoints(i);
    const FieldScope at_group = assignment.At("endpoints", i);
    for (int j = 0; j < group.lb_endpoints_size(); ++j) {
      const TargetPart part = PartOf(group.lb_endpoints(j).endpoint().address());
      const bool is_ip = absl::StartsWith(part.scheme, "ip");
      if (target.empty()) {
        scheme = part.scheme;
        target = absl::StrCat(part.scheme, part.text);
      } else if (is_ip && part.scheme == scheme) {
        absl::StrAppend(&target, ",", part.text);
      } else {
        at_group.At("lb_endpoints", j)
            .Error("is not connected to: this cluster is a control plane's",
                   "it may have addresses of one family, or one name, or one path");
      }
    }
  }
  if (target.empty()) scope.Error("has no endpoints, and is a control plane's");
  return target;
}

// Deprecated, and still written.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
const core::Http2ProtocolOptions& OldHttp2Options(const ClusterProto& cluster) {
  return cluster.http2_protocol_options();
}
bool IsVersion2(core::ApiVersion version) { return version == core::V2; }
#pragma GCC diagnostic pop

void ReadKeepalive(const ClusterProto& cluster, ChannelSpec& spec) {
  core::Http2ProtocolOptions options = OldHttp2Options(cluster);
  const auto& extensions = cluster.typed_extension_protocol_options();
  const auto at = extensions.find(std::string(kHttpOptionsKey));
  HttpOptions http;
  if (at != extensions.end() && at->second.UnpackTo(&http)) {
    options = http.explicit_http_config().http2_protocol_options();
  }
  ConfigErrors errors;  // the cluster's own reader has said what is wrong with them
  const FieldScope scope(errors);
  const auto& keepalive = options.connection_keepalive();
  spec.keepalive_interval = DurationOr(keepalive, "interval", Duration::zero(), scope);
  spec.keepalive_timeout = DurationOr(keepalive, "timeout", std::chrono::seconds(20), scope);
}

const ClusterProto* FindStatic(const Bootstrap& bootstrap, const std::string& name) {
  for (const auto& cluster : bootstrap.static_resources().clusters()) {
    if (cluster.name() == name) return &cluster;
  }
  return nullptr;
}

RestPlace ReadRest(const core::ApiConfigSource& proto, const Bootstrap& bootstrap,
                   const FieldScope& scope) {
  RestPlace rest;
  if (proto.cluster_names_size() == 0) {
    scope.At("cluster_names").Error("is empty", "it names the clusters of the control plane");
  }
  for (int i = 0; i < proto.cluster_names_size(); ++i) {
    const ClusterProto* const cluster = FindStatic(bootstrap, proto.cluster_names(i));
    if (cluster == nullptr) {
      scope.At("cluster_names", i)
          .Error(absl::StrCat("names no static cluster: \"", proto.cluster_names(i), "\""),
                 "static_resources.clusters must hold the cluster of the control plane");
    } else if (cluster->type() == ClusterProto::EDS) {
      scope.At("cluster_names", i)
          .Error(
              absl::StrCat("\"", proto.cluster_names(i), "\" has its own endpoints by discovery"));
    }
    rest.clusters.push_back(proto.cluster_names(i));
  }
  constexpr DurationRange kAny = {.min = std::chrono::milliseconds(1)};
  if (!proto.has_refresh_delay()) scope.At("refresh_delay").Error("is required");
  rest.refresh_delay = DurationOr(proto, "refresh_delay", std::chrono::seconds(1), scope, kAny);
  rest.request_timeout = DurationOr(proto, "request_timeout", std::chrono::seconds(1), scope, kAny);
  return rest;
}

// Of TCP's keep-alive gRPC knows nothing.
void WarnOfKeepalive(const ClusterProto& cluster, const ChannelSpec& spec,
                     const FieldScope& scope) {
  if (!cluster.upstream_connection_options().has_tcp_keepalive()) return;
  if (spec.keepalive_interval > Duration::zero()) return;
  SLUICE_LOG(kConfig, kWarning, scope.Path(),
             ".upstream_connection_options.tcp_keepalive has no effect on connections to a control "
             "plane: http2_protocol_options.connection_keepalive has");
}

// What gRPC takes for the name and the value of a header; with anything else it ends the process.
bool IsMetadataName(absl::string_view name) {
  return !name.empty() && absl::c_all_of(name, [](char c) {
    return absl::ascii_islower(static_cast<unsigned char>(c)) ||
           absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
  });
}
bool IsMetadataText(absl::string_view text) {
  return absl::c_all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

void ReadMetadata(const core::GrpcService& grpc, const FieldScope& scope, ChannelSpec& spec) {
  for (int i = 0; i < grpc.initial_metadata_size(); ++i) {
    const auto& header = grpc.initial_metadata(i);
    const FieldScope at = scope.At("initial_metadata", i);
    std::string name = absl::AsciiStrToLower(header.key());
    if (!IsMetadataName(name)) {
      at.At("key").Error("is no name of gRPC metadata", "letters, digits, '-', '_' and '.'");
    }
    const bool is_binary = absl::EndsWith(name, "-bin");
    if (!is_binary && !IsMetadataText(header.value())) {
      at.At("value").Error("must be printable ASCII",
                           "a name that ends in -bin may have any bytes");
    } else if (absl::StrContains(header.value(), '%')) {
      at.At("value").Error("is sent as it stands, without formats of %", "leave out the %");
    }
    spec.metadata.emplace_back(std::move(name), header.value());
  }
}

struct Service {
  ChannelSpec channel;
  ReadChannelTls tls;  // null: plaintext
};

std::optional<Service> ReadEnvoyGrpc(const core::GrpcService::EnvoyGrpc& proto,
                                     const Bootstrap& bootstrap, const FieldScope& scope) {
  const auto& clusters = bootstrap.static_resources().clusters();
  for (int i = 0; i < clusters.size(); ++i) {
    const ClusterProto& cluster = clusters[i];
    if (cluster.name() != proto.cluster_name()) continue;
    Service service;
    const FieldScope root(scope.errors(), "static_resources");
    const FieldScope at = root.At("clusters", i);
    service.channel.target = TargetOf(cluster, at);
    service.channel.authority =
        proto.authority().empty() ? proto.cluster_name() : proto.authority();
    service.channel.message_bytes_max =
        static_cast<int>(UInt32Or(proto, "max_receive_message_length",
                                  static_cast<uint32_t>(service.channel.message_bytes_max), scope,
                                  {.max = std::numeric_limits<int>::max()}));
    ReadKeepalive(cluster, service.channel);
    WarnOfKeepalive(cluster, service.channel, at);
    service.tls = ReadClusterTls(cluster.transport_socket(), at.At("transport_socket"));
    return service;
  }
  scope.At("cluster_name")
      .Error(absl::StrCat("names no static cluster: \"", proto.cluster_name(), "\""),
             "static_resources.clusters must hold the cluster of the control plane");
  return std::nullopt;
}

std::optional<Service> ReadGoogleGrpc(const core::GrpcService::GoogleGrpc& proto,
                                      const FieldScope& scope) {
  Service service{.channel = {.target = proto.target_uri()}};
  if (proto.target_uri().empty()) scope.At("target_uri").Error("is required");
  const FieldScope credentials = scope.At("channel_credentials");
  if (proto.channel_credentials().has_ssl_credentials()) {
    service.tls = ReadGoogleTls(proto.channel_credentials().ssl_credentials(),
                                credentials.At("ssl_credentials"));
  }
  return service;
}

// Control planes know a proxy by these, and have nothing for one without.
void CheckNode(const Bootstrap& bootstrap, const FieldScope& scope) {
  const FieldScope node(scope.errors(), "node");
  const char* const hint = "a control plane knows this proxy by it";
  if (bootstrap.node().id().empty()) node.At("id").Error("is required", hint);
  if (bootstrap.node().cluster().empty()) node.At("cluster").Error("is required", hint);
}

// Of a poll refresh_delay says enough.
std::optional<RequestRate::Settings> ReadRate(const core::ApiConfigSource& proto,
                                              const FieldScope& scope) {
  if (!proto.has_rate_limit_settings()) return std::nullopt;
  const auto& limit = proto.rate_limit_settings();
  const FieldScope at = scope.At("rate_limit_settings");
  RequestRate::Settings rate;
  rate.burst = UInt32Or(limit, "max_tokens", rate.burst, at, {.min = 1});
  rate.per_second = DoubleOr(limit, "fill_rate", rate.per_second);
  if (!(rate.per_second > 0)) at.At("fill_rate").Error("must be more than 0");
  // As Envoy: once a year at least.
  constexpr double kSlowest = 1.0 / (365 * 24 * 3600);
  rate.per_second = std::max(rate.per_second, kSlowest);
  return rate;
}

}  // namespace

bool IsAggregated(const core::ApiConfigSource& proto) {
  return proto.api_type() == core::ApiConfigSource::AGGREGATED_GRPC ||
         proto.api_type() == core::ApiConfigSource::AGGREGATED_DELTA_GRPC;
}

std::optional<ApiSource> ReadApiSource(const core::ApiConfigSource& proto,
                                       const Bootstrap& bootstrap, const FieldScope& scope) {
  const size_t errors_before = scope.errors().size();
  if (IsVersion2(proto.transport_api_version())) {
    scope.At("transport_api_version").Error("V2 is not spoken any more", "use V3");
  }
  if (proto.api_type() == core::ApiConfigSource::REST) {
    ApiSource source{.rest = ReadRest(proto, bootstrap, scope)};
    if (scope.errors().size() != errors_before) return std::nullopt;
    return source;
  }
  const Dialect* const dialect = ReadDialect(proto, scope);
  if (proto.grpc_services_size() == 0) {
    scope.At("grpc_services").Error("is empty", "it names the control plane");
    return std::nullopt;
  }
  if (proto.grpc_services_size() > 1) {
    scope.At("grpc_services", 1).Error("is not spoken to", "name one control plane");
  }
  CheckNode(bootstrap, scope);
  const auto& grpc = proto.grpc_services(0);
  const FieldScope at = scope.At("grpc_services", 0);
  std::optional<Service> service =
      grpc.has_google_grpc() ? ReadGoogleGrpc(grpc.google_grpc(), at.At("google_grpc"))
                             : ReadEnvoyGrpc(grpc.envoy_grpc(), bootstrap, at.At("envoy_grpc"));
  const std::optional<RequestRate::Settings> rate = ReadRate(proto, scope);
  if (service.has_value()) ReadMetadata(grpc, at, service->channel);
  if (scope.errors().size() != errors_before || !service.has_value()) return std::nullopt;
  const auto channel = [service = *std::move(service)]() -> absl::StatusOr<ChannelSpec> {
    ChannelSpec spec = service.channel;
    if (service.tls == nullptr) return spec;
    absl::StatusOr<ChannelTls> tls = service.tls();
    RETURN_IF_ERROR(tls.status());
    spec.tls = *std::move(tls);
    return spec;
  };
  return ApiSource{.rest = std::nullopt,
                   .dialect = dialect,
                   .channel = channel,
                   .node_once = proto.set_node_on_first_message_only(),
                   .rate = rate};
}

Duration FetchTimeoutOf(const core::ConfigSource& proto, const FieldScope& scope) {
  return DurationOr(proto, "initial_fetch_timeout", kFetchTimeout, scope);
}

}  // namespace sluice
