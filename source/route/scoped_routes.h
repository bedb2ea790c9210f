// ScopedRoutes: a connection manager that has a route table for each scope of requests: which
// scopes there are, and which table each has. Tables come by name (RouteTables) or with their
// scope; who fetches scopes (SRDS) is attached from outside.
//
// Main thread, but for ScopedRoutes::Find. A scope whose table changes serves its requests by the
// one before until the new one has come, or is waited for no longer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "source/event/event_loop.h"
#include "source/event/warm_gate.h"
#include "source/event/worker_context.h"
#include "source/event/worker_set.h"
#include "source/route/route_tables.h"
#include "source/route/scope_key.h"

namespace sluice {

struct Scope {
  std::vector<std::string> key;
  std::string table;                      // its name; empty: `own`
  std::shared_ptr<const RouteTable> own;  // that came with it

  bool operator==(const Scope&) const = default;
};
// By name. No two have one key.
using Scopes = absl::btree_map<std::string, Scope>;

// What is in force, as workers see it.
struct ScopeTable {
  ScopeIndex index;
  std::vector<std::shared_ptr<const RouteSubscription>> tables;
};

class ScopeFeeds;

// Each worker touches its own slot, the main thread the rest.
struct ScopeSlots {
  ScopeSlots(uint32_t workers, ScopeFeeds& feeds) : by_worker(workers), feeds(&feeds) {}
  mutable std::vector<std::shared_ptr<const ScopeTable>> by_worker;
  mutable ScopeFeeds* feeds;  // null: all is over
};

// What a connection manager says of its scopes.
struct ScopeWish {
  std::string name;
  std::string stat_prefix;  // the connection manager's
  // Where scopes come from; null: they are said with it.
  std::shared_ptr<const envoy::config::core::v3::ConfigSource> source;
  // Where the tables come from that they name; none: they name none.
  std::optional<RouteSource> tables;
};

// One connection manager's scopes, as who fetches them sees it. Alive from on_wanted until
// on_unwanted.
class ScopeFeed final : private EndOfTurnTask {
 public:
  const ScopeWish& wish() const { return wish_; }

  // These are all there are. From the workers' next turns on, but for what waits for its table. A
  // listener that waited for them waits for their tables now.
  void Set(const Scopes& scopes);
  // They do not come: nobody waits for them any longer but those whose gate insists.
  void Fail();

 private:
  friend class ScopeFeeds;
  // A scope with where its table comes from.
  struct Routed {
    Scope scope;
    std::shared_ptr<const RouteSubscription> table;
  };
  struct Entry {
    std::optional<Routed> serving;
    // What is to take its place, and waits for its table.
    std::optional<Routed> next;
    std::unique_ptr<WarmGate> gate;
  };
  ScopeFeed(WorkerSet& workers, WorkerContext& main, RouteTables& tables, ScopeFeeds& feeds,
            ScopeWish wish, WarmGate* gate);
  void Put(const std::string& name, const Scope& scope);
  void OnTable(const std::string& name);
  void RunEndOfTurn() override { Publish(); }
  void Publish();

  WorkerSet& workers_;
  WorkerContext& main_;
  RouteTables& tables_;
  const ScopeWish wish_;
  const std::shared_ptr<const ScopeSlots> slots_;
  absl::btree_map<std::string, Entry> entries_;
  WarmGate::Need need_;
};

class ScopedRoutes;

class ScopeFeeds {
 public:
  // All of it outlives it and what it gives out.
  ScopeFeeds(WorkerSet& workers, WorkerContext& main, RouteTables& tables)
      : workers_(workers), main_(main), tables_(tables) {}
  ~ScopeFeeds();
  ScopeFeeds(const ScopeFeeds&) = delete;
  ScopeFeeds& operator=(const ScopeFeeds&) = delete;

  // Who fetches scopes; once, before the first subscription. `on_wanted` may Set at once.
  using OnFeed = std::function<void(ScopeFeed& feed)>;
  using Check = std::function<absl::Status(const envoy::config::core::v3::ConfigSource& source)>;
  void Attach(OnFeed on_wanted, OnFeed on_unwanted, Check check);
  // Whether scopes can come from there; the status says why not.
  absl::Status CanFetch(const envoy::config::core::v3::ConfigSource& source) const;

  // `gate` is kept closed until there is word of the scopes and of their tables, or where it
  // insists until all have come; null: nobody waits. `fixed`: the scopes, where the wish names no
  // source.
  std::unique_ptr<const ScopedRoutes> Subscribe(ScopeWish wish,
                                                std::vector<ScopeFragment> fragments,
                                                WarmGate* gate, const Scopes& fixed = {});

 private:
  friend class ScopedRoutes;
  void Leave(uint64_t id);

  WorkerSet& workers_;
  WorkerContext& main_;
  RouteTables& tables_;
  absl::btree_map<uint64_t, std::unique_ptr<ScopeFeed>> feeds_;
  uint64_t last_id_ = 0;
  OnFeed on_wanted_, on_unwanted_;
  Check check_;
};

// A connection manager's: const, shared by all workers, ends on any thread.
class ScopedRoutes {
 public:
  ~ScopedRoutes();

  // On that worker, until the next turn: where the table of the request's scope comes from; null:
  // it belongs to none.
  const RouteSubscription* Find(const Headers& request, uint32_t worker) const;

 private:
  friend class ScopeFeeds;
  ScopedRoutes(WorkerContext& main, std::shared_ptr<const ScopeSlots> slots, uint64_t id,
               std::vector<ScopeFragment> fragments)
      : main_(main), slots_(std::move(slots)), id_(id), fragments_(std::move(fragments)) {}

  WorkerContext& main_;
  std::shared_ptr<const ScopeSlots> slots_;
  const uint64_t id_;
  const std::vector<ScopeFragment> fragments_;
};

}  // namespace sluice
