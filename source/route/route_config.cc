#include "source/route/route_config.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "envoy/config/route/v3/route.pb.h"
#include "source/config/canonical_bytes.h"
#include "source/config/proto_fields.h"
#include "source/route/action_config.h"
#include "source/route/header_edits_config.h"
#include "source/route/per_filter_config.h"
#include "source/route/predicate_config.h"
#include "source/route/retry_policy_config.h"

namespace sluice {

using envoy::config::route::v3::RouteConfiguration;
using ProtoRoute = envoy::config::route::v3::Route;
using ProtoVirtualHost = envoy::config::route::v3::VirtualHost;

// Envoy's default of max_direct_response_body_size_bytes: such bodies are held in memory for good.
constexpr uint32_t kDirectResponseBytesMax = 4096;

namespace {

// Reads one virtual host; edits of all levels are in their final places before routes point to
// them.
class VirtualHostParser {
 public:
  VirtualHostParser(std::shared_ptr<const TableRules> rules, RuntimeKeys* runtime,
                    const FilterSettingsParsers* filters)
      : rules_(std::move(rules)), runtime_(runtime), per_filter_reader_(filters, runtime) {}

  std::shared_ptr<const VirtualHost> Parse(const ProtoVirtualHost& proto, const FieldScope& scope) {
    Required(proto, "name", scope);
    Required(proto, "domains", scope);
    const PerFilterConfig per_filter = per_filter_reader_.Read(
        proto.typed_per_filter_config(), scope, {rules_->websocket, rules_->filter_settings});
    std::vector<Route> routes;
    std::vector<RoutePredicate> predicates;
    for (int i = 0; i < proto.routes_size(); ++i) {
      AddRoute(proto.routes(i), scope.At("routes", i), per_filter, routes, predicates);
    }
    auto host = std::make_shared<VirtualHost>(std::move(routes), std::move(predicates));
    host->name = proto.name();
    host->domains.assign(proto.domains().begin(), proto.domains().end());
    host->require_tls = RequirementOf(proto, scope);
    host->attempt_count_in_request = proto.include_request_attempt_count();
    host->attempt_count_in_response = proto.include_attempt_count_in_response();
    host->timeout_retry_in_request = proto.include_is_timeout_retry_header();
    host->request_edits = ParseRequestEdits(proto, scope);
    host->response_edits = ParseResponseEdits(proto, scope);
    host->rules = rules_;
    std::sort(clusters_.begin(), clusters_.end());
    clusters_.erase(std::unique(clusters_.begin(), clusters_.end()), clusters_.end());
    host->clusters = std::move(clusters_);
    std::shared_ptr<const RetryPolicy> retry;
    if (proto.has_retry_policy())
      retry = ParseRetryPolicy(proto.retry_policy(), scope.At("retry_policy"));
    const std::optional<uint32_t> replay_bytes_max =
        OptionalUInt32(proto, "per_request_buffer_limit_bytes", scope);
    for (Route& route : host->routes) {
      LinkRoute(*host, route);
      if (!route.replay_bytes_max.has_value()) route.replay_bytes_max = replay_bytes_max;
      auto* const action = std::get_if<ClusterAction>(&route.action);
      if (action != nullptr && action->retry == nullptr) action->retry = retry;
    }
    return host;
  }

 private:
  TlsRequirement RequirementOf(const ProtoVirtualHost& proto, const FieldScope& scope) {
    switch (proto.require_tls()) {
      case ProtoVirtualHost::NONE:
        return TlsRequirement::kNone;
      case ProtoVirtualHost::EXTERNAL_ONLY:
        return TlsRequirement::kExternalOnly;
      case ProtoVirtualHost::ALL:
        return TlsRequirement::kAll;
      default:
        break;
    }
    scope.At("require_tls").Error(absl::StrCat("unknown value ", proto.require_tls()));
    return TlsRequirement::kAll;
  }

