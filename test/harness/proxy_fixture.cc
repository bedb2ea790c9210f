#include "test/harness/proxy_fixture.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "gtest/gtest.h"
#include "source/config/config_errors.h"
#include "source/config/config_file.h"
#include "source/extensions/builtin_extensions.h"

namespace sluice {
namespace {

constexpr absl::string_view kListener = "10.9.9.9";
constexpr absl::string_view kManagerType =
    "type.googleapis.com/"
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
constexpr absl::string_view kTcpProxyType =
    "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";
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

constexpr absl::string_view kFileLogType =
    "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog";

class LogInMemory final : public LogFile {
 public:
  explicit LogInMemory(std::string& bytes) : bytes_(bytes) {}
  bool Append(absl::string_view lines) override {
    bytes_.append(lines.data(), lines.size());
    return true;
  }
  absl::Status Reopen() override { return absl::OkStatus(); }

 private:
  std::string& bytes_;
};

std::string LogYaml(const std::string& format) {
  if (format.empty()) return "";
  return absl::StrCat("access_log:\n- name: log\n  typed_config:\n    \"@type\": ", kFileLogType,
                      "\n    path: /log\n    log_format: { text_format_source: { inline_string: \"",
                      format, "\\n\" } }\n");
}

std::string ClusterYaml(const std::string& name, int index, int hosts,
                        const ProxyOptions& options) {
  const std::string& fields = options.cluster;
  std::string yaml =
      absl::StrCat("  - name: ", name, "\n", "    connect_timeout: 1s\n", Indent(fields, 4));
  for (const char* without_list : {"type: EDS", "type: ORIGINAL_DST"}) {
    if (absl::StrContains(fields, without_list)) return yaml;
  }
  absl::StrAppend(&yaml, "    load_assignment:\n      cluster_name: ", name, "\n");
  if (index == 0 && !options.endpoints.empty()) return yaml + Indent(options.endpoints, 6);
  yaml += "      endpoints:\n      - lb_endpoints:\n";
  const bool named = absl::StrContains(fields, "_DNS");
  for (int host = 0; host < hosts; ++host) {
    absl::StrAppend(
        &yaml, "        - endpoint: { address: { socket_address: { address: ",
        named ? absl::StrCat(name, ".test") : ProxyFixture::HostAddress(index, host).ip_text(),
        ", port_value: 80 } } }\n");
  }
  return yaml;
}

// A filter chain that answers every request with its name; a list item.
std::string AnsweringChain(const std::string& name, const std::string& match,
                           const std::string& log) {
  return absl::StrCat(
      "- name: ", name, "\n  filter_chain_match: ", match,
      "\n  filters:\n  - name: manager\n    typed_config:\n      \"@type\": ", kManagerType,
      "\n      stat_prefix: test\n", Indent(LogYaml(log), 6),
      "      route_config:\n        virtual_hosts:\n        - name: all\n"
      "          domains: [\"*\"]\n          routes:\n"
      "          - match: { prefix: / }\n"
      "            direct_response: { status: 200, body: { inline_string: \"",
      name,
      "\" } }\n      http_filters:\n      - name: router\n        typed_config: { \"@type\": ",
      kRouterType, " }\n");
}

// What ends a chain; `fields` at the left margin.
std::string TcpProxyFilter(const std::string& fields, const std::string& log) {
  return absl::StrCat("filters:\n- name: tcp\n  typed_config:\n    \"@type\": ", kTcpProxyType,
                      "\n    stat_prefix: test\n", Indent(fields, 4), Indent(LogYaml(log), 4));
}

std::string ManagerFilter(const std::string& routes, const ProxyOptions& options) {
  return absl::StrCat("filters:\n- name: manager\n  typed_config:\n    \"@type\": ", kManagerType,
                      "\n    stat_prefix: test\n", Indent(options.manager, 4),
                      Indent(LogYaml(options.log), 4), "    route_config:\n      name: routes\n",
                      Indent(routes, 6), "    http_filters:\n", Indent(options.filters, 4),
                      "    - name: router\n      typed_config:\n        \"@type\": ", kRouterType,
                      "\n", Indent(options.router, 8));
}

std::vector<WorkerContext*> WorkersOf(SimWorld& world) {
  std::vector<WorkerContext*> workers;
  for (uint32_t i = 0; i < world.workers().size(); ++i) workers.push_back(&world.worker(i));
  return workers;
}

Registry Extensions(const ProxyOptions& options) {
  Registry registry;
  AddBuiltinExtensions(registry);
  if (options.add_extensions) options.add_extensions(registry);
  return registry;
}

}  // namespace

ProxyFixture::ProxyFixture(const std::string& routes, const ProxyOptions& options)
    : world_({.workers = options.workers, .seed = options.seed}),
      logs_every_request_(!options.log.empty()),
      is_tcp_(!options.tcp.empty()),
      resolver_(std::make_unique<ScriptedResolver>(world_.main().loop)),
      files_(std::make_unique<ScriptedFileWatcher>(world_.main().loop)),
      core_(std::make_unique<ProxyCore>(
          ProxyCore::World{
              .workers = WorkersOf(world_),
              .main = world_.main(),
              .network = world_.network(),
              .resolver = *resolver_,
              .stats = world_.stats(),
              .files = *files_,
              .open_access_log =
                  [this](const std::string&) { return std::make_unique<LogInMemory>(log_); },
              .heap = options.heap},
          Extensions(options))),
      listener_(*Address::FromIp(kListener, 80)) {
  for (const auto& [name, hosts] : options.clusters) cluster_names_.push_back(name);
  SourceLines lines;
  ConfigErrors errors(&lines);
  envoy::config::bootstrap::v3::Bootstrap bootstrap;
  LoadConfig({.yaml = Bootstrap(routes, options)}, {}, bootstrap, lines, errors);
  if (errors.empty()) core_->Load(bootstrap, errors);
  EXPECT_TRUE(errors.empty()) << errors.ToString() << Bootstrap(routes, options);
  if (options.before_start) options.before_start(*this);
  absl::Status started = absl::UnknownError("not started");
  core_->Start([&started](const absl::Status& status) { started = status; });
  Run();
  EXPECT_TRUE(started.ok()) << started;
  if (FaultSchedule* const faults = FaultSchedule::OfEveryFixture(); faults != nullptr) {
    faults->Arm(world_);
  }
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

void ProxyFixture::ChangeCluster(const std::string& fields, int hosts) {
  SourceLines lines;
  ConfigErrors errors(&lines);
  envoy::config::bootstrap::v3::Bootstrap bootstrap;
  const std::string yaml =
      absl::StrCat("static_resources:\n  clusters:\n",
                   ClusterYaml(cluster_names_[0], 0, hosts, {.cluster = fields}));
  LoadConfig({.yaml = yaml}, {}, bootstrap, lines, errors);
  ASSERT_TRUE(errors.empty()) << errors.ToString() << yaml;
  core_->SetCluster(bootstrap.static_resources().clusters(0), FieldScope(errors, "cluster"));
  EXPECT_TRUE(errors.empty()) << errors.ToString() << yaml;
}

std::vector<std::string> ProxyFixture::LogLines() {
  if (core_ != nullptr) {
    core_->access_logs().FlushAll([] {});
    Run();
  }
  return absl::StrSplit(log_, '\n', absl::SkipEmpty());
}

void ProxyFixture::ExpectAllAccountedFor() {
  const int64_t requests =
      Stat(is_tcp_ ? "tcp.test.downstream_cx_total" : "http.test.downstream_rq_total");
  if (is_tcp_) {
    for (const char* name : {"downstream_cx_rx_bytes_buffered", "downstream_cx_tx_bytes_buffered",
                             "upstream_flush_active"}) {
      EXPECT_EQ(Stat(absl::StrCat("tcp.test.", name)), 0) << name;
    }
  } else {
    EXPECT_EQ(requests, Stat("http.test.downstream_rq_completed"));
    for (const char* name :
         {"rq_active", "cx_active", "cx_http1_active", "cx_http2_active", "cx_ssl_active"}) {
      EXPECT_EQ(Stat(absl::StrCat("http.test.downstream_", name)), 0) << name;
    }
    EXPECT_EQ(Stat("http.test.downstream_cx_total"), Stat("http.test.downstream_cx_destroy"));
  }
  for (const std::string& cluster : cluster_names_) {
    for (const char* name : {"rq_active", "cx_active", "rq_pending_active"}) {
      EXPECT_EQ(Stat(absl::StrCat("cluster.", cluster, ".upstream_", name)), 0)
          << cluster << " " << name;
    }
  }
  if (logs_every_request_) {
    EXPECT_EQ(LogLines().size(), static_cast<size_t>(requests)) << log_;
  }
}

void ProxyFixture::End() {
  if (ended_) return;
  ended_ = true;
  Run();
  for (const std::string& name : cluster_names_) {
    const Cluster* const cluster = core_->clusters().Find(name);
    if (cluster != nullptr) cluster_stats_.push_back(cluster->spec().stats.group);
  }
  clients_.clear();
  Run();
  bool closed = false;
  core_->CloseAll([&closed] { closed = true; });
  Run();
  EXPECT_TRUE(closed);
  core_.reset();
  servers_.clear();
  Run();
  ExpectAllAccountedFor();
}

std::string ProxyFixture::Bootstrap(const std::string& routes, const ProxyOptions& options) const {
  std::string yaml = absl::StrCat(
      "static_resources:\n"
      "  listeners:\n"
      "  - name: main\n"
      "    address: { socket_address: { address: ",
      kListener, ", port_value: 80 } }\n", Indent(options.listener, 4),
      "    filter_chains:\n"
      "    - filter_chain_match: ",
      options.match.empty() ? "{}" : options.match, "\n", Indent(options.filter_chain, 6),
      Indent(options.tcp.empty() ? ManagerFilter(routes, options)
                                 : TcpProxyFilter(options.tcp, options.log),
             6));
  for (const auto& [cluster, match] : options.tcp_chains) {
    const std::string filter = TcpProxyFilter("cluster: " + cluster, options.log);
    absl::StrAppend(&yaml, "    - filter_chain_match: ", match, "\n", Indent(filter, 6));
  }
  for (const auto& [name, match] : options.chains) {
    yaml += Indent(AnsweringChain(name, match, options.log), 4);
  }
  for (const ProxyOptions::Listener& listener : options.listeners) {
    absl::StrAppend(&yaml, "  - name: ", listener.name,
                    "\n    address: { socket_address: { address: ", listener.ip,
                    ", port_value: ", listener.port, " } }\n", Indent(listener.fields, 4),
                    "    filter_chains:\n",
                    Indent(AnsweringChain(listener.name, "{}", options.log), 4));
  }
  yaml += "  clusters:\n";
  for (size_t i = 0; i < options.clusters.size(); ++i) {
    const auto& [name, hosts] = options.clusters[i];
    absl::StrAppend(&yaml, ClusterYaml(name, static_cast<int>(i), hosts, options));
  }
  return yaml + Indent(options.bootstrap, 0);
}

}  // namespace sluice
