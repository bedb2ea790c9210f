#include "source/proxy/connection_manager_stats.h"

#include "absl/strings/str_cat.h"

namespace sluice {

ConnectionManagerStats::ConnectionManagerStats(StatsRegistry& registry,
                                               absl::string_view stat_prefix)
    : http2(registry, absl::StrCat("http.", stat_prefix, ".")), websocket(registry, stat_prefix) {
  const auto name = [&](absl::string_view stat) {
    return absl::StrCat("http.", stat_prefix, ".", stat);
  };
  const auto counter = [&](absl::string_view stat) { return registry.GetCounter(name(stat)); };
  const auto gauge = [&](absl::string_view stat) { return registry.GetGauge(name(stat)); };
  cx_total = counter("downstream_cx_total");
  cx_http1_total = counter("downstream_cx_http1_total");
  cx_http2_total = counter("downstream_cx_http2_total");
  cx_ssl_total = counter("downstream_cx_ssl_total");
  cx_destroy = counter("downstream_cx_destroy");
  cx_destroy_local = counter("downstream_cx_destroy_local");
  cx_destroy_remote = counter("downstream_cx_destroy_remote");
  cx_destroy_active_rq = counter("downstream_cx_destroy_active_rq");
  cx_destroy_local_active_rq = counter("downstream_cx_destroy_local_active_rq");
  cx_destroy_remote_active_rq = counter("downstream_cx_destroy_remote_active_rq");
  cx_idle_timeout = counter("downstream_cx_idle_timeout");
  cx_max_duration_reached = counter("downstream_cx_max_duration_reached");
  cx_max_requests_reached = counter("downstream_cx_max_requests_reached");
  cx_drain_close = counter("downstream_cx_drain_close");
  cx_protocol_error = counter("downstream_cx_protocol_error");
  cx_rx_bytes_total = counter("downstream_cx_rx_bytes_total");
  cx_tx_bytes_total = counter("downstream_cx_tx_bytes_total");
  cx_overload_disable_keepalive = counter("downstream_cx_overload_disable_keepalive");
  rq_overload_close = counter("downstream_rq_overload_close");
  cx_upgrades_total = counter("downstream_cx_upgrades_total");
  cx_upgrades_active = gauge("downstream_cx_upgrades_active");
  cx_active = gauge("downstream_cx_active");
  cx_http1_active = gauge("downstream_cx_http1_active");
  cx_http2_active = gauge("downstream_cx_http2_active");
  cx_ssl_active = gauge("downstream_cx_ssl_active");
  cx_length_ms = registry.GetHistogram(name("downstream_cx_length_ms"));
  rq_total = counter("downstream_rq_total");
  rq_http1_total = counter("downstream_rq_http1_total");
  rq_http2_total = counter("downstream_rq_http2_total");
  rq_completed = counter("downstream_rq_completed");
  rq_rx_reset = counter("downstream_rq_rx_reset");
  rq_tx_reset = counter("downstream_rq_tx_reset");
  rq_too_large = counter("downstream_rq_too_large");
  rq_failed_path_normalization = counter("downstream_rq_failed_path_normalization");
  rq_1xx = counter("downstream_rq_1xx");
  rq_2xx = counter("downstream_rq_2xx");
  rq_3xx = counter("downstream_rq_3xx");
  rq_4xx = counter("downstream_rq_4xx");
  rq_5xx = counter("downstream_rq_5xx");
  rq_idle_timeout = counter("downstream_rq_idle_timeout");
  rq_timeout = counter("downstream_rq_timeout");
  rq_header_timeout = counter("downstream_rq_header_timeout");
  rq_max_duration_reached = counter("downstream_rq_max_duration_reached");
  rq_redirected_with_normalized_path = counter("downstream_rq_redirected_with_normalized_path");
  rq_active = gauge("downstream_rq_active");
  rq_time = registry.GetHistogram(name("downstream_rq_time"));
  no_route = counter("no_route");
  no_cluster = counter("no_cluster");
  rq_redirect = counter("rq_redirect");
  rq_direct_response = counter("rq_direct_response");
  rq_reset_after_downstream_response_started =
      counter("rq_reset_after_downstream_response_started");
}

}  // namespace sluice
