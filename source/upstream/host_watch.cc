#include "source/upstream/host_watch.h"

#include <algorithm>

namespace sluice {
namespace {

HostState StateOf(HostFlags flags) {
  return HealthOf(flags) == HostHealth::kUnhealthy ? HostState::kUnhealthy : HostState::kUsable;
}

}  // namespace

void HostWatches::Add(HostWatch& watch, absl::string_view cluster, const Address& address,
                      const HostSet* hosts) {
  std::unique_ptr<Watched>& place = by_cluster_[cluster][address];
  if (place == nullptr) {
    place = std::make_unique<Watched>();
    if (hosts != nullptr) {
      for (size_t i = 0; i < hosts->hosts.size(); ++i) {
        if (hosts->hosts[i]->address() == address)
          place->state = std::min(place->state, StateOf(hosts->flags[i]));
      }
    }
  }
  watch.state_ = place->state;
  place->watches.PushBack(watch);
}

void HostWatches::OnHosts(absl::string_view cluster, const HostSet& hosts) {
  const auto found = by_cluster_.find(cluster);
  if (found == by_cluster_.end()) return;
  ByAddress& by_address = found->second;
  absl::erase_if(by_address, [](const auto& place) { return place.second->watches.empty(); });
  if (by_address.empty()) return by_cluster_.erase(found);
  for (size_t i = 0; i < hosts.hosts.size(); ++i) {
    const auto at = by_address.find(hosts.hosts[i]->address());
    // Of an address that is listed twice the better one counts.
    if (at != by_address.end())
      at->second->next = std::min(at->second->next, StateOf(hosts.flags[i]));
  }
  for (auto& [address, watched] : by_address) Tell(*watched);
}

void HostWatches::Tell(Watched& watched) {
  const bool same = watched.next == watched.state;
  watched.state = watched.next;
  watched.next = HostState::kRemoved;
  if (same) return;
  watched.watches.ForEach([&watched](HostWatch& watch) {
    watch.state_ = watched.state;
    watch.call_(watch.owner_);
  });
}

}  // namespace sluice
