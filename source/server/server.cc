#include "source/server/server.h"

#include <signal.h>

#include <algorithm>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "source/base/log.h"
#include "source/net/address_config.h"
#include "source/server/admin_listener.h"
#include "source/server/process_limits.h"

namespace sluice {
namespace {

constexpr Duration kStatsInterval = std::chrono::seconds(5);

uint32_t WorkerCount(const Options& options) { return options.concurrency.value_or(UsableCpus()); }

DrainPace PaceOf(const Options& options) {
  return {.time = options.drain_time, .gradual = !options.drain_at_once};
}

// Deprecated, and still written.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
const std::string& AdminLogPath(const envoy::config::bootstrap::v3::Admin& admin) {
  return admin.access_log_path();
}
#pragma GCC diagnostic pop

std::vector<std::unique_ptr<Worker>> MakeWorkers(uint32_t count) {
  std::vector<std::unique_ptr<Worker>> workers;
  for (uint32_t i = 0; i < count; ++i) workers.push_back(std::make_unique<Worker>(i));
  return workers;
}

}  // namespace

Server::Server(const Options& options, const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
               const std::vector<LedgerEntry>& ledger, const Registry& extensions,
               const OpenMessageChannel& open_channel)
    : options_(options),
      bootstrap_(bootstrap),
      ledger_(ledger),
      main_(WorkerCount(options)),
      files_(main_.loop),
      workers_(MakeWorkers(WorkerCount(options))),
      signals_(main_.poller, [this](int signal) { OnSignal(signal); }),
      admin_pages_(MakeAdminView()),
      drain_deadline_(main_.loop, this, kMethod<&Server::DrainDeadline>),
      stats_interval_(main_.loop, this, kMethod<&Server::OnStatsInterval>),
      started_(main_.loop.now()),
      started_wall_(main_.loop.wall_now()) {
  for (const auto& worker : workers_) stats_.AddCells(worker->stats);
  stats_.AddCells(main_.stats);
  auto resolver = CaresResolver::Create(main_.loop);
  SLUICE_CHECK(resolver.ok());
  resolver_ = std::move(*resolver);
  std::vector<WorkerContext*> contexts;
  for (const auto& worker : workers_) contexts.push_back(&worker->context);
  core_ = std::make_unique<ProxyCore>(ProxyCore::World{.workers = std::move(contexts),
                                                       .main = main_.context,
                                                       .network = network_,
                                                       .resolver = *resolver_,
                                                       .stats = stats_,
                                                       .files = files_,
                                                       .drain_pace = PaceOf(options_),
                                                       .open_channel = open_channel},
                                      extensions);
  AddServerStats();
}

Server::~Server() {
  core_.reset();
  resolver_.reset();
}

void Server::AddServerStats() {
  const uint32_t concurrency = static_cast<uint32_t>(workers_.size());
  stats_.AddComputedGauge("server.live", [this] { return state_ == ServerState::kLive ? 1 : 0; });
  stats_.AddComputedGauge("server.state", [this] { return static_cast<int64_t>(state_); });
  stats_.AddComputedGauge("server.concurrency", [concurrency] { return concurrency; });
  stats_.AddComputedGauge("server.uptime", [this] {
    return std::chrono::duration_cast<std::chrono::seconds>(main_.loop.now() - started_).count();
  });
  stats_.AddComputedGauge("server.memory_allocated", [] { return AllocatedBytes(); });
  stats_.AddComputedGauge("server.memory_heap_size", [] { return HeapBytes(); });
  stats_.AddComputedGauge("server.days_until_first_cert_expiring", [this] {
    return core_->certificate_dates().DaysUntilFirstCertificateEnds(main_.loop.wall_now());
  });
  stats_.AddComputedGauge("server.seconds_until_first_ocsp_response_expiring", [this] {
    return core_->certificate_dates().SecondsUntilFirstStapleEnds(main_.loop.wall_now());
  });
}

void Server::Load(ConfigErrors& errors) {
  core_->Load(bootstrap_, errors);
  if (!bootstrap_.has_admin() || !bootstrap_.admin().has_address()) return;
  const FieldScope admin(errors, "admin");
  const Address address = ReadAddress(bootstrap_.admin().address(), admin.At("address"));
  std::unique_ptr<ListenerConfig> listener =
      MakeAdminListener(stats_, admin_pages_, AdminLogs(admin), core_->proxy_workers());
  listener->address = address;
  listener->listen.unix_mode = ReadPipeMode(bootstrap_.admin().address(), admin.At("address"));
  admin_listener_ = std::move(listener);
}

std::vector<std::unique_ptr<const AccessLog>> Server::AdminLogs(const FieldScope& scope) {
  const auto& admin = bootstrap_.admin();
  std::vector<std::unique_ptr<const AccessLog>> logs;
  const auto add = [&logs](std::unique_ptr<const AccessLog> log) {
    if (log != nullptr) logs.push_back(std::move(log));
  };
  for (int i = 0; i < admin.access_log_size(); ++i) {
    add(core_->access_logs().Parse(admin.access_log(i), scope.At("access_log", i)));
  }
  const std::string& path = AdminLogPath(admin);
  if (path.empty() || path == "/dev/null") return logs;
  add(core_->access_logs().MakeDefault(path, scope.At("access_log_path")));
  return logs;
}

// ---- Run.

int Server::Run() {
  RaiseFileLimit();
  state_ = ServerState::kInitializing;
  if (absl::Status status = StartAdmin(); !status.ok()) {
    SLUICE_LOG(kMain, kCritical, status.message());
    return 1;
  }
  StartThreads();
  core_->Start([this](const absl::Status& status) { OnStarted(status); });
  stats_interval_.Arm(kStatsInterval);
  main_.loop.Run();
  StopThreads();
  return exit_code_;
}

absl::Status Server::StartAdmin() {
  if (admin_listener_ == nullptr) return absl::OkStatus();
  if (absl::Status status = core_->ListenOnMain(admin_listener_, admin_address_); !status.ok()) {
    return absl::Status(status.code(), absl::StrCat("admin: ", status.message()));
  }
  SLUICE_LOG(kMain, kInfo, "admin listens on ", admin_address_.text());
  if (options_.admin_address_path.empty()) return absl::OkStatus();
  std::ofstream file(options_.admin_address_path);
  file << admin_address_.text();
  file.close();
  if (file) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("cannot write the admin address to ", options_.admin_address_path));
}

