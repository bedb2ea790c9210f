#include "source/server/listener_set.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "source/base/log.h"
#include "source/base/status_macros.h"
#include "source/config/canonical_bytes.h"
#include "source/server/after_all.h"

namespace sluice {
namespace {

std::vector<Address> AddressesOf(const ListenerConfig& config) {
  std::vector<Address> addresses = {config.address};
  addresses.insert(addresses.end(), config.additional_addresses.begin(),
                   config.additional_addresses.end());
  return addresses;
}

bool ListensOn(const ListenerConfig* config, const Address& address) {
  return config != nullptr && config->bind_to_port &&
         absl::c_linear_search(AddressesOf(*config), address);
}

// Whether what listens for the one can go on for the other.
bool KeepsSockets(const ListenerConfig& a, const ListenerConfig& b) {
  return a.bind_to_port == b.bind_to_port && a.exact_balance == b.exact_balance &&
         a.listen == b.listen;
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
                                [this] { return static_cast<int64_t>(leaving_); });
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
                               .gate = &warming->gate},
                              scope);
  if (config == nullptr || !MayTake(*config, scope)) return ListenerChange::kRefused;
  warming->version = {.config = std::move(config),
                      .proto = std::make_shared<envoy::config::listener::v3::Listener>(proto),
                      .bytes = std::move(bytes),
                      .since = world_.main.loop.wall_now()};
  (is_new ? stats_.added : stats_.modified).Add(world_.main.stats);
  ListenerState& listener = listeners_[name];
  listener.origin = origin;
  listener.warming = std::move(warming);
  return started_ ? Warm(name, scope) : ListenerChange::kDone;
}

ListenerChange ListenerSet::Warm(const std::string& name, const FieldScope& scope) {
  WarmGate& gate = listeners_.at(name).warming->gate;
  if (!gate.open()) {
    gate.WhenOpen([this, name] { OnWarm(name); });
    return ListenerChange::kWarming;
  }
  if (const absl::Status status = Activate(name); !status.ok()) {
    scope.Error(status.message());
    GiveUp(name);
    return ListenerChange::kRefused;
  }
  StartPlaced();
  return ListenerChange::kDone;
}

