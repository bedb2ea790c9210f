// AdminView: all that the admin pages know of the server, as functions that answer with values, and
// the few things they can make it do. The pages know no data plane: the server fills this in, tests
// fill in what they like.
//
// Main thread. Every function must be set; they are called while a page is made, and answer at
// once but for those that take a `done`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "envoy/admin/v3/server_info.pb.h"
#include "envoy/config/core/v3/base.pb.h"
#include "envoy/service/status/v3/csds.pb.h"
#include "google/protobuf/message.h"
#include "source/base/units.h"
#include "source/config/field_ledger.h"
#include "source/control/update_steps.h"
#include "source/listener/connection_view.h"
#include "source/proxy/tunnel_board.h"
#include "source/stats/histogram_intervals.h"
#include "source/stats/registry.h"
#include "source/upstream/host.h"

namespace sluice {

enum class ServerState : uint8_t { kLive, kDraining, kPreInitializing, kInitializing };

struct ServerFacts {
  std::string version;
  ServerState state = ServerState::kPreInitializing;
  Duration uptime{0};
  envoy::admin::v3::CommandLineOptions options;
  envoy::config::core::v3::Node node;
};

// Addresses are texts as Address::text() writes them: "10.0.0.1:80", "[::1]:80", "/run/x.sock".
struct ListenerFacts {
  std::string name;
  std::vector<std::string> addresses;  // what it is bound to, at least one
};

struct BreakerFacts {
  uint32_t connections_max = 0;
  uint32_t pending_requests_max = 0;
  uint32_t requests_max = 0;
  uint32_t retries_max = 0;
};

// The last result of one health check of a host.
struct ProbeView {
  absl::string_view check;  // "http"; lives for ever
  std::string words;
  bool passed = false;
  Duration latency{0};
  WallTime at{};  // none: there was none yet
};

struct HostView {
  std::string address;
  std::string hostname;
  std::string region, zone, sub_zone;
  uint32_t weight = 1;
  uint32_t priority = 0;
  uint32_t ejections = 0;  // by outlier detection
  HostFlags flags;
  std::vector<ProbeView> probes;  // by the cluster's health checks; none: it has none
  WallTime since{};               // it passes or fails them
  uint64_t cx_active = 0, cx_connect_fail = 0, cx_total = 0;
  uint64_t rq_active = 0, rq_error = 0, rq_success = 0, rq_timeout = 0, rq_total = 0;
};

enum class AddedBy : uint8_t { kBootstrap, kDiscovery };

struct ClusterView {
  std::string name;
  std::string observability_name;  // alt_stat_name; empty: name
  std::string eds_service_name;
  AddedBy added_by = AddedBy::kBootstrap;
  BreakerFacts default_breaker, high_breaker;
  uint32_t overprovisioning_factor = 140;
  std::vector<HostView> hosts;  // in order of priority
  // Where they come by discovery; null: they have not come, or are the cluster's own. For the call.
  const ResourceRecord* assignment = nullptr;
};

// One message of /config_dump: a BootstrapConfigDump, ClustersConfigDump, ... The page owns it, and
// redacts and trims it in place.
using ConfigDumpParts = std::vector<std::unique_ptr<google::protobuf::Message>>;

// Whether resources are shown whole, or only that they are there.
enum class ResourceContents : uint8_t { kShown, kLeftOut };

// Of the runtime: keys and values as they are shown.
struct RuntimeLayerFacts {
  std::string name;
  absl::btree_map<std::string, std::string> values;
};

enum class DrainSpeed : uint8_t { kAtOnce, kGraceful };
enum class DrainScope : uint8_t { kAll, kInboundOnly };
enum class AfterDrain : uint8_t { kStopListeners, kKeepListeners };
struct DrainOrder {
  DrainSpeed pace = DrainSpeed::kAtOnce;
  DrainScope scope = DrainScope::kAll;
  AfterDrain after = AfterDrain::kStopListeners;
};

enum class HealthCheckAnswer : uint8_t { kPass, kFail };

// Of all workers.
struct TunnelSnapshot {
  std::vector<TunnelView> open;
  std::vector<TunnelEndView> ends;
};

struct AdminView {
  const StatsRegistry& stats;
  const HistogramIntervals& intervals;

  // Calls in a coming turn of this thread: of a page that takes long, the next part.
  std::function<void(absl::AnyInvocable<void()> work)> soon;
  std::function<ServerFacts()> server;
  std::function<std::vector<ListenerFacts>()> listeners;
  std::function<std::vector<ClusterView>()> clusters;
  // In the order they are shown; see static_config_dump.h for what the bootstrap gives.
  std::function<ConfigDumpParts()> config_dump;
  // The same one by one; see client_config.h. The page redacts it.
  std::function<envoy::service::status::v3::ClientConfig(ResourceContents)> client;
  std::function<std::vector<LedgerEntry>()> config_coverage;
  // The workers are asked, so that the answer comes in a later turn.
  std::function<void(std::function<void(TunnelSnapshot)> done)> tunnels;
  std::function<void(std::function<void(std::vector<ConnectionView>)> done)> connections;

  // In their order, of which a later one counts more.
  std::function<std::vector<RuntimeLayerFacts>()> runtime;
  std::function<absl::Status(const std::vector<std::pair<std::string, std::string>>& changes)>
      modify_runtime;

  // False: there is no such host.
  std::function<bool(const std::string& cluster, const std::string& address, HostOrder order)>
      order_host;
  std::function<void(DrainOrder)> drain_listeners;
  std::function<void(HealthCheckAnswer)> set_health_check;
  std::function<void()> quit;  // returns before the server does
};

}  // namespace sluice
