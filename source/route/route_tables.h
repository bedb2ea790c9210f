// RouteTables: route tables that come by name (RDS): who wants which, and what has come. A table is
// shared by all connection managers that name the same source and name; who fetches them is
// attached from outside.
//
// Main thread, but for RouteSubscription::Pin. A request keeps the table it was routed by: its hold
// is a count that only its worker touches, so that choosing a route costs no atomic.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "source/base/intrusive_list.h"
#include "source/event/warm_gate.h"
#include "source/event/worker_context.h"
#include "source/event/worker_set.h"
#include "source/http/headers.h"
#include "source/route/route_table.h"

namespace envoy::config::core::v3 {
class ConfigSource;
}

namespace sluice {

// Where a table is to come from. Equal bytes are the same source.
struct RouteSource {
  std::shared_ptr<const envoy::config::core::v3::ConfigSource> proto;
  std::string bytes;  // CanonicalBytes of it
};

// A hold on a table, on one worker.
class RoutePin {
 public:
  RoutePin() = default;
  explicit RoutePin(std::shared_ptr<const RouteTable> table)
      : held_(table == nullptr ? nullptr : new Held{std::move(table), 1}) {}
  RoutePin(RoutePin&& other) noexcept : held_(std::exchange(other.held_, nullptr)) {}
  RoutePin& operator=(RoutePin&& other) noexcept {
    std::swap(held_, other.held_);
    return *this;
  }
  ~RoutePin() {
    if (held_ != nullptr && --held_->users == 0) delete held_;
  }

  // Another hold on the same.
  RoutePin Share() const {
    if (held_ != nullptr) ++held_->users;
    return RoutePin(held_);
  }
  const RouteTable* get() const { return held_ == nullptr ? nullptr : held_->table.get(); }

 private:
  struct Held {
    std::shared_ptr<const RouteTable> table;
    uint64_t users;
  };
  explicit RoutePin(Held* held) : held_(held) {}
  Held* held_ = nullptr;
};

class RouteTables;
struct RouteSlots;

// A request that waits for the virtual host of its host, which is asked for. It waits until this is
// destroyed, or until it is answered: there is one, or there is word that there is none.
class HostWait : public ListNode<> {
 public:
  HostWait(std::shared_ptr<const RouteSlots> slots, std::string host,
           std::function<void()> on_answer)
      : slots_(std::move(slots)), host_(std::move(host)), on_answer_(std::move(on_answer)) {}
  const std::string& host() const { return host_; }
  // The call may destroy this.
  void Answer() { std::exchange(on_answer_, nullptr)(); }

 private:
  const std::shared_ptr<const RouteSlots> slots_;
  const std::string host_;
  std::function<void()> on_answer_;
};

// What a table and those who want it share. Each worker touches its own slot, the main thread the
// rest.
struct RouteSlots {
  struct Slot {
    RoutePin pin;
    IntrusiveList<HostWait> waits;
  };
  RouteSlots(uint32_t workers, RouteTables& tables) : by_worker(workers), tables(&tables) {}
  mutable std::vector<Slot> by_worker;
  mutable RouteTables* tables;  // null: all is over
};

// One table by its name, as who fetches it sees it. Alive from on_wanted until on_unwanted.
//
// Where the table says that there are virtual hosts which come by themselves (VHDS), it serves with
// them, and not before there is word of them: who fetches those is attached, too.
class RouteFeed {
 public:
  const std::string& name() const { return name_; }
  const envoy::config::core::v3::ConfigSource& source() const { return *source_; }

  // From the workers' next turns on. A listener that waited for it waits no longer.
  void Set(std::shared_ptr<const RouteTable> table, std::string version);
  // It does not come: until it does nothing is found there, and nobody waits for it any longer but
  // those whose gate insists.
  void Fail();
  // It is no more: requests find no route.
  void Remove();

  // What was set, without virtual hosts that come by themselves; null: none (yet).
  const std::shared_ptr<const RouteTable>& own_table() const { return own_; }
  // With them. By who fetches them, and then without the waiting that Set would be.
  void Serve(std::shared_ptr<const RouteTable> table);
  // Requests wait for the virtual host of this name no longer, in lower case: it is there by now,
  // or there is none.
  void Answer(const std::string& host);
  // What serves; null: nothing does.
  const std::shared_ptr<const RouteTable>& table() const { return table_; }
  const std::string& version() const { return version_; }
  // Of the connection managers that have ever named it.
  const absl::btree_set<std::string>& stat_prefixes() const { return stat_prefixes_; }
  size_t users() const { return users_; }