void ListenerSet::OnWarm(const std::string& name) {
  const std::string version = listeners_.at(name).warming->version.config->version;
  const absl::Status status =
      ended_ ? absl::CancelledError("the listeners are being drained") : Activate(name);
  if (status.ok()) return StartPlaced();
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
  for (const ListenerPlace& place : listener.places) Leave(place, *listener.active.config);
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
  if (!config.bind_to_port) return true;
  for (const Address& address : AddressesOf(config)) {
    if (address.is_ip() && address.port() == 0) continue;
    for (const auto& [name, listener] : listeners_) {
      if (name == config.name) continue;
      const auto& warming = listener.warming;
      if (!ListensOn(listener.active.config.get(), address) &&
          !ListensOn(warming == nullptr ? nullptr : warming->version.config.get(), address))
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
  for (auto& [name, listener] : listeners_) {
    if (listener.warming->gate.open()) {
      RETURN_IF_ERROR(Activate(name));
    } else {
      listener.warming->gate.WhenOpen([this, name = name] { OnWarm(name); });
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
  std::vector<Taken> taken;
  for (const Address& address : AddressesOf(*config)) {
    auto place = TakePlace(listener, *config, address);
    if (!place.ok()) {
      stats_.create_failure.Add(world_.main.stats, world_.workers.size());
      return absl::Status(place.status().code(),
                          absl::StrCat("listener \"", name, "\": ", place.status().message()));
    }
    taken.push_back(*std::move(place));
  }
  stats_.create_success.Add(world_.main.stats, world_.workers.size());
  std::vector<ListenerPlace> places = std::exchange(listener.places, {});
  const bool replaces = listener.active.config != nullptr;
  if (replaces) Retire(std::move(listener.active.config), config.get());
  listener.active = std::move(listener.warming->version);
  listener.warming.reset();
  bool in_place = replaces;
  for (Taken& each : taken) {
    in_place = in_place && !each.is_new;
    listener.places.push_back(each.place);
    each.is_new ? PostNew(std::move(each), config) : PostReplacement(each.place.id, config);
  }
  for (const ListenerPlace& place : places) {
    const auto is_it = [&place](const ListenerPlace& kept) { return kept.id == place.id; };
    if (absl::c_any_of(listener.places, is_it)) continue;
    in_place = false;
    Leave(place, *config);
  }
  if (in_place) stats_.in_place_updated.Add(world_.main.stats);
  return absl::OkStatus();
}

// The place in service at this address where its sockets will do, else a new one.
absl::StatusOr<ListenerSet::Taken> ListenerSet::TakePlace(const ListenerState& listener,
                                                          const ListenerConfig& config,
                                                          const Address& address) {
  const ListenerConfig* const present = listener.active.config.get();
  if (present != nullptr && KeepsSockets(*present, config)) {
    for (const ListenerPlace& place : listener.places) {
      if (place.asked == address) return Taken{.place = place};
    }
  }
  Taken taken{.place = {.id = ++last_id_, .asked = address, .bound = address}, .is_new = true};
  ASSIGN_OR_RETURN(taken.sockets, Bind(config, taken.place.bound));
  return taken;
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

void ListenerSet::PostNew(Taken taken, const std::shared_ptr<const ListenerConfig>& config) {
  ConnectionBalance* balance = nullptr;
  if (config->exact_balance) {
    balances_[taken.place.id] = std::make_unique<ConnectionBalance>(world_.workers);
    balance = balances_[taken.place.id].get();
  }
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

void ListenerSet::PostReplacement(uint64_t id,
                                  const std::shared_ptr<const ListenerConfig>& config) {
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

// ---- Out of service.

// In two steps, as a worker may have placed a connection on another one just before: when all have
// stopped to accept, what is placed has been posted.
void ListenerSet::Leave(const ListenerPlace& place, const ListenerConfig& config) {
  ++leaving_;
  EventLoop& main = world_.main.loop;
  const auto leave = [this, &main, id = place.id, pace = PaceOf(config)] {
    const auto gone = AfterAll(world_.workers.size(), [this, id] {
      --leaving_;
      balances_.erase(id);
      FreeRetired();
    });
    ForEachWorker([&main, id, pace, gone](WorkerListeners& part) {
      part.Leave(id, pace, [&main, gone] { main.Post(gone); });
    });
  };
  const auto stopped = AfterAll(world_.workers.size(), leave);
  ForEachWorker([&main, id = place.id, stopped](WorkerListeners& part) {
    part.StopAccepting(id);
    main.Post(stopped);
  });
}

// A chain that the next version has taken over is held by that.
void ListenerSet::Retire(std::shared_ptr<const ListenerConfig> config, const ListenerConfig* next) {
  absl::flat_hash_set<const FilterChain*> kept;
  if (next != nullptr) {
    next->filter_chains.ForEach([&kept](const auto& chain) { kept.insert(chain.get()); });
  }
  config->filter_chains.ForEach([&](const auto& chain) {
    if (!kept.contains(chain.get())) retired_chains_.push_back(chain);
  });
  retired_.push_back(std::move(config));
}

void ListenerSet::FreeRetired() {
  const auto is_free = [](const auto& shared) { return shared.use_count() == 1; };
  retired_.erase(std::remove_if(retired_.begin(), retired_.end(), is_free), retired_.end());
  retired_chains_.erase(std::remove_if(retired_chains_.begin(), retired_chains_.end(), is_free),
                        retired_chains_.end());
}

DrainPace ListenerSet::PaceOf(const ListenerConfig& config) const {
  DrainPace pace = world_.pace;
  pace.tunnels_end_after = config.tunnels_end_after;
  pace.tunnels_per_second =
      static_cast<double>(config.tunnels_per_second) / static_cast<double>(world_.workers.size());
  return pace;
}

void ListenerSet::ForEachWorker(std::function<void(WorkerListeners& part)> work) {
  world_.worker_set.PostToAll([parts = &world_.parts, work = std::move(work)](uint32_t worker) {
    work(*(*parts)[worker]);
  });
}

// In two steps, for the same reason.
void ListenerSet::StartDrain(std::function<void()> on_empty, Accepting accepting) {
  draining_ = true;
  if (accepting == Accepting::kGoesOn) return DrainConnections(std::move(on_empty));
  ended_ = true;
  const auto stopped = AfterAll(
      world_.workers.size(),
      [this, on_empty = std::move(on_empty)]() mutable { DrainConnections(std::move(on_empty)); });
  ForEachWorker([&main = world_.main.loop, stopped](WorkerListeners& part) {
    part.StopAllAccepting();
    main.Post(stopped);
  });
}

void ListenerSet::DrainConnections(std::function<void()> on_empty) {
  const auto empty = AfterAll(world_.workers.size(), std::move(on_empty));
  ForEachWorker([&main = world_.main.loop, empty](WorkerListeners& part) {
    part.DrainAll([&main, empty] { main.Post(empty); });
  });
}

void ListenerSet::CloseAll(std::function<void()> on_done) {
  const auto done = AfterAll(world_.workers.size(), std::move(on_done));
  ForEachWorker([&main = world_.main.loop, done](WorkerListeners& part) {
    part.CloseAll();
    main.Post(done);
  });
}

void ListenerSet::CollectConnections(std::function<void(std::vector<ConnectionView>)> done) {
  const auto all = std::make_shared<std::vector<ConnectionView>>();
  const auto collected =
      AfterAll(world_.workers.size(), [all, done = std::move(done)] { done(std::move(*all)); });
  ForEachWorker([&main = world_.main.loop, all, collected](WorkerListeners& part) {
    main.Post([all, collected, views = part.Connections()]() mutable {
      std::move(views.begin(), views.end(), std::back_inserter(*all));
      collected();
    });
  });
}

}  // namespace sluice