void Server::OnStarted(const absl::Status& status) {
  if (!status.ok()) {
    SLUICE_LOG(kMain, kCritical, status.message());
    return Exit(1);
  }
  if (state_ == ServerState::kInitializing) state_ = ServerState::kLive;
  SLUICE_LOG(kMain, kInfo, "serving with ", workers_.size(), " workers");
}

void Server::StartThreads() {
  for (const auto& worker : workers_) {
    threads_.emplace_back([&loop = worker->loop] { loop.Run(); });
  }
}

void Server::StopThreads() {
  for (const auto& worker : workers_) worker->loop.Stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  while (main_.loop.TurnWithoutWaiting()) continue;  // what workers have left to this thread to end
}

// ---- The end.

void Server::OnSignal(int signal) {
  if (signal == SIGUSR1) return core_->access_logs().Reopen();
  if (signal == SIGHUP) return;
  if (exiting_) {
    SLUICE_LOG(kMain, kWarning, "second signal: exiting without waiting for open connections");
    return Exit(exit_code_);
  }
  SLUICE_LOG(kMain, kInfo, "signal ", signal, ": draining, then exiting");
  DrainAndExit();
}

void Server::DrainAndExit() {
  if (exiting_) return;
  exiting_ = true;
  core_->process().fails_health_checks = true;
  state_ = ServerState::kDraining;
  const Duration patience = options_.drain_time;
  drain_deadline_.Arm(patience);
  core_->StartDrain([this] { Exit(exit_code_); });
}

void Server::DrainDeadline() {
  SLUICE_LOG(kMain, kWarning, "drain time is over: closing what is still open");
  Exit(exit_code_);
}

void Server::Exit(int code) {
  exit_code_ = code;
  core_->CloseAll([this] { core_->access_logs().FlushAll([this] { main_.loop.Stop(); }); });
}

void Server::OnStatsInterval() {
  intervals_.Turn(stats_);
  if (heap_trim_.IsDue(AllocatedBytes())) TrimHeap();
  stats_interval_.Arm(kStatsInterval);
}

}  // namespace sluice
