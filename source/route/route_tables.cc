#include "source/route/route_tables.h"

#include <optional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "source/base/check.h"

namespace sluice {
namespace {

// In the place of a source's bytes. No message is written so.
constexpr char kOwn[] = "own";

// As long as a name in DNS may be, with a port.
constexpr size_t kHostBytesMax = 255;

// Whether a virtual host may be named so: requests choose it, and it goes to the control plane.
bool CanName(absl::string_view host) {
  const auto fits = [](unsigned char c) { return absl::ascii_isgraph(c) && c != '/'; };
  return !host.empty() && host.size() <= kHostBytesMax && absl::c_all_of(host, fits);
}

// On its worker. Each that is answered may end, and others with it.
template <class Concerns>
void Wake(RouteSlots::Slot& slot, const Concerns& concerns) {
  IntrusiveList<HostWait> due;
  slot.waits.ForEach([&](HostWait& wait) {
    if (concerns(wait)) due.PushBack(wait);
  });
  while (!due.empty()) due.PopFront().Answer();
}

}  // namespace

// ---- One table.

RouteFeed::RouteFeed(WorkerSet& workers, RouteTables& tables, std::string name,
                     std::shared_ptr<const envoy::config::core::v3::ConfigSource> source)
    : workers_(workers),
      name_(std::move(name)),
      source_(std::move(source)),
      slots_(std::make_shared<const RouteSlots>(workers.size(), tables)) {}

void RouteFeed::Set(std::shared_ptr<const RouteTable> table, std::string version) {
  const std::shared_ptr<const RouteTable> before = std::exchange(own_, std::move(table));
  version_ = std::move(version);
  const std::optional<HostSource>& hosts = own_->rules()->hosts;
  const RouteTables::Hosts& fetcher = slots_->tables->hosts_;
  if (!hosts.has_value() || fetcher.on_wanted == nullptr) {
    LeaveHosts();
    return Serve(own_);
  }
  if (wants_hosts_ && before->rules()->hosts->bytes == hosts->bytes) {
    return fetcher.on_changed(*this);
  }
  LeaveHosts();
  wants_hosts_ = true;
  fetcher.on_wanted(*this);
}

void RouteFeed::LeaveHosts() {
  if (std::exchange(wants_hosts_, false)) slots_->tables->hosts_.on_unwanted(*this);
}

void RouteFeed::Serve(std::shared_ptr<const RouteTable> table) {
  table_ = std::move(table);
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
  LeaveHosts();
  own_ = table_ = nullptr;
  version_.clear();
  Publish();
}

void RouteFeed::Publish() {
  workers_.PostToAll([slots = slots_, table = table_](uint32_t worker) {
    RouteSlots::Slot& slot = slots->by_worker[worker];
    slot.pin = RoutePin(table);
    const bool none_come = table == nullptr || !table->rules()->hosts.has_value();
    Wake(slot, [&](const HostWait& wait) { return none_come || table->HasHost(wait.host()); });
  });
}

void RouteFeed::Answer(const std::string& host) {
  workers_.PostToAll([slots = slots_, host](uint32_t worker) {
    Wake(slots->by_worker[worker], [&](const HostWait& wait) { return wait.host() == host; });
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

void RouteTables::AttachHosts(Hosts hosts) {
  SLUICE_CHECK(feeds_.empty());
  hosts_ = std::move(hosts);
}

absl::Status RouteTables::CanFetchHosts(const envoy::config::core::v3::ConfigSource& source) const {
  if (hosts_.on_wanted == nullptr) {
    return absl::UnimplementedError("names virtual hosts that nothing here fetches");
  }
  return hosts_.check(source);
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
  WaitFor(wanted, gate);
  return subscription;
}

void RouteTables::WaitFor(RouteFeed& feed, WarmGate* gate) {
  if (gate == nullptr) return;
  const bool waits = gate->insists() ? feed.table_ == nullptr : !feed.has_answer_;
  if (!waits) return;
  feed.waiting_.push_back(gate->Wait(absl::StrCat("route configuration ", feed.name_)));
}

std::unique_ptr<const RouteSubscription> RouteTables::Own(std::shared_ptr<const RouteTable> table,
                                                          WarmGate* gate,
                                                          const std::string& stat_prefix) {
  Key key(absl::StrCat(++last_own_), kOwn);
  std::unique_ptr<RouteFeed>& feed = feeds_[key];
  feed.reset(new RouteFeed(workers_, *this, table->name(), nullptr));
  ++feed->users_;
  feed->stat_prefixes_.insert(stat_prefix);
  feed->Set(std::move(table), "");
  WaitFor(*feed, gate);
  return std::unique_ptr<const RouteSubscription>(
      new RouteSubscription(main_, feed->slots_, std::move(key)));
}

void RouteTables::Leave(const Key& key) {
  const auto at = feeds_.find(key);
  if (--at->second->users_ > 0) return;
  const std::unique_ptr<RouteFeed> feed = std::move(at->second);
  feeds_.erase(at);
  feed->LeaveHosts();
  if (feed->source_ != nullptr) on_unwanted_(*feed);
  // Each worker's hold ends on that worker.
  workers_.PostToAll([slots = feed->slots_](uint32_t worker) {
    RouteSlots::Slot& slot = slots->by_worker[worker];
    slot.pin = RoutePin();
    Wake(slot, [](const HostWait&) { return true; });
  });
}

void RouteTables::Ask(const Key& key, const std::string& host) {
  const auto at = feeds_.find(key);
  if (at == feeds_.end()) return;  // and who waits has been told
  RouteFeed& feed = *at->second;
  if (!feed.wants_hosts_ || hosts_.on_asked == nullptr) return feed.Answer(host);
  hosts_.on_asked(feed, host);
}

void RouteTables::ForEach(const std::function<void(const RouteFeed& feed)>& visit) const {
  for (const auto& [key, feed] : feeds_) {
    if (feed->source_ != nullptr) visit(*feed);
  }
}

std::unique_ptr<HostWait> RouteSubscription::AwaitHost(WorkerContext& worker,
                                                       const Headers& request,
                                                       std::function<void()> on_answer) const {
  RouteSlots::Slot& slot = slots_->by_worker[worker.index];
  const RouteTable* const table = slot.pin.get();
  if (table == nullptr || !table->rules()->hosts.has_value()) return nullptr;
  std::string host = absl::AsciiStrToLower(table->HostOf(request));
  if (!CanName(host)) return nullptr;
  bool is_asked = false;
  slot.waits.ForEach([&](const HostWait& wait) { is_asked = is_asked || wait.host() == host; });
  auto wait = std::make_unique<HostWait>(slots_, host, std::move(on_answer));
  slot.waits.PushBack(*wait);
  if (is_asked) return wait;
  main_.loop.Post([slots = slots_, key = key_, host = std::move(host)] {
    if (slots->tables != nullptr) slots->tables->Ask(key, host);
  });
  return wait;
}

RouteSubscription::~RouteSubscription() {
  main_.loop.Post([slots = std::move(slots_), key = std::move(key_)] {
    if (slots->tables != nullptr) slots->tables->Leave(key);
  });
}

}  // namespace sluice
