#include "source/route/route_tables.h"

#include "absl/strings/str_cat.h"
#include "source/base/check.h"

namespace sluice {
namespace {

// In the place of a source's bytes. No message is written so.
constexpr char kOwn[] = "own";

}  // namespace

// ---- One table.

RouteFeed::RouteFeed(WorkerSet& workers, RouteTables& tables, std::string name,
                     std::shared_ptr<const envoy::config::core::v3::ConfigSource> source)
    : workers_(workers),
      name_(std::move(name)),
      source_(std::move(source)),
      slots_(std::make_shared<const RouteSlots>(workers.size(), tables)) {}

void RouteFeed::Set(std::shared_ptr<const RouteTable> table, std::string version) {
  table_ = std::move(table);
  version_ = std::move(version);
  Publish();
  StopWaiting();
}

void RouteFeed::Fail() {
  has_answer_ = true;
  std::vector<WarmGate::Need> late;
  for (WarmGate::Need& need : std::exchange(waiting_, {})) {
    (need.must_come() ? waiting_ : late).push_back(std::move(need));
  }
  late.clear();  // who has waited may ask for more
}

void RouteFeed::Remove() {
  table_ = nullptr;
  version_.clear();
  Publish();
}

void RouteFeed::Publish() {
  workers_.PostToAll([slots = slots_, table = table_](uint32_t worker) {
    slots->by_worker[worker] = RoutePin(table);
  });
}

// ---- All of them.

RouteTables::RouteTables(WorkerSet& workers, WorkerContext& main)
    : workers_(workers), main_(main) {}

RouteTables::~RouteTables() {
  for (const auto& [key, feed] : feeds_) feed->slots_->tables = nullptr;
}

absl::Status RouteTables::CanFetch(const envoy::config::core::v3::ConfigSource& source) const {
  if (!attached()) return absl::UnimplementedError("names routes that nothing here fetches");
  return check_ == nullptr ? absl::OkStatus() : check_(source);
}

void RouteTables::Attach(OnFeed on_wanted, OnFeed on_unwanted, Check check) {
  SLUICE_CHECK(feeds_.empty());
  check_ = std::move(check);
  on_wanted_ = std::move(on_wanted);
  on_unwanted_ = std::move(on_unwanted);
}

std::unique_ptr<const RouteSubscription> RouteTables::Subscribe(const std::string& name,
                                                                const RouteSource& source,
                                                                WarmGate* gate,
                                                                const std::string& stat_prefix) {
  SLUICE_CHECK(attached());
  Key key(name, source.bytes);
  std::unique_ptr<RouteFeed>& feed = feeds_[key];
  const bool is_new = feed == nullptr;
  if (is_new) feed.reset(new RouteFeed(workers_, *this, name, source.proto));
  ++feed->users_;
  feed->stat_prefixes_.insert(stat_prefix);
  std::unique_ptr<const RouteSubscription> subscription(
      new RouteSubscription(main_, feed->slots_, key));
  RouteFeed& wanted = *feed;
  if (is_new) on_wanted_(wanted);
  const bool waits =
      gate != nullptr && (gate->insists() ? wanted.table_ == nullptr : !wanted.has_answer_);
  if (waits) {
    wanted.waiting_.push_back(gate->Wait(absl::StrCat("route configuration ", name)));
  }
  return subscription;
}

std::unique_ptr<const RouteSubscription> RouteTables::Own(std::shared_ptr<const RouteTable> table) {
  Key key(absl::StrCat(++last_own_), kOwn);
  std::unique_ptr<RouteFeed>& feed = feeds_[key];
  feed.reset(new RouteFeed(workers_, *this, table->name(), nullptr));
  ++feed->users_;
  feed->Set(std::move(table), "");
  return std::unique_ptr<const RouteSubscription>(
      new RouteSubscription(main_, feed->slots_, std::move(key)));
}

void RouteTables::Leave(const Key& key) {
  const auto at = feeds_.find(key);
  if (--at->second->users_ > 0) return;
  const std::unique_ptr<RouteFeed> feed = std::move(at->second);
  feeds_.erase(at);
  if (feed->source_ != nullptr) on_unwanted_(*feed);
  // Each worker's hold ends on that worker.
  workers_.PostToAll(
      [slots = feed->slots_](uint32_t worker) { slots->by_worker[worker] = RoutePin(); });
}

void RouteTables::ForEach(const std::function<void(const RouteFeed& feed)>& visit) const {
  for (const auto& [key, feed] : feeds_) {
    if (feed->source_ != nullptr) visit(*feed);
  }
}

RouteSubscription::~RouteSubscription() {
  main_.loop.Post([slots = std::move(slots_), key = std::move(key_)] {
    if (slots->tables != nullptr) slots->tables->Leave(key);
  });
}

}  // namespace sluice
