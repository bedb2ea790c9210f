// ListenerSet: how listeners, and the process, go out of service.
#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "source/server/after_all.h"
#include "source/server/listener_set.h"

namespace sluice {

// In two steps, as a worker may have placed a connection on another one just before: when all have
// stopped to accept, what is placed has been posted.
void ListenerSet::Leave(const std::string& name, const ListenerPlace& place,
                        const ListenerVersion& version, const ListenerConfig& config) {
  leaving_[place.id] = {name, version.config->version, version.proto, version.since};
  StopListening(place, [this, id = place.id, pace = PaceOf(config)] {
    EventLoop& main = world_.main.loop;
    const auto gone = AfterAll(world_.workers.size(), [this, id] {
      leaving_.erase(id);
      balances_.erase(id);
      FreeRetired();
    });
    ForEachWorker([&main, id, pace, gone](WorkerListeners& part) {
      part.Leave(id, pace, [&main, gone] { main.Post(gone); });
    });
    // The last: who has waited for the address comes in here.
    const std::vector<WarmGate::Need> wanted = std::move(left_.extract(id).mapped().wanted);
  });
}

void ListenerSet::StopListening(const ListenerPlace& place, std::function<void()> stopped) {
  left_[place.id] = {.address = place.bound, .may_share = place.may_share, .wanted = {}};
  const auto all_stopped = AfterAll(world_.workers.size(), std::move(stopped));
  ForEachWorker([&main = world_.main.loop, id = place.id, all_stopped](WorkerListeners& part) {
    part.StopAccepting(id);
    main.Post(all_stopped);
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
