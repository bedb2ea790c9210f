// SecretStore: the secrets that TLS contexts name (SDS): what each of them is now, and who uses it.
//
// A secret is known by where it comes from and its name. Those of static_resources.secrets are
// there from the start and never change. Any other is fetched from when the first context names it
// until the last such context is gone; what its source sends is checked, then given to each user,
// and what a user cannot use leaves the old one in use there. So a bad secret concerns its own
// users only.
//
// A source, such as a control plane, enters by AttachControlPlane and answers by Set, Fail, Miss
// and Remove. Files are built in.
//
// Main thread. A watch may outlive the store, as a context may hang on a task that its worker has
// never run.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <tuple>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "source/base/intrusive_list.h"
#include "source/base/link.h"
#include "source/base/units.h"
#include "source/event/file_watcher.h"
#include "source/event/timer.h"
#include "source/event/worker_context.h"
#include "source/stats/registry.h"

namespace envoy::config::core::v3 {
class ConfigSource;
}
namespace envoy::extensions::transport_sockets::tls::v3 {
class Secret;
}

namespace sluice {

struct SecretKey {
  std::string source;  // of SecretSourceKey
  std::string name;
  friend bool operator<(const SecretKey& a, const SecretKey& b) {
    return std::tie(a.source, a.name) < std::tie(b.source, b.name);
  }
};

// What asks a source for one secret, for as long as it lives.
class SecretFetch {
 public:
  virtual ~SecretFetch() = default;
};

class SecretStore {
 public:
  using Secret = envoy::extensions::transport_sockets::tls::v3::Secret;
  using SharedSecret = std::shared_ptr<const Secret>;
  // Begins to fetch a secret. What comes is said with `key`: at once, or in a later turn. The
  // status of a failure is an error of the configuration that names `from`.
  using Source = std::function<absl::StatusOr<std::unique_ptr<SecretFetch>>(
      const envoy::config::core::v3::ConfigSource& from, const SecretKey& key)>;

  SecretStore(WorkerContext& main, FileWatcher& files, StatsRegistry& stats)
      : main_(main), files_(files), stats_(stats) {}
  SecretStore(const SecretStore&) = delete;
  SecretStore& operator=(const SecretStore&) = delete;

  void AddStatic(const Secret& secret);
  // Null: there is none of that name.
  SharedSecret FindStatic(const std::string& name) const;
  // For everything that is no file. Before it, or without it, such sources are refused.
  void AttachControlPlane(Source source) { control_plane_ = std::move(source); }

  // ---- What a source says. Nothing happens where nobody wants the secret any more.

  // A version has come. The status is what is wrong with it, for whom it cannot be used.
  absl::Status Set(const SecretKey& key, SharedSecret secret);
  // A try has failed, and the source will go on trying: what is in use stays in use.
  void Fail(const SecretKey& key, absl::string_view reason);
  // What there is cannot be had, and waiting does not help: who waits for a first version is late.
  void Miss(const SecretKey& key);
  // The source has none of that name any more: what is in use stays in use, new users wait.
  void Remove(const SecretKey& key);

  // ---- Users.

  // What a user is told, from inside of what the source says. Neither call may end a watch.
  struct Calls {
    // A new version. A status that is not ok: this user cannot use it, and goes on with the old.
    std::function<absl::Status(const SharedSecret&)> on_secret;
    // None that could be used has come in the user's patience. It may come later.
    std::function<void()> on_late;
  };
  // One user's want of a secret; its end ends the want.
  class Watch;
  // `patience`: how long to wait for a first version; 0: without end.
  absl::StatusOr<std::unique_ptr<Watch>> WatchFor(const envoy::config::core::v3::ConfigSource& from,
                                                  const SecretKey& key, Duration patience,
                                                  Calls calls);

 private:
  // Names as in Envoy: "sds.<name>.*".
  struct Stats {
    Stats(StatsRegistry& registry, const std::string& name);
    Counter attempt, success, failure, rejected, late;
    Gauge updated_at;  // milliseconds since 1970
  };
  struct Entry : LinkTarget<Entry> {
    Entry(SecretStore& owner, const SecretKey& from)
        : store(owner), key(from), stats(owner.stats_, from.name) {}
    SecretStore& store;
    const SecretKey key;
    const Stats stats;
    SharedSecret current;
    IntrusiveList<Watch> watches;
    std::unique_ptr<SecretFetch> fetch;
  };
  Entry* Find(const SecretKey& key) const;
  absl::StatusOr<std::unique_ptr<SecretFetch>> Fetch(
      const envoy::config::core::v3::ConfigSource& from, const SecretKey& key);
  absl::Status Give(Entry& entry, const SharedSecret& secret);

  WorkerContext& main_;
  FileWatcher& files_;
  StatsRegistry& stats_;
  Source control_plane_;
  absl::btree_map<std::string, SharedSecret> statics_;
  absl::btree_map<SecretKey, std::unique_ptr<Entry>> entries_;
};

class SecretStore::Watch final : public ListNode<> {
 public:
  ~Watch();
  // Null: it has not come yet.
  SharedSecret current() const { return entry_ ? entry_->current : nullptr; }

 private:
  friend class SecretStore;
  Watch(Entry& entry, Calls calls, Duration patience);
  void OnLate();
  Link<Entry> entry_;
  const Calls calls_;
  Timer late_;
};

}  // namespace sluice
