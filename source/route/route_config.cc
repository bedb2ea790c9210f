#include "source/route/route_config.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "envoy/config/route/v3/route.pb.h"
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

// Builds one table; edits of all levels are in their final places before routes point to them.
class RouteTableParser {
 public:
  RouteTableParser(const RouteConfiguration& config, const FieldScope& scope, RuntimeKeys* runtime,
                   const FilterSettingsParsers* filters)
      : config_(config),
        scope_(scope),
        runtime_(runtime),
        per_filter_reader_(filters, runtime),
        table_(std::make_unique<RouteTable>()) {}

  std::shared_ptr<const RouteTable> Parse() {
    const size_t errors_before = scope_.errors().size();
    table_->name_ = config_.name();
    table_->ignore_port_ = config_.ignore_port_in_host_matching();
    if (config_.has_validate_clusters()) {
      table_->validate_clusters_ = config_.validate_clusters().value();
    }
    body_bytes_max_ =
        UInt32Or(config_, "max_direct_response_body_size_bytes", kDirectResponseBytesMax, scope_);
    table_->request_edits_ = ParseRequestEdits(config_, scope_);
    table_->response_edits_ = ParseResponseEdits(config_, scope_);
    per_filter_ = per_filter_reader_.Read(config_.typed_per_filter_config(), scope_);
    for (int i = 0; i < config_.virtual_hosts_size(); ++i) {
      AddVirtualHost(config_.virtual_hosts(i), scope_.At("virtual_hosts", i));
    }
    std::sort(table_->clusters_.begin(), table_->clusters_.end());
    table_->clusters_.erase(std::unique(table_->clusters_.begin(), table_->clusters_.end()),
                            table_->clusters_.end());
    if (scope_.errors().size() != errors_before) return nullptr;
    return std::move(table_);
  }

 private:
  void AddVirtualHost(const ProtoVirtualHost& proto, const FieldScope& scope) {
    if (Required(proto, "name", scope) && !names_.insert(proto.name()).second) {
      scope.At("name").Error(
          absl::StrCat("\"", proto.name(), "\" is taken by another virtual host"));
    }
    AddDomains(proto, scope);
    const PerFilterConfig per_filter =
        per_filter_reader_.Read(proto.typed_per_filter_config(), scope, per_filter_);
    std::vector<Route> routes;
    std::vector<RoutePredicate> predicates;
    for (int i = 0; i < proto.routes_size(); ++i) {
      AddRoute(proto.routes(i), scope.At("routes", i), per_filter, routes, predicates);
    }
    auto host = std::make_unique<VirtualHost>(std::move(routes), std::move(predicates));
    host->name = proto.name();
    host->require_tls = RequirementOf(proto, scope);
    host->attempt_count_in_request = proto.include_request_attempt_count();
    host->attempt_count_in_response = proto.include_attempt_count_in_response();
    host->timeout_retry_in_request = proto.include_is_timeout_retry_header();
    host->request_edits = ParseRequestEdits(proto, scope);
    host->response_edits = ParseResponseEdits(proto, scope);
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
    table_->virtual_hosts_.push_back(std::move(host));
  }

  void AddDomains(const ProtoVirtualHost& proto, const FieldScope& scope) {
    Required(proto, "domains", scope);
    const auto owner = static_cast<uint32_t>(table_->virtual_hosts_.size());
    for (int i = 0; i < proto.domains_size(); ++i) {
      switch (table_->domains_.Add(proto.domains(i), owner)) {
        case DomainTable::AddResult::kAdded:
          break;
        case DomainTable::AddResult::kDuplicate:
          scope.At("domains", i)
              .Error(absl::StrCat("\"", proto.domains(i), "\" is there already"),
                     "a domain belongs to one virtual host, once; case does not count");
          break;
        case DomainTable::AddResult::kBadWildcard:
          scope.At("domains", i)
              .Error(absl::StrCat("\"", proto.domains(i), "\" is no domain"),
                     "'*' stands alone, first (*.example.com) or last (example.*)");
      }
    }
  }

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
        route.action = ParseDirectResponse(proto.direct_response(), body_bytes_max_,
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
    if (!action.cluster.empty()) table_->clusters_.push_back(action.cluster);
    for (const WeightedCluster& cluster : action.weighted_clusters) {
      if (!cluster.name.empty()) table_->clusters_.push_back(cluster.name);
    }
  }

  void LinkRoute(const VirtualHost& host, Route& route) {
    route.virtual_host = &host;
    route.request_edits =
        EditLevels(route.own_request_edits, host.request_edits, table_->request_edits_);
    route.response_edits =
        EditLevels(route.own_response_edits, host.response_edits, table_->response_edits_);
    route.weighted_edits_last = config_.most_specific_header_mutations_wins();
  }

  // The last one to be applied wins.
  std::vector<const HeaderEdits*> EditLevels(const HeaderEdits& route, const HeaderEdits& host,
                                             const HeaderEdits& table) {
    std::vector<const HeaderEdits*> levels;
    for (const HeaderEdits* edits : {&route, &host, &table}) {
      if (!edits->empty()) levels.push_back(edits);
    }
    if (config_.most_specific_header_mutations_wins()) std::reverse(levels.begin(), levels.end());
    return levels;
  }

  const RouteConfiguration& config_;
  const FieldScope& scope_;
  RuntimeKeys* const runtime_;
  const PerFilterReader per_filter_reader_;
  std::unique_ptr<RouteTable> table_;
  PerFilterConfig per_filter_;  // of the whole configuration
  uint32_t body_bytes_max_ = kDirectResponseBytesMax;
  absl::flat_hash_set<std::string> names_;
};

std::shared_ptr<const RouteTable> ParseRouteTable(const RouteConfiguration& config,
                                                  const FieldScope& scope, RuntimeKeys* runtime,
                                                  const FilterSettingsParsers* filters) {
  return RouteTableParser(config, scope, runtime, filters).Parse();
}

}  // namespace sluice
