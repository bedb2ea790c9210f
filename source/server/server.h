// Server: the process: real threads, the kernel's sockets, signals, the admin port, around a
// ProxyCore. Starts, runs and stops them in order.
//
// Main thread. Run returns when the process is to end.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "source/event/inotify_file_watcher.h"
#include "source/event/timer.h"
#include "source/grpc/channel_spec.h"
#include "source/net/cares_resolver.h"
#include "source/net/socket_network.h"
#include "source/server/admin/admin_handler.h"
#include "source/server/admin/admin_view.h"
#include "source/server/heap_trim.h"
#include "source/server/options.h"
#include "source/server/proxy_core.h"
#include "source/server/signals.h"
#include "source/server/worker.h"

namespace sluice {

class Server {
 public:
  // What it is given outlives it.
  Server(const Options& options, const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
         const std::vector<LedgerEntry>& ledger, const Registry& extensions,
         const OpenMessageChannel& open_channel = nullptr);
  ~Server();

  // Reads the static resources and the admin section; every mistake goes to `errors`.
  void Load(ConfigErrors& errors);
  // Serves until a signal or the admin port ends it; the process's exit code.
  int Run();

 private:
  std::vector<std::unique_ptr<const AccessLog>> AdminLogs(const FieldScope& scope);
  void StartThreads();
  void StopThreads();
  absl::Status StartAdmin();
  AdminView MakeAdminView();
  ServerFacts ShowServer() const;
  void DrainListeners(DrainOrder order);
  void OnSignal(int signal);
  void OnStarted(const absl::Status& status);
  void SetHealthCheck(HealthCheckAnswer answer);
  void DrainAndExit();
  void DrainDeadline();
  void AddServerStats();
  void Exit(int code);
  void OnStatsInterval();

  const Options& options_;
  const envoy::config::bootstrap::v3::Bootstrap& bootstrap_;
  const std::vector<LedgerEntry>& ledger_;
  StatsRegistry stats_;
  Worker main_;
  InotifyFileWatcher files_;
  // Their loops may hold tasks that never ran, and with them watches of files.
  std::vector<std::unique_ptr<Worker>> workers_;
  Signals signals_;
  SocketNetwork network_;
  std::unique_ptr<Resolver> resolver_;
  std::unique_ptr<ProxyCore> core_;
  HistogramIntervals intervals_;
  AdminHandler admin_pages_;
  std::shared_ptr<const ListenerConfig> admin_listener_;
  Address admin_address_;
  std::vector<std::thread> threads_;
  Timer drain_deadline_;
  Timer stats_interval_;
  HeapTrim heap_trim_;
  const MonotonicTime started_;
  const WallTime started_wall_;
  ServerState state_ = ServerState::kPreInitializing;
  bool exiting_ = false;
  int exit_code_ = 0;
};

}  // namespace sluice
