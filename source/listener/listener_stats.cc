#include "source/listener/listener_stats.h"

#include "absl/strings/str_cat.h"

namespace sluice {

ListenerStats::ListenerStats(StatsRegistry& registry, const std::string& stat_name) {
  const std::string prefix = absl::StrCat("listener.", stat_name, ".");
  cx_total = registry.GetCounter(prefix + "downstream_cx_total");
  cx_destroy = registry.GetCounter(prefix + "downstream_cx_destroy");
  cx_overload_reject = registry.GetCounter(prefix + "downstream_cx_overload_reject");
  global_cx_overflow = registry.GetCounter(prefix + "downstream_global_cx_overflow");
  pre_cx_timeout = registry.GetCounter(prefix + "downstream_pre_cx_timeout");
  listener_filter_remote_close =
      registry.GetCounter(prefix + "downstream_listener_filter_remote_close");
  listener_filter_error = registry.GetCounter(prefix + "downstream_listener_filter_error");
  pre_cx_active = registry.GetGauge(prefix + "downstream_pre_cx_active");
  cx_active = registry.GetGauge(prefix + "downstream_cx_active");
  cx_transport_socket_connect_timeout =
      registry.GetCounter(prefix + "downstream_cx_transport_socket_connect_timeout");
  no_filter_chain_match = registry.GetCounter(prefix + "no_filter_chain_match");
}

}  // namespace sluice