  void AddRoute(const ProtoRoute& proto, const FieldScope& scope, const PerFilterConfig& of_host,
                std::vector<Route>& routes, std::vector<RoutePredicate>& predicates) {
    std::optional<RoutePredicate> predicate = ParseRoutePredicate(proto.match(), scope.At("match"));
    if (predicate.has_value() && predicate->conditions.fraction.has_value())
      BindRuntime(runtime_, *predicate->conditions.fraction);
    const PathMatch path = predicate.has_value() ? predicate->path : PathMatch();
    Route route;
    route.name = proto.name();
    route.own_request_edits = ParseRequestEdits(proto, scope);
    route.own_response_edits = ParseResponseEdits(proto, scope);
    PerFilterConfig per_filter =
        per_filter_reader_.Read(proto.typed_per_filter_config(), scope, of_host);
    route.websocket = std::move(per_filter.websocket);
    route.filter_settings = std::move(per_filter.filters);
    route.replay_bytes_max = OptionalUInt32(proto, "per_request_buffer_limit_bytes", scope);
    ParseAction(proto, path, scope, route);
    if (!predicate.has_value()) return;  // the table will not be used: it was reported
    routes.push_back(std::move(route));
    predicates.push_back(*std::move(predicate));
  }

  void ParseAction(const ProtoRoute& proto, const PathMatch& path, const FieldScope& scope,
                   Route& route) {
    switch (proto.action_case()) {
      case ProtoRoute::kRoute:
        route.action = ParseClusterAction(proto.route(), path, scope.At("route"));
        AddClusterNames(std::get<ClusterAction>(route.action));
        for (auto& cluster : std::get<ClusterAction>(route.action).weighted_clusters) {
          BindRuntime(runtime_, cluster.weight);
        }
        return;
      case ProtoRoute::kRedirect:
        route.action = ParseRedirect(proto.redirect(), path, scope.At("redirect"));
        return;
      case ProtoRoute::kDirectResponse:
        route.action = ParseDirectResponse(proto.direct_response(), rules_->body_bytes_max,
                                           scope.At("direct_response"));
        return;
      case ProtoRoute::kFilterAction:
        scope.At("filter_action")
            .Error("no filter takes an action", "use route, redirect or direct_response");
        return;
      case ProtoRoute::kNonForwardingAction:
        scope.At("non_forwarding_action")
            .Error("is for servers without a proxy", "use route, redirect or direct_response");
        return;
      case ProtoRoute::ACTION_NOT_SET:
        break;
    }
    scope.Error("needs an action", "set one of route, redirect, direct_response");
  }

  void AddClusterNames(const ClusterAction& action) {
    if (!action.cluster.empty()) clusters_.push_back(action.cluster);
    for (const WeightedCluster& cluster : action.weighted_clusters) {
      if (!cluster.name.empty()) clusters_.push_back(cluster.name);
    }
  }

  void LinkRoute(const VirtualHost& host, Route& route) {
    route.virtual_host = &host;
    route.request_edits =
        EditLevels(route.own_request_edits, host.request_edits, rules_->request_edits);
    route.response_edits =
        EditLevels(route.own_response_edits, host.response_edits, rules_->response_edits);
    route.weighted_edits_last = rules_->most_specific_edits_last;
  }

  // The last one to be applied wins.
  std::vector<const HeaderEdits*> EditLevels(const HeaderEdits& route, const HeaderEdits& host,
                                             const HeaderEdits& table) {
    std::vector<const HeaderEdits*> levels;
    for (const HeaderEdits* edits : {&route, &host, &table}) {
      if (!edits->empty()) levels.push_back(edits);
    }
    if (rules_->most_specific_edits_last) std::reverse(levels.begin(), levels.end());
    return levels;
  }

