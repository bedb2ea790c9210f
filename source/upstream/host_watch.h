// HostWatch: for who goes on using a host long after it was picked, and wants to hear when it
// should not be used any more: a tunnel. HostWatches: all of one worker's.
//
// On its worker. A host is known by its cluster's name and its address, so that a cluster that is
// replaced by one with the same host changes nothing. A new set of hosts costs a look-up for each
// of them, and a call for each watch of a host whose state is another than before; nothing where
// nobody watches.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "source/base/intrusive_list.h"
#include "source/net/address.h"
#include "source/upstream/host_set.h"

namespace sluice {

enum class HostState : uint8_t { kUsable, kUnhealthy, kRemoved };

class HostWatch final : public ListNode<> {
 public:
  // `call` is called when the state has changed; it may destroy the watch, and no other.
  template <class T>
  HostWatch(T* owner, void (*call)(void*)) : owner_(owner), call_(call) {}
  HostState state() const { return state_; }

 private:
  friend class HostWatches;
  void* const owner_;
  void (*const call_)(void*);
  HostState state_ = HostState::kUsable;
};

class HostWatches {
 public:
  // Until the watch dies. `hosts`: what the cluster has now; null: there is no such cluster.
  void Add(HostWatch& watch, absl::string_view cluster, const Address& address,
           const HostSet* hosts);
  void OnHosts(absl::string_view cluster, const HostSet& hosts);

 private:
  struct Watched {
    HostState state = HostState::kRemoved;
    HostState next = HostState::kRemoved;
    IntrusiveList<HostWatch> watches;
  };
  using ByAddress = absl::flat_hash_map<Address, std::unique_ptr<Watched>>;
  static void Tell(Watched& watched);
  absl::flat_hash_map<std::string, ByAddress> by_cluster_;
};

}  // namespace sluice
