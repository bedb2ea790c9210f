// SecretUpdates: secrets by discovery (SDS), all that come from one source. Main thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "source/base/link.h"
#include "source/control/update_steps.h"
#include "source/event/event_loop.h"
#include "source/tls/secret_store.h"
#include "source/xds/resource_source.h"

namespace sluice {

class SecretUpdates final : public ResourceUser,
                            public LinkTarget<SecretUpdates>,
                            private EndOfTurnTask {
 public:
  // `on_unwanted`: nobody wants a secret of some name any longer.
  SecretUpdates(EventLoop& loop, SecretStore& store, std::function<void()> on_unwanted)
      : loop_(loop), store_(store), on_unwanted_(std::move(on_unwanted)) {}
  // Where they come by; outlives this.
  void SetSource(ResourceSource& source) { source_ = &source; }

  // Asks for a secret as long as the fetch lives, which may outlive this.
  std::unique_ptr<SecretFetch> Fetch(const SecretKey& key);

  std::vector<ResourceError> OnResources(const std::vector<Resource>& resources,
                                         const std::vector<std::string>& gone) override;
  // The store has its own patience, user by user.
  void OnFetchTimeout(const std::string&) override {}
  void OnMissing(const std::string& name) override;
  const ResourceRecords& records() const { return records_; }
  std::vector<AwaitedName> Awaited() const;
  bool in_use() const { return !keys_.empty(); }

 private:
  class OneFetch;
  void Unwant(const SecretKey& key);
  void RunEndOfTurn() override;
  EventLoop& loop_;
  SecretStore& store_;
  const std::function<void()> on_unwanted_;
  ResourceSource* source_ = nullptr;
  // By name: several, when configuration says in different words that they come from here.
  absl::btree_map<std::string, absl::btree_set<SecretKey>> keys_;
  std::vector<SecretKey> again_;  // asked for by one more, and known
  ResourceRecords records_;
  absl::btree_set<std::string> missing_;  // of keys_, those that the server says it has not
};

}  // namespace sluice
