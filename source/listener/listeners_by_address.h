// ListenersByAddress: which of one worker's listeners a connection belongs to that was meant for an
// address and redirected to another listener (use_original_dst). On its worker only.
#pragma once

#include "absl/container/flat_hash_map.h"
#include "source/net/address.h"

namespace sluice {

class WorkerListener;

class ListenersByAddress {
 public:
  // The first of an address counts. Listeners outlive their entries' use.
  void Add(const Address& address, WorkerListener& listener) {
    by_address_.try_emplace(address, &listener);
  }
  void Remove(const Address& address, const WorkerListener& listener) {
    const auto at = by_address_.find(address);
    if (at != by_address_.end() && at->second == &listener) by_address_.erase(at);
  }
  // By the address itself, else by any address of its family (0.0.0.0, ::) with its port; null:
  // none.
  WorkerListener* Find(const Address& original) const;

 private:
  absl::flat_hash_map<Address, WorkerListener*> by_address_;
};

}  // namespace sluice
