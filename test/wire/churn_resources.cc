#include "test/wire/churn_resources.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "gtest/gtest.h"
#include "source/config/config_errors.h"
#include "source/config/config_file.h"

namespace sluice {
namespace {

constexpr char kCluster[] = "envoy.config.cluster.v3.Cluster";
constexpr char kEndpoints[] = "envoy.config.endpoint.v3.ClusterLoadAssignment";
constexpr char kListener[] = "envoy.config.listener.v3.Listener";
constexpr char kRoutes[] = "envoy.config.route.v3.RouteConfiguration";
constexpr char kScope[] = "envoy.config.route.v3.ScopedRouteConfiguration";
constexpr char kSecret[] = "envoy.extensions.transport_sockets.tls.v3.Secret";
constexpr char kRuntime[] = "envoy.service.runtime.v3.Runtime";

constexpr char kAds[] = "{ ads: {}, resource_api_version: V3 }";

std::string Inline(const std::string& pem) {
  return absl::StrCat("{ inline_string: \"", absl::StrReplaceAll(pem, {{"\n", "\\n"}}), "\" }");
}

std::string Tls(const std::string& context, const std::string& fields) {
  return absl::StrCat(
      "transport_socket: { name: tls, typed_config: { \"@type\": "
      "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.",
      context, ", ", fields, " } }");
}

std::string SecretNamed(const std::string& name) {
  return absl::StrCat("{ name: ", name, ", sds_config: ", kAds, " }");
}

std::string LeadingTo(const std::string& table, const std::string& cluster, int step) {
  return absl::StrCat("name: ", table,
                      "\nvirtual_hosts: [{ name: all, domains: ['*'], routes: [{ match: { prefix: "
                      "/ }, route: { cluster: ",
                      cluster, ", timeout: ", 10 + step % 9, "s } }] }]\n");
}

}  // namespace

ChurnResources::ChurnResources(std::vector<std::string> hosts, std::vector<std::string> chats)
    : hosts_(std::move(hosts)), chats_(std::move(chats)) {
  Begin();
}

void ChurnResources::SetSecure(std::string address) {
  secure_ = {std::move(address)};
  SetEndpoints("loop", secure_, 0);
}

void ChurnResources::SetAll(int step) {
  for (const char* name : {"red", "blue", "chat", "loop"}) SetCluster(name, step);
  SetEndpoints("red", hosts_, step);
  SetEndpoints("blue", hosts_, step);
  SetEndpoints("chat", chats_, step);
  SetEndpoints("loop", secure_, step);
  SetRoutes(step);
  SetScopes(step);
  SetSecrets(step);
  SetRuntime(step);
  for (const char* name : {"web", "scoped", "secure"}) SetListener(name, name, step);
  Remove(kCluster, "spare");
  Remove(kListener, "spare");
}

void ChurnResources::Rest() {
  Begin();
  for (const char* name : {"red", "blue", "loop"}) SetEndpoints(name, {}, 0);
}

void ChurnResources::Change(int step) {
  const int turn = step / 10;  // each kind gets all values
  static constexpr const char* kClusters[] = {"red", "blue", "chat", "loop"};
  static constexpr const char* kListeners[] = {"web", "scoped", "secure"};
  switch (step % 10) {
    case 0:
      return SetRoutes(turn);
    case 1:
      return SetEndpoints("red", SomeOf(hosts_, turn), turn);
    case 2:
      return SetCluster(kClusters[turn % 4], turn);
    case 3:
      return SetListener(kListeners[turn % 3], kListeners[turn % 3], turn);
    case 4:
      return SetSecrets(turn);
    case 5:
      return SetRuntime(turn);
    case 6:
      return SetScopes(turn);
    case 7:
      return turn % 2 == 0 ? SetEndpoints("blue", SomeOf(hosts_, turn + 1), turn)
                           : SetEndpoints("loop", secure_, turn);
    case 8:
      return SetEndpoints("chat", SomeOf(chats_, turn), turn);
    default:
      if (turn % 4 == 0) return SetCluster("spare", turn);
      if (turn % 4 == 1) return SetListener("spare", "web", turn);
      return Remove(turn % 4 == 2 ? kCluster : kListener, "spare");
  }
}

std::shared_ptr<const control_plane::Snapshot> ChurnResources::Offer() const {
  return std::make_shared<const control_plane::Snapshot>(now_);
}

void ChurnResources::Set(const std::string& type, const std::string& name,
                         const std::string& yaml) {
  const std::string url = absl::StrCat("type.googleapis.com/", type);
  const std::string list = absl::StrCat("resources:\n- \"@type\": ", url,
                                        absl::StrReplaceAll("\n" + yaml, {{"\n", "\n  "}}));
  SourceLines lines;
  ConfigErrors errors(&lines);
  envoy::service::discovery::v3::DiscoveryResponse response;
  ReadConfigText(list, ConfigFormat::kYaml, "resource", ConfigLimits(), response, lines, errors);
  ASSERT_TRUE(errors.empty()) << errors.ToString() << list;
  now_[url].insert_or_assign(name, control_plane::MakeItem(response.resources(0)));
}

void ChurnResources::Remove(const std::string& type, const std::string& name) {
  now_[absl::StrCat("type.googleapis.com/", type)].erase(name);
}

void ChurnResources::SetCluster(const std::string& name, int step) {
  std::string more;
  if (name == "loop") {
    more =
        absl::StrCat(Tls("UpstreamTlsContext",
                         absl::StrCat("sni: a.test, common_tls_context: { alpn_protocols: [h2], "
                                      "validation_context_sds_secret_config: ",
                                      SecretNamed("authority"), " }")),
                     "\ntyped_extension_protocol_options:\n"
                     "  envoy.extensions.upstreams.http.v3.HttpProtocolOptions:\n    \"@type\": "
                     "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions\n"
                     "    explicit_http_config: { http2_protocol_options: {} }\n");
  }
  Set(kCluster, name,
      absl::StrCat("name: ", name, "\ntype: EDS\neds_cluster_config: { eds_config: ", kAds,
                   " }\nconnect_timeout: ", 5 + step % 7, "s\n", more));
}

void ChurnResources::SetEndpoints(const std::string& cluster,
                                  const std::vector<std::string>& addresses, int step) {
  std::vector<std::string> list;
  for (const std::string& address : addresses) {
    list.push_back(absl::StrCat("{ endpoint: { address: ", address,
                                " }, load_balancing_weight: ", 1 + step % 5, " }"));
  }
  Set(kEndpoints, cluster,
      absl::StrCat("cluster_name: ", cluster, "\nendpoints: [{ lb_endpoints: [",
                   absl::StrJoin(list, ", "), "] }]\n"));
}

// All of them, or one.
std::vector<std::string> ChurnResources::SomeOf(const std::vector<std::string>& addresses,
                                                int step) const {
  const size_t one = static_cast<size_t>(step) % (addresses.size() + 1);
  if (one == addresses.size()) return addresses;
  return {addresses[one]};
}

void ChurnResources::SetListener(const std::string& name, const std::string& routes, int step) {
  const std::string table =
      absl::StrCat("rds: { route_config_name: ", routes, ", config_source: ", kAds, " }");
  const std::string scopes = absl::StrCat(
      "scoped_routes: { name: mine, scope_key_builder: { fragments: [{ header_value_extractor: { "
      "name: x-scope, index: 0 } }] }, rds_config_source: ",
      kAds, ", scoped_rds: { scoped_rds_config_source: ", kAds, " } }");
  const std::string tls =
      Tls("DownstreamTlsContext", absl::StrCat("common_tls_context: { alpn_protocols: [h2], "
                                               "tls_certificate_sds_secret_configs: [",
                                               SecretNamed("identity"), "] }"));
  // Of two changes one is of what its connections go by, the other is not.
  Set(kListener, name,
      absl::StrCat(
          "name: ", name,
          "\naddress: { socket_address: { address: 127.0.0.1, port_value: 0 } }\n"
          "per_connection_buffer_limit_bytes: ",
          65536 + step % 8, "\nfilter_chains:\n- filters:\n  - name: http\n    typed_config:\n",
          "      \"@type\": type.googleapis.com/envoy.extensions.filters.network."
          "http_connection_manager.v3.HttpConnectionManager\n      stat_prefix: ",
          name, "\n      stream_idle_timeout: ", 100 + step / 6 % 2, "s\n      ",
          routes == "scoped" ? scopes : table,
          "\n      upgrade_configs: [{ upgrade_type: websocket }]\n      http_filters: [{ name: "
          "router, typed_config: { \"@type\": "
          "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } }]\n",
          name == "secure" ? absl::StrCat("  ", tls, "\n") : ""));
}

void ChurnResources::SetRoutes(int step) {
  const std::string color = step % 2 == 0 ? "red" : "blue";
  Set(kRoutes, "web",
      absl::StrCat("name: web\nvirtual_hosts:\n- name: all\n  domains: ['*']\n  routes:\n"
                   "  - { match: { prefix: /chat }, route: { cluster: chat, timeout: 0s } }\n"
                   "  - { match: { prefix: /loop }, route: { cluster: loop } }\n"
                   "  - match: { prefix: /, runtime_fraction: { default_value: { numerator: 0 }, "
                   "runtime_key: routing.blue } }\n    route: { cluster: blue }\n"
                   "  - match: { prefix: / }\n    route: { cluster: ",
                   color, ", timeout: ", 10 + step % 9, "s }\n"));
  Set(kRoutes, "secure", LeadingTo("secure", color, step));
  for (const char* table : {"red", "blue"}) Set(kRoutes, table, LeadingTo(table, table, step));
}

void ChurnResources::SetScopes(int step) {
  for (int i = 0; i < 2; ++i) {
    Set(kScope, absl::StrCat("scope", i),
        absl::StrCat("name: scope", i, "\nkey: { fragments: [{ string_key: '", i,
                     "' }] }\nroute_configuration_name: ", (step + i) % 2 == 0 ? "red" : "blue",
                     "\n"));
  }
}

void ChurnResources::SetSecrets(int step) {
  const TestCertificate& identity = step % 2 == 0 ? one_ : two_;
  Set(kSecret, "identity",
      absl::StrCat("name: identity\ntls_certificate: { certificate_chain: ", Inline(identity.pem),
                   ", private_key: ", Inline(identity.key_pem), " }\n"));
  Set(kSecret, "authority",
      absl::StrCat("name: authority\nvalidation_context: { trusted_ca: ",
                   Inline(step / 2 % 2 == 0 ? ca_.pem : absl::StrCat(ca_.pem, other_ca_.pem)),
                   " }\n"));
}

void ChurnResources::SetRuntime(int step) {
  Set(kRuntime, "rtds",
      absl::StrCat("name: rtds\nlayer: { routing: { blue: ", step * 25 % 125, " } }\n"));
}

}  // namespace sluice
