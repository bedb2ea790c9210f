#include "source/server/admin/admin_commands.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "source/config/field_ledger.h"
#include "source/server/admin/client_status_page.h"
#include "source/server/admin/clusters_page.h"
#include "source/server/admin/config_dump_page.h"
#include "source/server/admin/connections_page.h"
#include "source/server/admin/endpoints_dump.h"
#include "source/server/admin/home_page.h"
#include "source/server/admin/hosts_page.h"
#include "source/server/admin/listeners_page.h"
#include "source/server/admin/log_level_page.h"
#include "source/server/admin/runtime_page.h"
#include "source/server/admin/server_pages.h"
#include "source/server/admin/stats_page.h"
#include "source/server/admin/tunnels_page.h"

namespace sluice {
namespace {

AdminResponse Done() { return {200, AdminResponse::kText, "OK\n"}; }

bool WantsJson(const AdminQuery& query) { return query.Get("format") == "json"; }

AdminResponse Clusters(const AdminView& view, const AdminQuery& query) {
  return WantsJson(query) ? ClustersJson(view.clusters()) : ClustersText(view.clusters());
}

AdminResponse ConfigCoverage(const AdminView& view, const AdminQuery& query) {
  return {200, AdminResponse::kText, LedgerPage(view.config_coverage())};
}

AdminResponse ConfigDump(const AdminView& view, const AdminQuery& query) {
  ConfigDumpParts parts = view.config_dump();
  if (query.Has("include_eds")) AddEndpointsDump(view.clusters(), parts);
  return ConfigDumpPage(query, std::move(parts));
}

AdminResponse DrainListeners(const AdminView& view, const AdminQuery& query) {
  DrainOrder order;
  if (query.Has("graceful")) order.pace = DrainSpeed::kGraceful;
  if (query.Has("inboundonly")) order.scope = DrainScope::kInboundOnly;
  if (query.Has("skip_exit")) order.after = AfterDrain::kKeepListeners;
  // At once and then keeping the listeners would be doing nothing.
  if (order.after == AfterDrain::kKeepListeners && order.pace == DrainSpeed::kAtOnce) {
    return {400, AdminResponse::kText, "skip_exit requires graceful\n"};
  }
  view.drain_listeners(order);
  return Done();
}

AdminResponse FailHealthCheck(const AdminView& view, const AdminQuery& query) {
  view.set_health_check(HealthCheckAnswer::kFail);
  return Done();
}

AdminResponse PassHealthCheck(const AdminView& view, const AdminQuery& query) {
  view.set_health_check(HealthCheckAnswer::kPass);
  return Done();
}

AdminResponse Help(const AdminView& view, const AdminQuery& query) {
  return {200, AdminResponse::kText, AdminHelpText()};
}

AdminResponse Home(const AdminView& view, const AdminQuery& query) {
  return HomePage(AdminCommands());
}

AdminResponse Listeners(const AdminView& view, const AdminQuery& query) {
  return WantsJson(query) ? ListenersJson(view.listeners()) : ListenersText(view.listeners());
}

AdminResponse Logging(const AdminView& view, const AdminQuery& query) {
  return LogLevelPage(query);
}

AdminResponse Quit(const AdminView& view, const AdminQuery& query) {
  view.quit();
  return Done();
}

AdminResponse Ready(const AdminView& view, const AdminQuery& query) {
  return ReadyPage(view.server().state);
}

AdminResponse Runtime(const AdminView& view, const AdminQuery& query) {
  return RuntimePage(view.runtime());
}

AdminResponse ServerInfo(const AdminView& view, const AdminQuery& query) {
  return ServerInfoPage(view.server());
}

void Stats(const AdminView& view, const AdminQuery& query, AdminReply reply) {
  StatsPage(query, view.stats, view.intervals, view.soon, std::move(reply));
}

void Prometheus(const AdminView& view, const AdminQuery& query, AdminReply reply) {
  PrometheusPage(query, view.stats, view.soon, std::move(reply));
}

void Tunnels(const AdminView& view, const AdminQuery& query, AdminReply reply) {
  view.tunnels([query, reply = std::move(reply)](const TunnelSnapshot& tunnels) {
    reply(TunnelsPage(query, tunnels.open));
  });
}

void Closes(const AdminView& view, const AdminQuery& query, AdminReply reply) {
  view.tunnels([query, reply = std::move(reply)](TunnelSnapshot tunnels) {
    reply(ClosesPage(query, std::move(tunnels.ends)));
  });
}

void Connections(const AdminView& view, const AdminQuery& query, AdminReply reply) {
  view.connections(
      [query, reply = std::move(reply)](const std::vector<ConnectionView>& connections) {
        reply(ConnectionsPage(query, connections));
      });
}

constexpr AdminParameter kFormat[] = {{"format", "One of (text, json)"}};
constexpr AdminParameter kConfigDump[] = {
    {"resource", "Only the elements of this repeated field, such as static_clusters"},
    {"mask", "A field mask: only these fields, of each element where resource is given"},
    {"name_regex", "Only what has a name that this regular expression (re2) matches whole"},
    {"include_eds", "Also the endpoints of every cluster"},
};
constexpr AdminParameter kConnections[] = {
    {"format", "One of (text, json)"},
    {"listener", "Only those of the listener of this name"},
    {"version", "Only those that this version of their listener has brought"},
    {"leaving", "Only those whose filter chain is no more"},
    {"min_age_s", "Only those of at least so many seconds"},
};
constexpr AdminParameter kDrain[] = {
    {"graceful", "Keep accepting for the drain time while connections are asked to go"},
    {"skip_exit", "Do not stop the listeners at the end of the drain time; only with graceful"},
    {"inboundonly", "Only listeners whose traffic_direction is INBOUND"},
};
constexpr AdminParameter kHosts[] = {
    {"state", "POST to <cluster>/<address>: One of (drain, maintenance, up)"},
};
constexpr AdminParameter kLogging[] = {
    {"level", "Level of all loggers; One of (trace, debug, info, warning, error, critical, off)"},
    {"paths", "Levels of some loggers: <name>:<level>,<name>:<level>"},
};
constexpr AdminParameter kTunnels[] = {
    {"route", "Only those of the route of this name"},
    {"cluster", "Only those to this cluster"},
    {"min_age_s", "Only those of at least so many seconds"},
};
constexpr AdminParameter kStats[] = {
    {"usedonly", "Only stats that were ever written"},
    {"filter", "Only stats in whose name this regular expression (re2) is found"},
    {"format", "One of (text, json, prometheus)"},
    {"type", "One of (All, Counters, Gauges, Histograms)"},
    {"histogram_buckets", "One of (none, cumulative, disjoint)"},
};
constexpr AdminParameter kPrometheus[] = {
    {"usedonly", "Only stats that were ever written"},
    {"filter", "Only stats in whose name this regular expression (re2) is found"},
};

constexpr AdminEffect kReads = AdminEffect::kReads;
constexpr AdminEffect kChanges = AdminEffect::kChanges;
constexpr AdminEffect kAsks = AdminEffect::kAsks;

constexpr AdminCommand kCommands[] = {
    {"/", "Admin home page", kReads, Home, {}},
    {"/closes", "how the last tunnels (WebSocket, CONNECT) have ended", kReads, nullptr, kTunnels,
     Closes},
    {"/clusters", "upstream cluster status", kReads, Clusters, kFormat},
    {"/config_coverage",
     "fields of the configuration that take no effect",
     kReads,
     ConfigCoverage,
     {}},
    {"/config_dump", "the configuration in force, without its secrets", kReads, ConfigDump,
     kConfigDump},
    {"/connections", "open connections of clients, and the configuration each is bound to", kReads,
     nullptr, kConnections, Connections},
    {"/drain_listeners", "drain listeners", kChanges, DrainListeners, kDrain},
    {"/healthcheck/fail", "cause the server to fail health checks", kChanges, FailHealthCheck, {}},
    {"/healthcheck/ok", "cause the server to pass health checks", kChanges, PassHealthCheck, {}},
    {"/help", "print out list of admin commands", kReads, Help, {}},
    {"/hosts", "hosts of a cluster and why they do or do not get requests; /hosts/<cluster>",
     kReads, HostsPage, kHosts, nullptr, OrderHost, true},
    {"/listeners", "print listener info", kReads, Listeners, kFormat},
    {"/logging", "query/change logging levels", kChanges, Logging, kLogging},
    {"/quitquitquit", "exit the server", kChanges, Quit, {}},
    {"/ready", "print server state, return 200 if LIVE, otherwise return 503", kReads, Ready, {}},
    {"/runtime", "print runtime values", kReads, Runtime, {}},
    {"/runtime_modify",
     "modify runtime values: key1=value1&key2=value2; an empty value removes one",
     kChanges,
     ModifyRuntime,
     {}},
    {"/server_info", "print server version/status information", kReads, ServerInfo, {}},
    {"/stats", "print server stats", kReads, nullptr, kStats, Stats},
    {"/stats/prometheus", "print server stats in prometheus format", kReads, nullptr, kPrometheus,
     Prometheus},
    {"/tunnels", "open tunnels (WebSocket, CONNECT)", kReads, nullptr, kTunnels, Tunnels},
    {"/v3/discovery:client_status",
     "resources of discovery and their status (CSDS), for a ClientStatusRequest in JSON; by gRPC, "
     "too",
     kAsks,
     nullptr,
     {},
     nullptr,
     nullptr,
     false,
     ClientStatusPage},
};

}  // namespace

absl::Span<const AdminCommand> AdminCommands() { return kCommands; }

std::string AdminHelpText() {
  std::string text = "admin commands are:\n";
  for (const AdminCommand& command : AdminCommands()) {
    const absl::string_view method = command.effect == AdminEffect::kReads ? "" : " (POST)";
    absl::StrAppend(&text, "  ", command.path, method, ": ", command.help, "\n");
    for (const AdminParameter& parameter : command.parameters) {
      absl::StrAppend(&text, "      ", parameter.name, ": ", parameter.help, "\n");
    }
  }
  return text;
}

}  // namespace sluice
