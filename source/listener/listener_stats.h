// ListenerStats: handles of "listener.<address>.*", named as in Envoy. A value; made at load.
#pragma once

#include <string>

#include "source/stats/counter.h"
#include "source/stats/registry.h"

namespace sluice {

struct ListenerStats {
  ListenerStats(StatsRegistry& registry, const std::string& stat_name);
  Counter cx_total, cx_destroy, no_filter_chain_match, cx_transport_socket_connect_timeout;
  Counter pre_cx_timeout, listener_filter_remote_close, listener_filter_error;
  Counter cx_overload_reject, global_cx_overflow;
  Gauge cx_active, pre_cx_active;
};

}  // namespace sluice