  const std::shared_ptr<const TableRules> rules_;
  RuntimeKeys* const runtime_;
  const PerFilterReader per_filter_reader_;
  std::vector<std::string> clusters_;  // that routes have named so far
};

HostSource ReadHostSource(const envoy::config::route::v3::Vhds& proto, const FieldScope& scope) {
  using envoy::config::core::v3::ConfigSource;
  if (!proto.has_config_source()) scope.At("config_source").Error("is required");
  ConfigSource place = proto.config_source();
  place.clear_initial_fetch_timeout();  // how long it is waited for makes it no other source
  return {.proto = std::make_shared<const ConfigSource>(proto.config_source()),
          .bytes = CanonicalBytes(place)};
}

std::shared_ptr<const TableRules> ParseTableRules(const RouteConfiguration& config,
                                                  const FieldScope& scope, RuntimeKeys* runtime,
                                                  const FilterSettingsParsers* filters) {
  auto rules = std::make_shared<TableRules>();
  rules->name = config.name();
  rules->ignore_port = config.ignore_port_in_host_matching();
  rules->most_specific_edits_last = config.most_specific_header_mutations_wins();
  if (config.has_validate_clusters()) {
    rules->validate_clusters = config.validate_clusters().value();
  }
  rules->body_bytes_max =
      UInt32Or(config, "max_direct_response_body_size_bytes", kDirectResponseBytesMax, scope);
  rules->request_edits = ParseRequestEdits(config, scope);
  rules->response_edits = ParseResponseEdits(config, scope);
  if (config.has_vhds()) rules->hosts = ReadHostSource(config.vhds(), scope.At("vhds"));
  PerFilterConfig per_filter =
      PerFilterReader(filters, runtime).Read(config.typed_per_filter_config(), scope);
  rules->websocket = std::move(per_filter.websocket);
  rules->filter_settings = std::move(per_filter.filters);
  return rules;
}

}  // namespace

std::shared_ptr<const VirtualHost> ParseVirtualHost(const ProtoVirtualHost& proto,
                                                    std::shared_ptr<const TableRules> rules,
                                                    const FieldScope& scope, RuntimeKeys* runtime,
                                                    const FilterSettingsParsers* filters) {
  const size_t errors_before = scope.errors().size();
  auto host = VirtualHostParser(std::move(rules), runtime, filters).Parse(proto, scope);
  return scope.errors().size() == errors_before ? host : nullptr;
}

void ReportConflict(const VirtualHost& host, const HostConflict& conflict,
                    const FieldScope& scope) {
  const FieldScope at = scope.At("domains", static_cast<int>(conflict.domain));
  switch (conflict.kind) {
    case HostConflict::Kind::kName:
      if (host.name.empty()) return;  // which is reported
      return scope.At("name").Error(
          absl::StrCat("\"", host.name, "\" is taken by another virtual host"));
    case HostConflict::Kind::kDomain:
      return at.Error(absl::StrCat("\"", host.domains[conflict.domain], "\" is there already",
                                   conflict.other == host.name
                                       ? ""
                                       : ", in the virtual host \"" + conflict.other + "\""),
                      "a domain belongs to one virtual host, once; case does not count");
    case HostConflict::Kind::kNoDomain:
      return at.Error(absl::StrCat("\"", host.domains[conflict.domain], "\" is no domain"),
                      "'*' stands alone, first (*.example.com) or last (example.*)");
  }
}

std::shared_ptr<const RouteTable> ParseRouteTable(const RouteConfiguration& config,
                                                  const FieldScope& scope, RuntimeKeys* runtime,
                                                  const FilterSettingsParsers* filters) {
  const size_t errors_before = scope.errors().size();
  const auto rules = ParseTableRules(config, scope, runtime, filters);
  RouteTableEdit edit(rules, static_cast<size_t>(config.virtual_hosts_size()));
  for (int i = 0; i < config.virtual_hosts_size(); ++i) {
    const FieldScope at = scope.At("virtual_hosts", i);
    const std::shared_ptr<const VirtualHost> host =
        VirtualHostParser(rules, runtime, filters).Parse(config.virtual_hosts(i), at);
    for (const HostConflict& conflict : edit.Add(host)) ReportConflict(*host, conflict, at);
  }
  if (scope.errors().size() != errors_before) return nullptr;
  return std::move(edit).Finish();
}

}  // namespace sluice
