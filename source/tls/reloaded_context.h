// ReloadedContext: a TLS context that is made again when a file it comes from changes, and given to
// all workers. Connections keep the one they were made with. Files that make no good context leave
// the old one in use; that is logged and counted.
//
// Main thread, but for Pin.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "source/base/log.h"
#include "source/event/file_watcher.h"
#include "source/event/worker_local.h"
#include "source/tls/certificate_dates.h"
#include "source/tls/tls_source.h"
#include "source/tls/tls_stats.h"
#include "source/tls/tls_world.h"

namespace sluice {

template <class Context>
class ReloadedContext {
 public:
  // Null, and errors, when anything is wrong. Called again at every change.
  using Make = std::function<std::shared_ptr<const Context>(TlsLoadErrors& errors)>;

  // `place`, for the log: "listener.0.0.0.0_443".
  ReloadedContext(const TlsWorld& world, std::string place, TlsStats stats, Make make,
                  std::shared_ptr<const Context> first)
      : main_(world.main),
        workers_(world.workers.size()),
        place_(std::move(place)),
        stats_(std::move(stats)),
        make_(std::move(make)),
        on_main_(first),
        on_workers_(world.workers, std::move(first)),
        dates_(world.dates, CertificateDates::EndsOf(on_main_->common())) {
    WarnOfDates(place_, on_main_->common(), main_.loop.wall_now());
  }

  absl::Status Watch(FileWatcher& files, const std::string& path) {
    auto watch = files.Watch(path, [this] { Reload(); });
    if (!watch.ok()) return watch.status();
    watches_.push_back(*std::move(watch));
    return absl::OkStatus();
  }

  // On `worker`, or on main.
  std::shared_ptr<const Context> Pin(const WorkerContext& worker) const {
    return worker.index < workers_ ? on_workers_.Pin(worker.index) : on_main_;
  }

 private:
  void Reload() {
    TlsLoadErrors errors;
    std::shared_ptr<const Context> made = make_(errors);
    if (made == nullptr) {
      stats_.context_update_rejected.Add(main_.stats);
      for (const TlsLoadError& error : errors) {
        SLUICE_LOG(kSecret, kWarning, place_,
                   ": changed files are not used, the old ones stay: ", error.field, ": ",
                   error.message);
      }
      return;
    }
    stats_.context_updated.Add(main_.stats);
    SLUICE_LOG(kSecret, kInfo, place_, ": TLS files have changed and are used");
    on_main_ = made;
    dates_.Set(CertificateDates::EndsOf(made->common()));
    WarnOfDates(place_, made->common(), main_.loop.wall_now());
    on_workers_.Publish(std::move(made));
  }

  WorkerContext& main_;
  const uint32_t workers_;
  const std::string place_;
  const TlsStats stats_;
  const Make make_;
  std::shared_ptr<const Context> on_main_;
  WorkerLocal<Context> on_workers_;
  CertificateDates::Entry dates_;
  std::vector<std::unique_ptr<FileWatch>> watches_;
};

}  // namespace sluice