 private:
  friend class RouteTables;
  friend class RouteSubscription;
  RouteFeed(WorkerSet& workers, RouteTables& tables, std::string name,
            std::shared_ptr<const envoy::config::core::v3::ConfigSource> source);
  void LeaveHosts();
  void Publish();
  void StopWaiting() {
    has_answer_ = true;
    std::exchange(waiting_, {}).clear();  // who has waited may ask for more
  }

  WorkerSet& workers_;
  const std::string name_;
  // Null: nobody fetches it.
  const std::shared_ptr<const envoy::config::core::v3::ConfigSource> source_;
  const std::shared_ptr<const RouteSlots> slots_;
  std::shared_ptr<const RouteTable> own_, table_;
  std::string version_;
  absl::btree_set<std::string> stat_prefixes_;
  std::vector<WarmGate::Need> waiting_;
  bool has_answer_ = false;   // a table, or word that there is none
  bool wants_hosts_ = false;  // who fetches them has been told so
  size_t users_ = 0;
};

class RouteSubscription;

class RouteTables {
 public:
  // `workers` and `main` outlive it and every subscription.
  RouteTables(WorkerSet& workers, WorkerContext& main);
  ~RouteTables();
  RouteTables(const RouteTables&) = delete;
  RouteTables& operator=(const RouteTables&) = delete;

  // Who fetches tables; once, before the first subscription. `on_wanted` may Set at once.
  using OnFeed = std::function<void(RouteFeed& feed)>;
  // Whether tables can come from there; the status says why not.
  using Check = std::function<absl::Status(const envoy::config::core::v3::ConfigSource& source)>;
  void Attach(OnFeed on_wanted, OnFeed on_unwanted, Check check = nullptr);
  bool attached() const { return on_wanted_ != nullptr; }
  // Who fetches virtual hosts that come by themselves; so, too. A feed's own table says where they
  // come from: `on_changed` when that has become another one, of the same place.
  // `on_asked`: a request waits for the virtual host of a name; Answer is to follow.
  struct Hosts {
    OnFeed on_wanted, on_changed, on_unwanted;
    std::function<void(RouteFeed& feed, const std::string& host)> on_asked;
    Check check;
  };
  void AttachHosts(Hosts hosts);
  absl::Status CanFetchHosts(const envoy::config::core::v3::ConfigSource& source) const;
  absl::Status CanFetch(const envoy::config::core::v3::ConfigSource& source) const;

  // `gate` is kept closed until there is word of the table, or where it insists the table itself;
  // null: it is not waited for. The last subscription to end, on whatever thread, makes a table
  // unwanted. `stat_prefix`: the connection manager's.
  std::unique_ptr<const RouteSubscription> Subscribe(const std::string& name,
                                                     const RouteSource& source, WarmGate* gate,
                                                     const std::string& stat_prefix = "");
  // Of a table that is there already and that nobody fetches, but for such virtual hosts, which
  // `gate` waits for: for one user alone.
  std::unique_ptr<const RouteSubscription> Own(std::shared_ptr<const RouteTable> table,
                                               WarmGate* gate = nullptr,
                                               const std::string& stat_prefix = "");

  // Those that come by name, in order of name.
  void ForEach(const std::function<void(const RouteFeed& feed)>& visit) const;

 private:
  friend class RouteSubscription;
  friend class RouteFeed;
  using Key = std::pair<std::string, std::string>;  // name, source
  void Leave(const Key& key);
  void Ask(const Key& key, const std::string& host);
  static void WaitFor(RouteFeed& feed, WarmGate* gate);

  WorkerSet& workers_;
  WorkerContext& main_;
  absl::btree_map<Key, std::unique_ptr<RouteFeed>> feeds_;
  uint64_t last_own_ = 0;
  OnFeed on_wanted_, on_unwanted_;
  Check check_;
  Hosts hosts_;
};

// A connection manager's: const, shared by all workers, ends on any thread.
class RouteSubscription {
 public:
  ~RouteSubscription();

  // On that worker: what is there now; nothing: there is none.
  RoutePin Pin(uint32_t worker) const { return slots_->by_worker[worker].pin.Share(); }
  // On that worker: for a request that its table has no virtual host for. Null: none is to be had.
  std::unique_ptr<HostWait> AwaitHost(WorkerContext& worker, const Headers& request,
                                      std::function<void()> on_answer) const;
  const std::string& name() const { return key_.first; }

 private:
  friend class RouteTables;
  RouteSubscription(WorkerContext& main, std::shared_ptr<const RouteSlots> slots,
                    RouteTables::Key key)
      : main_(main), slots_(std::move(slots)), key_(std::move(key)) {}

  WorkerContext& main_;
  std::shared_ptr<const RouteSlots> slots_;
  RouteTables::Key key_;
};

}  // namespace sluice
