#include "source/proxy/tcp_proxy_stats.h"

#include "absl/strings/str_cat.h"

namespace sluice {

TcpProxyStats::TcpProxyStats(StatsRegistry& registry, absl::string_view stat_prefix) {
  const auto name = [&](absl::string_view stat) {
    return absl::StrCat("tcp.", stat_prefix, ".", stat);
  };
  const auto counter = [&](absl::string_view stat) { return registry.GetCounter(name(stat)); };
  const auto gauge = [&](absl::string_view stat) { return registry.GetGauge(name(stat)); };
  cx_total = counter("downstream_cx_total");
  cx_no_route = counter("downstream_cx_no_route");
  cx_rx_bytes_total = counter("downstream_cx_rx_bytes_total");
  cx_tx_bytes_total = counter("downstream_cx_tx_bytes_total");
  paused_reading = counter("downstream_flow_control_paused_reading_total");
  resumed_reading = counter("downstream_flow_control_resumed_reading_total");
  idle_timeout = counter("idle_timeout");
  duration_timeout = counter("max_downstream_connection_duration");
  upstream_flush_total = counter("upstream_flush_total");
  cx_rx_bytes_buffered = gauge("downstream_cx_rx_bytes_buffered");
  cx_tx_bytes_buffered = gauge("downstream_cx_tx_bytes_buffered");
  upstream_flush_active = gauge("upstream_flush_active");
}

}  // namespace sluice
