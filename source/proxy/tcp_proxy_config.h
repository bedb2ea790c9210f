// TcpProxyConfig: everything configured about one TCP proxy, as a const value, shared by all
// workers and by every connection accepted under it; and what reads it from
// envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy, on the main thread, at load.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "source/accesslog/access_log_config.h"
#include "source/accesslog/log_format.h"
#include "source/base/units.h"
#include "source/config/field_scope.h"
#include "source/net/connection.h"
#include "source/proxy/tcp_proxy_stats.h"
#include "source/route/header_edits.h"

namespace envoy::extensions::filters::network::tcp_proxy::v3 {
class TcpProxy;
}

namespace sluice {

// tunneling_config: the host is asked for a tunnel by HTTP.
struct TunnelingConfig {
  LogFormat hostname;  // the request's authority
  HeaderEdits headers;
  std::string post_path = "/";
  bool use_post = false;  // else CONNECT
};

struct TcpProxyConfig {
  // Weighted: the first one whose `share_end` is above a random number below the last one's.
  struct Target {
    std::string cluster;
    uint64_t share_end;
  };

  explicit TcpProxyConfig(const TcpProxyStats& handles) : stats(handles) {}
  const std::string& ChooseCluster(uint64_t random) const;

  std::vector<Target> targets;                       // at least one
  std::unique_ptr<const TunnelingConfig> tunneling;  // null: the host gets the bytes
  Duration idle_timeout = std::chrono::hours(1);     // 0: none
  Duration connection_duration_max{0};               // 0: none
  uint32_t connect_attempts_max = 1;
  std::vector<std::unique_ptr<const AccessLog>> access_logs;
  Duration log_interval{0};         // 0: none
  bool log_when_connected = false;  // to the host
  ConnectionLimits connection;      // of accepted connections
  TcpProxyStats stats;
};

struct TcpProxyParts {
  StatsRegistry& stats;
  AccessLogFactory& access_logs;
};

// Null when anything is wrong; every error is in `scope` then.
std::shared_ptr<const TcpProxyConfig> ParseTcpProxy(
    const envoy::extensions::filters::network::tcp_proxy::v3::TcpProxy& proto,
    const TcpProxyParts& parts, const FieldScope& scope);

}  // namespace sluice
