#include "source/route/scoped_routes.h"

#include "absl/strings/str_cat.h"
#include "source/base/check.h"

namespace sluice {

// ---- One connection manager's.

ScopeFeed::ScopeFeed(WorkerSet& workers, WorkerContext& main, RouteTables& tables,
                     ScopeFeeds& feeds, ScopeWish wish, WarmGate* gate)
    : workers_(workers),
      main_(main),
      tables_(tables),
      wish_(std::move(wish)),
      slots_(std::make_shared<const ScopeSlots>(workers.size(), feeds)) {
  if (gate != nullptr) need_ = gate->Wait(absl::StrCat("scoped routes ", wish_.name));
}

void ScopeFeed::Set(const Scopes& scopes) {
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    entry = scopes.contains(entry->first) ? std::next(entry) : entries_.erase(entry);
  }
  for (const auto& [name, scope] : scopes) Put(name, scope);
  Publish();
}

void ScopeFeed::Put(const std::string& name, const Scope& scope) {
  Entry& entry = entries_[name];
  const std::optional<Routed>& last = entry.next.has_value() ? entry.next : entry.serving;
  if (last.has_value() && last->scope == scope) return;
  auto gate = std::make_unique<WarmGate>();
  if (need_.must_come()) gate->Insist();
  Routed next = {scope, nullptr};
  if (scope.own != nullptr) {
    next.table = tables_.Own(scope.own, gate.get(), wish_.stat_prefix);
  } else if (wish_.tables.has_value()) {
    next.table = tables_.Subscribe(scope.table, *wish_.tables, gate.get(), wish_.stat_prefix);
  }
  if (gate->open()) {
    entry = {.serving = std::move(next), .next = std::nullopt, .gate = nullptr};
    return;
  }
  entry.next = std::move(next);
  entry.gate = std::move(gate);
  entry.gate->WhenOpen([this, name] { OnTable(name); });
}

// One response may bring the tables of many scopes.
void ScopeFeed::OnTable(const std::string& name) {
  Entry& entry = entries_[name];
  entry.serving = std::exchange(entry.next, std::nullopt);
  entry.gate.reset();
  main_.loop.AtEndOfTurn(*this);
}

void ScopeFeed::Fail() {
  if (!need_.must_come()) need_.Come();
}

void ScopeFeed::Publish() {
  auto table = std::make_shared<ScopeTable>();
  const auto put = [&table](const Routed& routed) {
    table->index.Put(routed.scope.key, static_cast<uint32_t>(table->tables.size()));
    table->tables.push_back(routed.table);
  };
  // A key that goes from one scope to another is that of the one that has it now, as soon as that
  // can serve.
  for (const auto& [name, entry] : entries_) {
    if (entry.next.has_value() && entry.serving.has_value()) put(*entry.serving);
  }
  bool all_have_come = true;
  for (const auto& [name, entry] : entries_) {
    all_have_come &= !entry.next.has_value();
    if (!entry.next.has_value() && entry.serving->table != nullptr) put(*entry.serving);
  }
  workers_.PostToAll([slots = slots_, table = std::shared_ptr<const ScopeTable>(std::move(table))](
                         uint32_t worker) { slots->by_worker[worker] = table; });
  if (all_have_come) need_.Come();
}

// ---- All of them.

ScopeFeeds::~ScopeFeeds() {
  for (const auto& [id, feed] : feeds_) feed->slots_->feeds = nullptr;
}

void ScopeFeeds::Attach(OnFeed on_wanted, OnFeed on_unwanted, Check check) {
  SLUICE_CHECK(feeds_.empty());
  on_wanted_ = std::move(on_wanted);
  on_unwanted_ = std::move(on_unwanted);
  check_ = std::move(check);
}

absl::Status ScopeFeeds::CanFetch(const envoy::config::core::v3::ConfigSource& source) const {
  if (on_wanted_ == nullptr) return absl::UnimplementedError("names scopes that nothing fetches");
  return check_ == nullptr ? absl::OkStatus() : check_(source);
}

std::unique_ptr<const ScopedRoutes> ScopeFeeds::Subscribe(ScopeWish wish,
                                                          std::vector<ScopeFragment> fragments,
                                                          WarmGate* gate, const Scopes& fixed) {
  const uint64_t id = ++last_id_;
  std::unique_ptr<ScopeFeed>& feed = feeds_[id];
  feed.reset(new ScopeFeed(workers_, main_, tables_, *this, std::move(wish), gate));
  std::unique_ptr<const ScopedRoutes> routes(
      new ScopedRoutes(main_, feed->slots_, id, std::move(fragments)));
  if (feed->wish_.source == nullptr) {
    feed->Set(fixed);
  } else {
    on_wanted_(*feed);
  }
  return routes;
}

void ScopeFeeds::Leave(uint64_t id) {
  const auto at = feeds_.find(id);
  const std::unique_ptr<ScopeFeed> feed = std::move(at->second);
  feeds_.erase(at);
  if (feed->wish_.source != nullptr) on_unwanted_(*feed);
  workers_.PostToAll([slots = feed->slots_](uint32_t worker) { slots->by_worker[worker].reset(); });
}

ScopedRoutes::~ScopedRoutes() {
  main_.loop.Post([slots = std::move(slots_), id = id_] {
    if (slots->feeds != nullptr) slots->feeds->Leave(id);
  });
}

const RouteSubscription* ScopedRoutes::Find(const Headers& request, uint32_t worker) const {
  const ScopeTable* const scopes = slots_->by_worker[worker].get();
  if (scopes == nullptr) return nullptr;
  const uint32_t scope = scopes->index.Find(fragments_, request);
  return scope == ScopeIndex::kNone ? nullptr : scopes->tables[scope].get();
}

}  // namespace sluice
