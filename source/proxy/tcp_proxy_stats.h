// TcpProxyStats: handles of "tcp.<stat_prefix>.*". Names as in Envoy.
#pragma once

#include "absl/strings/string_view.h"
#include "source/stats/counter.h"
#include "source/stats/registry.h"

namespace sluice {

struct TcpProxyStats {
  TcpProxyStats(StatsRegistry& registry, absl::string_view stat_prefix);

  Counter cx_total, cx_no_route, cx_rx_bytes_total, cx_tx_bytes_total, paused_reading,
      resumed_reading, idle_timeout, duration_timeout, upstream_flush_total;
  Gauge cx_rx_bytes_buffered, cx_tx_bytes_buffered, upstream_flush_active;
};

}  // namespace sluice
