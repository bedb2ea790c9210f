// ListenerConfig: one version of a listener as a const value; made from
// envoy.config.listener.v3.Listener. Shared by the listener's parts on all workers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "source/accesslog/access_log.h"
#include "source/accesslog/access_log_config.h"
#include "source/config/field_scope.h"
#include "source/event/warm_gate.h"
#include "source/listener/filter_chains.h"
#include "source/listener/listener_filter_match.h"
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
  std::string version;  // as its source calls it
  Address address;
  std::vector<Address> additional_addresses;  // that it listens on, too
  bool bind_to_port = true;                   // else others hand it their connections
  bool hand_off_original_dst = false;         // use_original_dst
  bool exact_balance = false;
  ListenOptions listen;
  // Connections taken per readiness: 1 keeps a burst of connects from delaying those that work.
  uint32_t accepts_per_event_max = 1;
  size_t buffer_bytes_max = 1_MiB;  // per_connection_buffer_limit_bytes
  struct Filter {
    std::unique_ptr<const ListenerFilterFactory> factory;
    std::optional<ListenerFilterMatch> disabled;
  };
  std::vector<Filter> listener_filters;  // in their order
  // A client that has said nothing in this time is not going to; as Envoy. 0: none.
  Duration listener_filters_timeout = std::chrono::seconds(15);
  bool continue_on_listener_filters_timeout = false;
  FilterChains filter_chains;
  std::vector<std::unique_ptr<const AccessLog>> access_logs;  // a line for each connection's end
  // What becomes of tunnels whose chain is no more: after so long they are ended. Unset: never.
  std::optional<Duration> tunnels_end_after;
  uint32_t tunnels_per_second = 100;     // then, over all workers
  OverloadState* overload = nullptr;     // the process'; null: nothing is ever too much
  bool ignores_connections_max = false;  // ignore_global_conn_limit: counted, but never refused
  bool bypasses_overload = false;        // bypass_overload_manager: taken while others are not
  ListenerStats stats;
};

// What reading a listener needs beside its message; lives for the call.
struct ListenerParts {
  const Registry& registry;
  StatsRegistry& stats;
  AccessLogFactory& access_logs;
  std::string version = {};
  // Whose chains are taken over where they have not changed; null: none.
  const ListenerConfig* in_service = nullptr;
  WarmGate* gate = nullptr;  // as in ExtensionContext; insists where one is in service
  const ProcessFacts* process = nullptr;
};

// The name it goes by: its own, or else its address.
std::string ListenerName(const envoy::config::listener::v3::Listener& proto);

// Null when anything is wrong; every error is in `scope` then.
std::shared_ptr<const ListenerConfig> ParseListener(
    const envoy::config::listener::v3::Listener& proto, const ListenerParts& parts,
    const FieldScope& scope);

}  // namespace sluice
