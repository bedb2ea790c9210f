#include "test/scenario/told_proxy.h"

#include "absl/hash/hash.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "gtest/gtest.h"
#include "source/config/config_errors.h"
#include "source/config/config_file.h"
#include "source/extensions/builtin_extensions.h"

namespace sluice {
namespace {

constexpr char kAds[] = "{ ads: {}, resource_api_version: V3 }";

std::string HostIp(int index) { return absl::StrCat("10.0.0.", index + 1); }

std::string Endpoint(const std::string& ip, int port) {
  return absl::StrCat("{ endpoint: { address: { socket_address: { address: ", ip,
                      ", port_value: ", port, " } } } }");
}

std::vector<WorkerContext*> WorkersOf(SimWorld& world) {
  std::vector<WorkerContext*> workers;
  for (uint32_t i = 0; i < world.workers().size(); ++i) workers.push_back(&world.worker(i));
  return workers;
}

Registry Extensions() {
  Registry registry;
  AddBuiltinExtensions(registry);
  return registry;
}

}  // namespace

ToldProxy::ToldProxy(Wire wire, const ToldOptions& options)
    : world_({.workers = options.workers, .seed = options.seed}),
      core_(std::make_unique<ProxyCore>(
          ProxyCore::World{
              .workers = WorkersOf(world_),
              .main = world_.main(),
              .network = world_.network(),
              .resolver = resolver_,
              .stats = world_.stats(),
              .files = files_,
              .open_channel = [this](EventLoop&,
                                     const ChannelSpec&) { return control_plane_.MakeChannel(); }},
          Extensions())) {
  SourceLines lines;
  ConfigErrors errors(&lines);
  envoy::config::bootstrap::v3::Bootstrap bootstrap;
  LoadConfig({.yaml = Bootstrap(wire, options)}, {}, bootstrap, lines, errors);
  if (errors.empty()) core_->Load(bootstrap, errors);
  EXPECT_TRUE(errors.empty()) << errors.ToString();
  for (const ResourceType* type :
       {&kClusterType, &kEndpointType, &kListenerType, &kRouteType, &kScopedRouteType,
        &kVirtualHostType, &kSecretType, &kRuntimeType}) {
    Serve(*type);
  }
}

ToldProxy::~ToldProxy() {
  clients_.clear();
  Run();
  core_->CloseAll([] {});
  Run();
  core_.reset();
  servers_.clear();
  Run();
}

std::string ToldProxy::Bootstrap(Wire wire, const ToldOptions& options) const {
  const std::string api = absl::StrCat(
      "{ api_type: ", wire == Wire::kDelta ? "DELTA_GRPC" : "GRPC",
      ", transport_api_version: V3, grpc_services: [{ envoy_grpc: { cluster_name: xds } }] }");
  const auto source = [&] {
    if (!options.source.empty()) return options.source;
    return absl::StrCat(
        "{ ", options.separate_streams ? "api_config_source: " + api : "ads: {}",
        ", resource_api_version: V3, initial_fetch_timeout: ", options.fetch_timeout, " }");
  };
  return absl::StrCat(
      "node: { id: me, cluster: scenario }\ndynamic_resources:\n",
      options.separate_streams || !options.source.empty() ? "" : "  ads_config: " + api + "\n",
      "  cds_config: ", source(), "\n  lds_config: ", source(),
      "\nstatic_resources:\n  clusters:\n  - name: xds\n    load_assignment:\n"
      "      cluster_name: xds\n      endpoints: [{ lb_endpoints: [",
      Endpoint("10.8.8.8", 18000), "] }]\n", options.static_resources, options.bootstrap);
}

void ToldProxy::SetCluster(const std::string& name, const std::string& yaml) {
  Set(kClusterType, name,
      absl::StrCat("name: ", name, "\ntype: EDS\neds_cluster_config: { eds_config: ", kAds, " }\n",
                   yaml));
}

void ToldProxy::SetEndpoints(const std::string& cluster, const std::vector<int>& hosts) {
  std::string list;
  for (const int host : hosts) {
    absl::StrAppend(&list, list.empty() ? "" : ", ", Endpoint(HostIp(host), 80));
  }
  Set(kEndpointType, cluster,
      absl::StrCat("cluster_name: ", cluster, "\nendpoints: [{ lb_endpoints: [", list, "] }]\n"));
}

void ToldProxy::SetRoutes(const std::string& name, const std::string& cluster,
                          const std::string& yaml) {
  Set(kRouteType, name,
      absl::StrCat("name: ", name,
                   "\nvirtual_hosts:\n- name: all\n  domains: [\"*\"]\n  routes:\n"
                   "  - match: { prefix: / }\n    route: { cluster: ",
                   cluster, " }\n", yaml));
}

void ToldProxy::SetListener(const std::string& name, const std::string& ip,
                            const std::string& yaml) {
  Set(kListenerType, name,
      absl::StrCat("name: ", name, "\naddress: { socket_address: { address: ", ip,
                   ", port_value: 80 } }\nfilter_chains:\n- filters:\n  - name: http\n"
                   "    typed_config:\n      \"@type\": type.googleapis.com/envoy.extensions."
                   "filters.network.http_connection_manager.v3.HttpConnectionManager\n"
                   "      stat_prefix: test\n      rds: { route_config_name: routes, "
                   "config_source: ",
                   kAds,
                   " }\n      http_filters:\n      - name: router\n        typed_config: { "
                   "\"@type\": "
                   "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }\n",
                   yaml));
}

void ToldProxy::Offer() {
  SetCluster("users");
  SetEndpoints("users", {0});
  SetRoutes("routes", "users");
  SetListener("web", "10.9.9.9");
  for (const int host : {0, 1}) Host(host, H1Answer::Of(200, absl::StrCat("host ", host)));
}

void ToldProxy::Set(const ResourceType& type, const std::string& name, const std::string& yaml) {
  // By way of the list that files of resources are: it knows every kind by its name.
  const std::string body = absl::StrReplaceAll("\n" + yaml, {{"\n", "\n  "}});
  const std::string list = absl::StrCat("resources:\n- \"@type\": ", type.url, body);
  SourceLines lines;
  ConfigErrors errors(&lines);
  envoy::service::discovery::v3::DiscoveryResponse response;
  ReadConfigText(list, ConfigFormat::kYaml, "resource", ConfigLimits(), response, lines, errors);
  ASSERT_TRUE(errors.empty()) << errors.ToString() << list;
  offered_[&type][name] = response.resources(0);
  Serve(type);
}

void ToldProxy::Remove(const ResourceType& type, const std::string& name) {
  offered_[&type].erase(name);
  Serve(type);
}

void ToldProxy::Hold(const ResourceType& type) {
  held_[&type] = true;
  // Of other kinds to say nothing is to have nothing.
  if (type.is_whole) control_plane_.Hold(type);
}
void ToldProxy::Tell(const ResourceType& type) {
  held_[&type] = false;
  Serve(type);
}

void ToldProxy::Serve(const ResourceType& type) {
  if (held_[&type]) return;
  std::vector<FakeControlPlane::Item> items;
  for (const auto& [name, body] : offered_[&type]) {
    items.push_back({name, absl::StrCat("v", absl::HashOf(body.value()) % 100000), body, {}});
  }
  control_plane_.Serve(type, std::move(items));
}

void ToldProxy::Start() {
  core_->Start([this](const absl::Status& status) {
    EXPECT_TRUE(status.ok()) << status;
    started_ = true;
  });
  Run();
}

H1Client& ToldProxy::Client(const std::string& ip) {
  clients_.push_back(std::make_unique<H1Client>(world_, *Address::FromIp(ip, 80)));
  return *clients_.back();
}

H1Server& ToldProxy::Host(int index, H1Answer answer) {
  servers_.push_back(std::make_unique<H1Server>(
      world_, *Address::FromIp(HostIp(index), 80),
      [answer = std::move(answer)](const H1Message&) { return answer; }));
  return *servers_.back();
}

int ToldProxy::Ask(const std::string& ip) {
  H1Client& client = Client(ip);
  client.Get("/");
  Run();
  const int status = client.responses().empty() ? 0 : client.responses()[0].status();
  client.Close();
  Run();
  return status;
}

std::vector<std::string> ToldProxy::TakeRefusals() {
  std::vector<std::string> refusals;
  for (const std::string& request : control_plane_.TakeRequests()) {
    const size_t at = request.find(" refuses: ");
    if (at != std::string::npos) refusals.push_back(request.substr(at + 10));
  }
  return refusals;
}

}  // namespace sluice
