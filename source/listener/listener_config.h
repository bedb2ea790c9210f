// ListenerConfig: one listener as a const value; made from envoy.config.listener.v3.Listener.
// Shared by the listener's parts on all workers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "source/config/field_scope.h"
#include "source/listener/filter_chains.h"
#include "source/listener/listener_stats.h"
#include "source/net/address.h"
#include "source/net/network.h"
#include "source/sdk/listener_filter.h"
#include "source/sdk/registry.h"
#include "source/stats/registry.h"

namespace envoy::config::listener::v3 {
class Listener;
}

namespace sluice {

struct ListenerConfig {
  explicit ListenerConfig(const ListenerStats& handles) : stats(handles) {}
  std::string name;
  Address address;
  std::vector<Address> additional_addresses;  // that it listens on, too
  ListenOptions listen;
  // Connections taken per readiness: 1 keeps a burst of connects from delaying those that work.
  uint32_t accepts_per_event_max = 1;
  size_t buffer_bytes_max = 1_MiB;  // per_connection_buffer_limit_bytes
  std::vector<std::unique_ptr<const ListenerFilterFactory>> listener_filters;  // in their order
  // A client that has said nothing in this time is not going to; as Envoy. 0: none.
  Duration listener_filters_timeout = std::chrono::seconds(15);
  bool continue_on_listener_filters_timeout = false;
  FilterChains filter_chains;
  ListenerStats stats;
};

// Null when anything is wrong; every error is in `scope` then.
std::shared_ptr<const ListenerConfig> ParseListener(
    const envoy::config::listener::v3::Listener& proto, const Registry& registry,
    StatsRegistry& stats, const FieldScope& scope);

}  // namespace sluice
