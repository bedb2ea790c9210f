// What the regressions of discovery offer a proxy beside what ToldProxy::Offer does.
#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "test/scenario/told_proxy.h"

namespace sluice {

inline constexpr Wire kBothWires[] = {Wire::kStateOfTheWorld, Wire::kDelta};

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
