// What the regressions of discovery begin with: everything that a control plane has for one proxy.
#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "test/scenario/told_proxy.h"

namespace sluice {

inline constexpr Wire kBothWires[] = {Wire::kStateOfTheWorld, Wire::kDelta};

// A cluster "users" of host 0, the table "routes" that leads everything to it, and the listener
// "web" on 10.9.9.9.
inline void Offer(ToldProxy& proxy) {
  proxy.SetCluster("users");
  proxy.SetEndpoints("users", {0});
  proxy.SetRoutes("routes", "users");
  proxy.SetListener("web", "10.9.9.9");
  proxy.Host(0, H1Answer::Of(200, "host 0"));
  proxy.Host(1, H1Answer::Of(200, "host 1"));
}

// "web" with another table, for which it waits so long. `more`: further fields.
inline void SetListenerRoutedBy(ToldProxy& proxy, const std::string& table,
                                const std::string& more = "", const std::string& wait = "15s") {
  proxy.Set(
      kListenerType, "web",
      absl::StrCat(
          "name: web\naddress: { socket_address: { address: 10.9.9.9, port_value: 80 } }\n"
          "filter_chains:\n- filters:\n  - name: http\n    typed_config:\n"
          "      \"@type\": type.googleapis.com/envoy.extensions.filters.network."
          "http_connection_manager.v3.HttpConnectionManager\n      stat_prefix: test\n"
          "      rds: { route_config_name: ",
          table,
          ", config_source: { ads: {}, resource_api_version: V3, initial_fetch_timeout: ", wait,
          " } }\n"
          "      http_filters:\n      - name: router\n        typed_config: { \"@type\": "
          "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }\n",
          more));
}

// An EDS cluster whose endpoints go by another name than its own.
inline std::string OfService(const std::string& name, const std::string& service,
                             const std::string& more = "") {
  return absl::StrCat("name: ", name, "\ntype: EDS\neds_cluster_config: { service_name: ", service,
                      ", eds_config: { ads: {}, resource_api_version: V3", more, " } }\n");
}

}  // namespace sluice
