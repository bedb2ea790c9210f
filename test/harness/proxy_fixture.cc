#include "test/harness/proxy_fixture.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "source/config/config_file.h"
#include "source/extensions/builtin_extensions.h"

namespace sluice {
namespace {

constexpr absl::string_view kListener = "10.9.9.9";
constexpr absl::string_view kManagerType =
    "type.googleapis.com/"
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
constexpr absl::string_view kRouterType =
    "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router";

// `yaml` without the indentation its lines share, indented by `spaces`.
std::string Indent(const std::string& yaml, int spaces) {
  const std::vector<std::string> lines = absl::StrSplit(yaml, '\n');
  size_t shared = std::string::npos;
  for (const std::string& line : lines) {
    const size_t first = line.find_first_not_of(' ');
    if (first != std::string::npos) shared = std::min(shared, first);
  }
  std::string out;
  for (const std::string& line : lines) {
    if (line.find_first_not_of(' ') == std::string::npos) continue;
    absl::StrAppend(&out, std::string(spaces, ' '), line.substr(shared), "\n");
  }
  return out;
}

std::string ClusterYaml(const std::string& name, int index, int hosts, const std::string& fields) {
  std::string yaml =
      absl::StrCat("  - name: ", name, "\n", "    connect_timeout: 1s\n", Indent(fields, 4),
                   "    load_assignment:\n      cluster_name: ", name,
                   "\n      endpoints:\n      - lb_endpoints:\n");
  for (int host = 0; host < hosts; ++host) {
    absl::StrAppend(&yaml, "        - endpoint: { address: { socket_address: { address: ",
                    ProxyFixture::HostAddress(index, host).ip_text(), ", port_value: 80 } } }\n");
  }
  return yaml;
}

std::vector<WorkerContext*> WorkersOf(SimWorld& world) {
  std::vector<WorkerContext*> workers;
  for (uint32_t i = 0; i < world.workers().size(); ++i) workers.push_back(&world.worker(i));
  return workers;
}

Registry Builtins() {
  Registry registry;
  AddBuiltinExtensions(registry);
  return registry;
}

}  // namespace

ProxyFixture::ProxyFixture(const std::string& routes, const ProxyOptions& options)
    : world_({.workers = options.workers, .seed = options.seed}),
      resolver_(std::make_unique<ScriptedResolver>(world_.main().loop)),
      core_(std::make_unique<ProxyCore>(ProxyCore::World{.workers = WorkersOf(world_),
                                                         .main = world_.main(),
                                                         .network = world_.network(),
                                                         .resolver = *resolver_,
                                                         .stats = world_.stats()},
                                        Builtins())),
      listener_(*Address::FromIp(kListener, 80)) {
  SourceLines lines;
  ConfigErrors errors(&lines);
  envoy::config::bootstrap::v3::Bootstrap bootstrap;
  LoadConfig({.yaml = Bootstrap(routes, options)}, {}, bootstrap, lines, errors);
  if (errors.empty()) core_->Load(bootstrap, errors);
  EXPECT_TRUE(errors.empty()) << errors.ToString() << Bootstrap(routes, options);
  absl::Status started = absl::UnknownError("not started");
  core_->Start([&started](const absl::Status& status) { started = status; });
  Run();
  EXPECT_TRUE(started.ok()) << started;
}

ProxyFixture::~ProxyFixture() { End(); }

std::string ProxyFixture::ToUsers(const std::string& route_fields) {
  return absl::StrCat(
      "virtual_hosts:\n- name: all\n  domains: [\"*\"]\n  routes:\n  - match: { prefix: / }\n    "
      "route:\n"
      "      cluster: users\n",
      Indent(route_fields, 6));
}

Address ProxyFixture::HostAddress(int cluster, int host) {
  return *Address::FromIp(absl::StrCat("10.0.", cluster, ".", host + 1), 80);
}

H1Client& ProxyFixture::Client() {
  clients_.push_back(std::make_unique<H1Client>(world_, listener_));
  return *clients_.back();
}

H1Server& ProxyFixture::Host(H1Server::OnRequest on_request, int host, int cluster) {
  servers_.push_back(
      std::make_unique<H1Server>(world_, HostAddress(cluster, host), std::move(on_request)));
  return *servers_.back();
}

H1Server& ProxyFixture::Host(H1Answer answer, int host, int cluster) {
  return Host([answer = std::move(answer)](const H1Message&) { return answer; }, host, cluster);
}

void ProxyFixture::End() {
  if (ended_) return;
  ended_ = true;
  Run();
  clients_.clear();
  Run();
  core_->CloseAll([] {});
  Run();
  core_.reset();
  servers_.clear();
  Run();
}

std::string ProxyFixture::Bootstrap(const std::string& routes, const ProxyOptions& options) const {
  std::string yaml = absl::StrCat(
      "static_resources:\n"
      "  listeners:\n"
      "  - name: main\n"
      "    address: { socket_address: { address: ",
      kListener, ", port_value: 80 } }\n", Indent(options.listener, 4),
      "    filter_chains:\n"
      "    - filters:\n"
      "      - name: manager\n"
      "        typed_config:\n"
      "          \"@type\": ",
      kManagerType,
      "\n"
      "          stat_prefix: test\n",
      Indent(options.manager, 10),
      "          route_config:\n"
      "            name: routes\n",
      Indent(routes, 12), "          http_filters:\n", Indent(options.filters, 10),
      "          - name: router\n"
      "            typed_config:\n"
      "              \"@type\": ",
      kRouterType, "\n", Indent(options.router, 14), "  clusters:\n");
  for (size_t i = 0; i < options.clusters.size(); ++i) {
    const auto& [name, hosts] = options.clusters[i];
    absl::StrAppend(&yaml, ClusterYaml(name, static_cast<int>(i), hosts, options.cluster));
  }
  return yaml;
}

}  // namespace sluice
