// ReloadedContext: a TLS context that is made again when a file or a secret it comes from changes,
// and given to all workers. Connections keep the one they were made with. What makes no good
// context leaves the old one in use; that is logged and counted. There is none before the first
// secrets have come.
//
// Main thread, but for Pin.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "source/base/log.h"
#include "source/event/file_watcher.h"
#include "source/event/worker_local.h"
#include "source/tls/certificate_dates.h"
#include "source/tls/tls_source.h"
#include "source/tls/tls_stats.h"
#include "source/tls/tls_world.h"

namespace sluice {

// A context, and every path whose change is a reason to make it again.
template <class Context>
struct MadeContext {
  std::shared_ptr<const Context> context;  // null: none could be made
  std::vector<std::string> paths;
};

template <class Context>
class ReloadedContext {
 public:
  // No context, and errors, when anything is wrong. Called again at every change.
  using Make = absl::AnyInvocable<MadeContext<Context>(TlsLoadErrors& errors)>;

  // `place`, for the log: "listener.0.0.0.0_443". `first`: without a context, secrets are missing.
  ReloadedContext(const TlsWorld& world, std::string place, const TlsStats& stats,
                  const TlsFactoryStats& factory_stats, Make make,
                  std::shared_ptr<const Context> first)
      : main_(world.main),
        files_(world.files),
        workers_(world.workers.size()),
        place_(std::move(place)),
        update_rejected_(stats.context_update_rejected),
        stats_(factory_stats),
        make_(std::move(make)),
        on_main_(first),
        on_workers_(world.workers, std::move(first)),
        dates_(world.dates, DatesOf(on_main_)) {
    if (on_main_ != nullptr) WarnOfDates(place_, on_main_->common(), main_.loop.wall_now());
  }

  // From now on these paths are watched, and no others. Of those that cannot be, the first is
  // named, and the others are watched.
  absl::Status Watch(const std::vector<std::string>& paths) {
    absl::btree_map<std::string, std::unique_ptr<FileWatch>> old = std::move(watches_);
    watches_.clear();
    absl::Status status;
    for (const std::string& path : paths) {
      if (watches_.contains(path)) continue;
      if (const auto kept = old.find(path); kept != old.end()) {
        watches_[path] = std::move(kept->second);
        continue;
      }
      auto watch = files_.Watch(path, [this] { static_cast<void>(MakeAgain()); });
      if (watch.ok()) {
        watches_[path] = *std::move(watch);
        continue;
      }
      status.Update(absl::Status(
          watch.status().code(),
          absl::StrCat("\"", path, "\" cannot be watched: ", watch.status().message())));
    }
    return status;
  }

  // Something that it comes from has changed. The status is what is wrong with that.
  absl::Status MakeAgain() {
    TlsLoadErrors errors;
    MadeContext<Context> made = make_(errors);
    if (made.context == nullptr) return Reject(errors);
    if (const absl::Status status = Watch(made.paths); !status.ok()) {
      SLUICE_LOG(kSecret, kWarning, place_, ": ", status.message());
    }
    stats_.context_updated.Add(main_.stats);
    SLUICE_LOG(kSecret, kInfo, place_, ": what TLS is made of has changed and is used");
    on_main_ = made.context;
    dates_.Set(DatesOf(on_main_));
    WarnOfDates(place_, on_main_->common(), main_.loop.wall_now());
    on_workers_.Publish(std::move(made.context));
    return absl::OkStatus();
  }

  // On `worker`, or on main. Null: the first secrets have not come.
  std::shared_ptr<const Context> Pin(const WorkerContext& worker) const {
    return worker.index < workers_ ? on_workers_.Pin(worker.index) : on_main_;
  }
  const TlsFactoryStats& stats() const { return stats_; }

 private:
  static CertificateDates::Ends DatesOf(const std::shared_ptr<const Context>& context) {
    return context == nullptr ? CertificateDates::Ends()
                              : CertificateDates::EndsOf(context->common());
  }
  absl::Status Reject(const TlsLoadErrors& errors) {
    update_rejected_.Add(main_.stats);
    for (const TlsLoadError& error : errors) {
      SLUICE_LOG(kSecret, kWarning, place_,
                 ": a change is not used, what was before stays: ", error.field, ": ",
                 error.message);
    }
    return absl::InvalidArgumentError(
        errors.empty() ? "makes no context"
                       : absl::StrCat(errors.front().field, ": ", errors.front().message));
  }

  WorkerContext& main_;
  FileWatcher& files_;
  const uint32_t workers_;
  const std::string place_;
  const Counter update_rejected_;
  const TlsFactoryStats stats_;
  Make make_;  // holds the secrets, which call back
  std::shared_ptr<const Context> on_main_;
  WorkerLocal<Context> on_workers_;
  CertificateDates::Entry dates_;
  absl::btree_map<std::string, std::unique_ptr<FileWatch>> watches_;
};

}  // namespace sluice
