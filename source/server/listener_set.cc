#include "source/server/listener_set.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "source/base/log.h"
#include "source/base/status_macros.h"
#include "source/config/canonical_bytes.h"

namespace sluice {
namespace {

std::vector<Address> AddressesOf(const ListenerConfig& config) {
  std::vector<Address> addresses = {config.address};
  addresses.insert(addresses.end(), config.additional_addresses.begin(),
                   config.additional_addresses.end());
  return addresses;
}

bool ListensOn(const ListenerConfig* config, const Address& address, bool bind_to_port) {
  return config != nullptr && config->bind_to_port == bind_to_port &&
         absl::c_linear_search(AddressesOf(*config), address);
}

// Whether what listens for the one can go on for the other.
bool KeepsSockets(const ListenerConfig& a, const ListenerConfig& b) {
  return a.bind_to_port == b.bind_to_port && a.listen == b.listen;
}

}  // namespace

ListenerSet::ListenerSet(const World& world) : world_(world), stats_(world.stats) {
  for (WorkerListeners* part : world_.parts) {
    part->TellFreed([this, &main = world_.main.loop] { main.Post([this] { FreeRetired(); }); });
  }
  world_.stats.AddComputedGauge("listener_manager.total_listeners_active", [this] {
    return absl::c_count_if(
        listeners_, [](const auto& entry) { return entry.second.active.config != nullptr; });
  });
  world_.stats.AddComputedGauge("listener_manager.total_listeners_warming", [this] {
    return absl::c_count_if(listeners_,
                            [](const auto& entry) { return entry.second.warming != nullptr; });
  });
  world_.stats.AddComputedGauge("listener_manager.total_listeners_draining",
                                [this] { return static_cast<int64_t>(leaving_.size()); });
}

ListenerSet::~ListenerSet() = default;

// ---- Changes.

ListenerChange ListenerSet::Set(const envoy::config::listener::v3::Listener& proto,
                                std::string version, ListenerOrigin origin,
                                const FieldScope& scope) {
  const std::string name = ListenerName(proto);
  std::string bytes = CanonicalBytes(proto);
  if (!MayBe(name, origin, scope)) return ListenerChange::kRefused;
  const auto present = listeners_.find(name);
  const bool is_new = present == listeners_.end();
  const ListenerConfig* in_service = nullptr;
  if (!is_new) {
    ListenerState& listener = present->second;
    if (listener.warming != nullptr && listener.warming->version.bytes == bytes) {
      return ListenerChange::kNone;
    }
    in_service = listener.active.config.get();
    if (in_service != nullptr && listener.active.bytes == bytes) {
      listener.warming.reset();  // taken back before it was there
      return ListenerChange::kNone;
    }
  }
  auto warming = std::make_unique<WarmingListener>();
  auto config = ParseListener(proto,
                              {.registry = world_.registry,
                               .stats = world_.stats,
                               .access_logs = world_.access_logs,
                               .version = std::move(version),
                               .in_service = in_service,
                               .gate = &warming->gate,
                               .process = &world_.process},
                              scope);
  if (config == nullptr || !MayTake(*config, scope)) return ListenerChange::kRefused;
  warming->version = {.config = std::move(config),
                      .proto = std::make_shared<envoy::config::listener::v3::Listener>(proto),
                      .bytes = std::move(bytes),
                      .since = world_.main.loop.wall_now()};
  (is_new ? stats_.added : stats_.modified).Add(world_.main.stats);
  WaitForAddresses(*warming->version.config, *warming);
  ListenerState& listener = listeners_[name];
  listener.origin = origin;
  std::unique_ptr<WarmingListener> before = std::exchange(listener.warming, std::move(warming));
  return started_ ? Warm(name, std::move(before), scope) : ListenerChange::kDone;
}

// A socket that shares its port with nobody can only be had when the one that leaves is closed.
void ListenerSet::WaitForAddresses(const ListenerConfig& config, WarmingListener& warming) {
  for (const Address& address : AddressesOf(config)) {
    for (auto& [id, left] : left_) {
      const bool is_free = (left.may_share && config.listen.reuse_port) || !address.is_ip();
      if (is_free || !config.bind_to_port || !(left.address == address)) continue;
      left.wanted.push_back(
          warming.gate.Wait(absl::StrCat("the address ", address.text(), ", which is being left")));
    }
  }
}

// `before`: what waited until now, and goes on to wait where this one is no good.
ListenerChange ListenerSet::Warm(const std::string& name, std::unique_ptr<WarmingListener> before,
                                 const FieldScope& scope) {
  ListenerState& listener = listeners_.at(name);
  WarmGate& gate = listener.warming->gate;
  if (!gate.open()) {
    gate.WhenOpen([this, name] { OnWarm(name); });
    return ListenerChange::kWarming;
  }
  if (const absl::Status status = Activate(name); !status.ok()) {
    scope.Error(status.message());
    listener.warming = std::move(before);
    if (listener.warming == nullptr) GiveUp(name);
    return ListenerChange::kRefused;
  }
  StartPlaced();
  return ListenerChange::kDone;
}

void ListenerSet::OnWarm(const std::string& name) {
  const absl::Status status =
      ended_ ? absl::CancelledError("the listeners are being drained") : Activate(name);
  if (status.ok()) return StartPlaced();
  Fail(name, status);
}

void ListenerSet::Fail(const std::string& name, const absl::Status& status) {
  const std::string version = listeners_.at(name).warming->version.config->version;
  SLUICE_LOG(kMain, kWarning, status.message());
  GiveUp(name);
  if (on_failure_ != nullptr) on_failure_(name, version, status);
}

// The version that was to come is no good; the one in service goes on.
void ListenerSet::GiveUp(const std::string& name) {
  const auto at = listeners_.find(name);
  at->second.warming.reset();
  if (at->second.active.config == nullptr) listeners_.erase(at);
}

ListenerChange ListenerSet::Remove(const std::string& name) {
  const auto at = listeners_.find(name);
  if (at == listeners_.end()) return ListenerChange::kNone;
  if (at->second.origin == ListenerOrigin::kStatic) return ListenerChange::kRefused;
  stats_.removed.Add(world_.main.stats);
  const ListenerState listener = std::move(at->second);
  listeners_.erase(at);
  for (const ListenerPlace& place : listener.places) {
    Leave(name, place, listener.active, *listener.active.config);
  }
  if (listener.active.config != nullptr) Retire(listener.active.config, nullptr);
  return ListenerChange::kDone;
}

bool ListenerSet::MayBe(const std::string& name, ListenerOrigin origin,
                        const FieldScope& scope) const {
  const auto present = listeners_.find(name);
  if (ended_) {
    scope.Error("comes too late: the listeners are being drained");
  } else if (present != listeners_.end() && (present->second.origin == ListenerOrigin::kStatic ||
                                             origin == ListenerOrigin::kStatic)) {
    scope.At("name").Error(absl::StrCat("\"", name, "\" is a static listener's"),
                           "static listeners are as the bootstrap says; take another name");
  } else {
    return true;
  }
  return false;
}

// Several sockets of one address would take each other's connections away, by chance.
bool ListenerSet::MayTake(const ListenerConfig& config, const FieldScope& scope) const {
  for (const Address& address : AddressesOf(config)) {
    if (address.is_ip() && address.port() == 0) continue;
    for (const auto& [name, listener] : listeners_) {
      if (name == config.name) continue;
      const auto& warming = listener.warming;
      const bool bind = config.bind_to_port;
      if (!ListensOn(listener.active.config.get(), address, bind) &&
          !ListensOn(warming == nullptr ? nullptr : warming->version.config.get(), address, bind))
        continue;
      scope.At("address").Error(
          absl::StrCat(address.text(), " is listened on by the listener \"", name, "\""));
      return false;
    }
  }
  return true;
}

// ---- Into service.

absl::Status ListenerSet::Start() {
  started_ = true;
  std::vector<std::string> names;
  for (const auto& [name, listener] : listeners_) names.push_back(name);
  for (const std::string& name : names) {
    WarmingListener& warming = *listeners_.at(name).warming;
    if (!warming.gate.open()) {
      warming.gate.WhenOpen([this, name] { OnWarm(name); });
    } else if (const absl::Status status = Activate(name); !status.ok()) {
      if (listeners_.at(name).origin == ListenerOrigin::kStatic) return status;
      Fail(name, status);  // one that cannot be had keeps none of the others away
    }
  }
  StartPlaced();
  return absl::OkStatus();
}

// What is new is there before what is old begins to leave. All sockets are bound here, on the main
// thread, so that a failure is known before anything changes.
absl::Status ListenerSet::Activate(const std::string& name) {
  ListenerState& listener = listeners_.at(name);
  const std::shared_ptr<const ListenerConfig> config = listener.warming->version.config;
  absl::StatusOr<std::vector<Taken>> taken = TakePlaces(listener, *config);
  if (!taken.ok()) {
    stats_.create_failure.Add(world_.main.stats, world_.workers.size());
    return absl::Status(taken.status().code(),
                        absl::StrCat("listener \"", name, "\": ", taken.status().message()));
  }
  stats_.create_success.Add(world_.main.stats, world_.workers.size());
  std::vector<ListenerPlace> places = std::exchange(listener.places, {});
  const bool replaces = listener.active.config != nullptr;
  const ListenerVersion previous = listener.active;
  if (replaces) Retire(std::move(listener.active.config), config.get());
  listener.active = std::move(listener.warming->version);
  listener.warming.reset();
  bool in_place = replaces;
  for (Taken& each : *taken) {
    in_place = in_place && !each.is_new;
    listener.places.push_back(each.place);
    each.is_new ? PostNew(std::move(each), config) : PostReplacement(std::move(each), config);
  }
  for (const ListenerPlace& place : places) {
    const auto is_it = [&place](const ListenerPlace& kept) { return kept.id == place.id; };
    if (absl::c_any_of(listener.places, is_it)) continue;
    in_place = false;
    Leave(name, place, previous, *config);
  }
  if (in_place) stats_.in_place_updated.Add(world_.main.stats);
  return absl::OkStatus();
}

// Unix sockets come last: a new one at a path cuts off the one that was there, so nothing is to
// fail behind it.
absl::StatusOr<std::vector<ListenerSet::Taken>> ListenerSet::TakePlaces(
    const ListenerState& listener, const ListenerConfig& config) {
  std::vector<Address> addresses = AddressesOf(config);
  std::stable_partition(addresses.begin(), addresses.end(),
                        [](const Address& address) { return address.is_ip(); });
  std::vector<Taken> taken;
  for (const Address& address : addresses) {
    ASSIGN_OR_RETURN(Taken place, TakePlace(listener, config, address, taken));
    taken.push_back(std::move(place));
  }
  return taken;
}

// The place in service at this address, with new sockets where its own will not do, or a new one.
absl::StatusOr<ListenerSet::Taken> ListenerSet::TakePlace(const ListenerState& listener,
                                                          const ListenerConfig& config,
                                                          const Address& address,
                                                          const std::vector<Taken>& taken) {
  const auto is_taken = [&taken](const ListenerPlace& place) {
    return absl::c_any_of(taken, [&](const Taken& other) { return other.place.id == place.id; });
  };
  for (const ListenerPlace& place : listener.places) {
    if (!(place.asked == address) || is_taken(place)) continue;
    Taken kept{.place = place};
    if (KeepsSockets(*listener.active.config, config)) return kept;
    ASSIGN_OR_RETURN(kept.sockets, Bind(config, kept.place.bound));
    kept.has_sockets = true;
    kept.place.may_share = config.listen.reuse_port;
    return kept;
  }
  Taken made{.place = {.id = ++last_id_,
                       .asked = address,
                       .bound = address,
                       .may_share = config.listen.reuse_port},
             .is_new = true};
  ASSIGN_OR_RETURN(made.sockets, Bind(config, made.place.bound));
  return made;
}

// For every worker. Port 0 becomes the port that the system has chosen.
absl::StatusOr<ListenerSet::Sockets> ListenerSet::Bind(const ListenerConfig& config,
                                                       Address& address) {
  Sockets sockets;
  for (WorkerContext* worker : world_.workers) {
    if (!config.bind_to_port) break;
    Poller& poller = worker->loop.poller();
    // A Unix socket has one owner: a second one at its path would take it away from the first.
    auto socket = sockets.empty() || (config.listen.reuse_port && address.is_ip())
                      ? world_.network.Listen(poller, address, config.listen)
                      : sockets.front()->Share(poller);
    if (!socket.ok()) return socket.status();
    address = (*socket)->local_address();  // the others take the port the first got
    sockets.push_back(*std::move(socket));
  }
  sockets.resize(world_.workers.size());
  return sockets;
}

// Once there, it is there as long as the place, and counts.
ConnectionBalance* ListenerSet::BalanceOf(uint64_t id, const ListenerConfig& config) {
  const auto at = balances_.find(id);
  if (at != balances_.end()) return at->second.get();
  if (!config.exact_balance) return nullptr;
  return (balances_[id] = std::make_unique<ConnectionBalance>(world_.workers)).get();
}

void ListenerSet::PostNew(Taken taken, const std::shared_ptr<const ListenerConfig>& config) {
  ConnectionBalance* const balance = BalanceOf(taken.place.id, *config);
  for (size_t i = 0; i < taken.sockets.size(); ++i) {
    world_.workers[i]->loop.Post([part = world_.parts[i], place = taken.place, config, balance,
                                  socket = std::move(taken.sockets[i])]() mutable {
      part->Add(place.id, place.bound, config, std::move(socket), balance);
    });
  }
  placed_.push_back(taken.place.id);
  if (!config->bind_to_port) return;
  SLUICE_LOG(kMain, kInfo, "listener \"", config->name, "\" listens on ", taken.place.bound.text());
}

// The balance is known to all workers before one of them goes by it.
void ListenerSet::PostReplacement(Taken taken,
                                  const std::shared_ptr<const ListenerConfig>& config) {
  const uint64_t id = taken.place.id;
  if (ConnectionBalance* const balance = BalanceOf(id, *config); balance != nullptr) {
    ForEachWorker([id, balance](WorkerListeners& part) { part.SetBalance(id, *balance); });
  }
  if (taken.has_sockets) {
    for (size_t i = 0; i < taken.sockets.size(); ++i) {
      world_.workers[i]->loop.Post(
          [part = world_.parts[i], id, socket = std::move(taken.sockets[i])]() mutable {
            part->SetSocket(id, std::move(socket));
          });
    }
    placed_.push_back(id);
  }
  ForEachWorker([id, config, pace = PaceOf(*config)](WorkerListeners& part) {
    part.Replace(id, config, pace);
  });
}

// None accepts before all are there, on all workers: what is accepted may be another's.
void ListenerSet::StartPlaced() {
  ForEachWorker([ids = std::exchange(placed_, {})](WorkerListeners& part) {
    for (const uint64_t id : ids) part.Start(id);
  });
}

}  // namespace sluice
