#include "source/proxy/tcp_proxy_config.h"

#include <utility>

#include "envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.pb.h"
#include "source/config/proto_fields.h"
#include "source/http/authority.h"
#include "source/route/header_edits_config.h"

namespace sluice {
namespace {

using TcpProxyProto = envoy::extensions::filters::network::tcp_proxy::v3::TcpProxy;

void ReadTargets(const TcpProxyProto& proto, const FieldScope& scope, TcpProxyConfig& config) {
  switch (proto.cluster_specifier_case()) {
    case TcpProxyProto::kCluster:
      if (proto.cluster().empty()) scope.At("cluster").Error("is required");
      config.targets.push_back({proto.cluster(), 1});
      return;
    case TcpProxyProto::kWeightedClusters:
      break;
    case TcpProxyProto::CLUSTER_SPECIFIER_NOT_SET:
      return scope.At("cluster").Error("is required, or weighted_clusters");
  }
  const FieldScope at = scope.At("weighted_clusters");
  uint64_t share_end = 0;
  for (const auto& cluster : proto.weighted_clusters().clusters()) {
    share_end += cluster.weight();
    config.targets.push_back({cluster.name(), share_end});
  }
  if (share_end == 0) at.At("clusters").Error("must hold a cluster with a weight");
}

// The older fields count where the newer message is not there.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
void ReadLogOptions(const TcpProxyProto& proto, const FieldScope& scope, TcpProxyConfig& config) {
  if (proto.has_access_log_options()) {
    const auto& options = proto.access_log_options();
    config.log_interval = DurationOr(options, "access_log_flush_interval", Duration{0},
                                     scope.At("access_log_options"));
    config.log_when_connected = options.flush_access_log_on_connected();
    return;
  }
  config.log_interval = DurationOr(proto, "access_log_flush_interval", Duration{0}, scope);
  config.log_when_connected = proto.flush_access_log_on_connected();
}
#pragma GCC diagnostic pop

std::unique_ptr<const TunnelingConfig> ReadTunneling(const TcpProxyProto::TunnelingConfig& proto,
                                                     const FieldScope& scope) {
  Required(proto, "hostname", scope);
  std::optional<LogFormat> hostname =
      LogFormat::Parse(proto.hostname(), scope.At("hostname"), AbsentText::kNothing);
  if (!hostname.has_value()) return nullptr;
  if (!proto.hostname().empty() && hostname->constant() && !proto.use_post() &&
      !IsValidAuthorityWithPort(hostname->constant_text())) {
    scope.At("hostname").Error("is no host with a port", "CONNECT names both: host.example:443");
  }
  if (!proto.post_path().empty() && !proto.use_post()) {
    scope.At("post_path").Error("is for POST only", "set use_post");
  }
  if (!proto.post_path().empty() && proto.post_path()[0] != '/') {
    scope.At("post_path").Error("must begin with '/'");
  }
  auto config = std::make_unique<TunnelingConfig>(TunnelingConfig{
      .hostname = *std::move(hostname),
      .headers = ParseHeaderEdits(proto.headers_to_add(), "headers_to_add", scope)});
  config->use_post = proto.use_post();
  if (!proto.post_path().empty()) config->post_path = proto.post_path();
  return config;
}

}  // namespace

const std::string& TcpProxyConfig::ChooseCluster(uint64_t random) const {
  const uint64_t at = random % targets.back().share_end;
  size_t i = 0;
  while (targets[i].share_end <= at) ++i;
  return targets[i].cluster;
}

std::shared_ptr<const TcpProxyConfig> ParseTcpProxy(const TcpProxyProto& proto,
                                                    const TcpProxyParts& parts,
                                                    const FieldScope& scope) {
  const size_t errors_before = scope.errors().size();
  auto config = std::make_shared<TcpProxyConfig>(TcpProxyStats(parts.stats, proto.stat_prefix()));
  Required(proto, "stat_prefix", scope);
  ReadTargets(proto, scope, *config);
  if (proto.has_tunneling_config()) {
    config->tunneling = ReadTunneling(proto.tunneling_config(), scope.At("tunneling_config"));
  }
  config->idle_timeout = DurationOr(proto, "idle_timeout", config->idle_timeout, scope);
  constexpr DurationRange kMillisecondUp = {.min = std::chrono::milliseconds(1)};
  config->connection_duration_max =
      DurationOr(proto, "max_downstream_connection_duration", Duration{0}, scope, kMillisecondUp);
  config->connect_attempts_max = UInt32Or(proto, "max_connect_attempts", 1, scope, {.min = 1});
  for (int i = 0; i < proto.access_log_size(); ++i) {
    auto log = parts.access_logs.Parse(proto.access_log(i), scope.At("access_log", i));
    if (log != nullptr) config->access_logs.push_back(std::move(log));
  }
  ReadLogOptions(proto, scope, *config);
  return scope.errors().size() == errors_before ? config : nullptr;
}

}  // namespace sluice
