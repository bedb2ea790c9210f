// Discovery::Source: one place that resources come from: the aggregated stream of the bootstrap, a
// server with a stream for each kind, one that is polled, or a file. Main thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/btree_map.h"
#include "source/control/config_source.h"
#include "source/control/discovery.h"
#include "source/control/endpoint_updates.h"
#include "source/control/rest_client.h"
#include "source/control/route_updates.h"
#include "source/control/runtime_updates.h"
#include "source/control/scope_updates.h"
#include "source/control/secret_updates.h"
#include "source/control/virtual_host_updates.h"
#include "source/xds/resource_source.h"

namespace sluice {

struct Discovery::Source {
  Source(Discovery& owner, std::optional<ApiSource> api, bool is_aggregated)
      : api(std::move(api)),
        is_aggregated(is_aggregated),
        endpoints(owner.parts_.main, owner.parts_.clusters),
        routes(
            owner.parts_.main, owner.parts_.stats, owner.parts_.runtime.keys(),
            owner.parts_.filter_settings,
            [&owner](const std::string& name) { return owner.HasCluster(name); },
            [&owner](const envoy::config::core::v3::ConfigSource& proto, const FieldScope& scope) {
              owner.FindHostSource(proto, scope);
            },
            [&owner] { owner.OnRoutes(); }),
        scopes(
            owner.parts_.main, owner.parts_.stats, owner.parts_.runtime.keys(),
            owner.parts_.filter_settings,
            [&owner](const envoy::config::core::v3::ConfigSource& proto, const FieldScope& scope) {
              owner.FindHostSource(proto, scope);
            },
            [&owner] { owner.OnRoutes(); }),
        hosts(
            owner.parts_.main, owner.parts_.stats, owner.parts_.runtime.keys(),
            owner.parts_.filter_settings,
            [&owner](const std::string& name) { return owner.HasCluster(name); },
            [&owner] { owner.OnRoutes(); }),
        secrets(owner.parts_.main.loop, owner.parts_.secrets, [&owner] { owner.OnUnwanted(); }),
        runtime(owner.parts_.main.loop, owner.parts_.runtime,
                [&owner](size_t layer) { owner.OnRuntimeLayer(layer); }) {}

  const std::optional<ApiSource> api;  // none: it is a file
  const bool is_aggregated;
  std::string path, watched;         // of a file
  std::unique_ptr<RestClient> rest;  // null: it is not polled
  EndpointUpdates endpoints;
  RouteUpdates routes;
  ScopeUpdates scopes;
  VirtualHostUpdates hosts;
  SecretUpdates secrets;
  RuntimeUpdates runtime;
  // One, or one for each kind that is asked for, which its user outlives.
  absl::btree_map<std::string, std::unique_ptr<ResourceSource>> opened;
};

}  // namespace sluice
