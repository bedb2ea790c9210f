#include "source/control/config_source.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/extensions/upstreams/http/v3/http_protocol_options.pb.h"
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

// gRPC's name for the hosts of a cluster: all addresses, or one name that has several.
std::string TargetOf(const ClusterProto& cluster, const FieldScope& scope) {
  std::vector<std::string> ipv4, ipv6, names, paths;
  for (const auto& group : cluster.load_assignment().endpoints()) {
    for (const auto& endpoint : group.lb_endpoints()) {
      const auto& address = endpoint.endpoint().address();
      if (address.has_pipe()) {
        paths.push_back(absl::StrCat("unix:", address.pipe().path()));
        continue;
      }
      const std::string& host = address.socket_address().address();
      const auto port = static_cast<uint16_t>(address.socket_address().port_value());
      const absl::StatusOr<Address> ip = Address::FromIp(host, port);
      if (!ip.ok()) {
        names.push_back(absl::StrCat("dns:///", host, ":", port));
      } else {
        (ip->family() == Address::Family::kIpv4 ? ipv4 : ipv6).emplace_back(ip->text());
      }
    }
  }
  if (!paths.empty()) return paths.front();
  if (!names.empty()) return names.front();
  if (!ipv4.empty()) return absl::StrCat("ipv4:", absl::StrJoin(ipv4, ","));
  if (!ipv6.empty()) return absl::StrCat("ipv6:", absl::StrJoin(ipv6, ","));
  scope.Error(absl::StrCat("names cluster \"", cluster.name(), "\", which has no endpoints"));
  return "";
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
    service.channel.target = TargetOf(cluster, scope.At("cluster_name"));
    service.channel.authority =
        proto.authority().empty() ? proto.cluster_name() : proto.authority();
    service.channel.message_bytes_max =
        static_cast<int>(UInt32Or(proto, "max_receive_message_length",
                                  static_cast<uint32_t>(service.channel.message_bytes_max), scope,
                                  {.max = std::numeric_limits<int>::max()}));
    ReadKeepalive(cluster, service.channel);
    const FieldScope root(scope.errors(), "static_resources");
    const FieldScope at = root.At("clusters", i);
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
  const FieldScope credentials = scope.At("channel_credentials");
  if (proto.channel_credentials().has_ssl_credentials()) {
    service.tls = ReadGoogleTls(proto.channel_credentials().ssl_credentials(),
                                credentials.At("ssl_credentials"));
  }
  return service;
}

}  // namespace

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
  const auto& grpc = proto.grpc_services(0);
  const FieldScope at = scope.At("grpc_services", 0);
  std::optional<Service> service =
      grpc.has_google_grpc() ? ReadGoogleGrpc(grpc.google_grpc(), at.At("google_grpc"))
                             : ReadEnvoyGrpc(grpc.envoy_grpc(), bootstrap, at.At("envoy_grpc"));
  if (scope.errors().size() != errors_before || !service.has_value()) return std::nullopt;
  for (const auto& header : grpc.initial_metadata()) {
    service->channel.metadata.emplace_back(header.key(), header.value());
  }
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
                   .node_once = proto.set_node_on_first_message_only()};
}

Duration FetchTimeoutOf(const core::ConfigSource& proto, const FieldScope& scope) {
  return DurationOr(proto, "initial_fetch_timeout", kFetchTimeout, scope);
}

}  // namespace sluice
