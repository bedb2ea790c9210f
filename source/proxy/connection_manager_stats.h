// ConnectionManagerStats: handles of "http.<stat_prefix>.*". Names as in Envoy.
#pragma once

#include "absl/strings/string_view.h"
#include "source/http/http2/codec.h"
#include "source/proxy/tunnel.h"
#include "source/stats/counter.h"
#include "source/stats/histogram.h"
#include "source/stats/registry.h"

namespace sluice {

struct ConnectionManagerStats {
  ConnectionManagerStats(StatsRegistry& registry, absl::string_view stat_prefix);

  Counter cx_total, cx_http1_total, cx_http2_total, cx_ssl_total, cx_destroy, cx_destroy_local,
      cx_destroy_remote, cx_destroy_active_rq, cx_destroy_local_active_rq,
      cx_destroy_remote_active_rq, cx_idle_timeout, cx_max_duration_reached,
      cx_max_requests_reached, cx_drain_close, cx_protocol_error, cx_rx_bytes_total,
      cx_tx_bytes_total;
  Counter cx_upgrades_total, cx_overload_disable_keepalive, rq_overload_close;
  Gauge cx_active, cx_http1_active, cx_http2_active, cx_ssl_active, cx_upgrades_active;
  Histogram cx_length_ms;
  Counter rq_total, rq_http1_total, rq_http2_total, rq_completed, rq_rx_reset, rq_tx_reset,
      rq_too_large, rq_failed_path_normalization, rq_1xx, rq_2xx, rq_3xx, rq_4xx, rq_5xx,
      rq_idle_timeout, rq_timeout, rq_header_timeout, rq_max_duration_reached,
      rq_redirected_with_normalized_path, no_route, no_cluster, rq_redirect, rq_direct_response,
      rq_reset_after_downstream_response_started;
  Http2Stats http2;
  WebSocketStats websocket;
  Gauge rq_active;
  Histogram rq_time;
};

}  // namespace sluice
