// AskedHosts: virtual hosts that requests wait for: what is asked of the control plane for them,
// when an answer has come, and how long it is good for.
//
// Main thread. Whoever sends requests chooses the names, so there is a bound on how many are asked
// for at a time, and none that came to nothing is asked for again within some seconds. What has
// come stays subscribed to, under the name that it was asked by, until it is gone.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/strings/string_view.h"
#include "source/base/units.h"
#include "source/event/event_loop.h"
#include "source/xds/name_deadlines.h"
#include "source/xds/resource.h"

namespace sluice {

class AskedHosts {
 public:
  static constexpr size_t kUnknownMax = 1000;
  static constexpr Duration kAbsentFor = std::chrono::seconds(5);

  struct Calls {
    std::function<void(const std::string&name)> subscribe, unsubscribe;
    // Who waits for it waits no longer. Not from within a call of this.
    std::function<void(const std::string& name)> answer;
  };
  AskedHosts(EventLoop& loop, Calls calls) : loop_(loop), calls_(std::move(calls)) {}

  // "table/host". It is answered within `timeout`, at once where there is nothing to wait for.
  void Ask(const std::string& name, Duration timeout);
  // It has come, refused or not, in answer to its name and all its aliases.
  void OnResource(const Resource& resource);
  // Tables are others than before: what `is_there` is not waited for, whatever it is called.
  void OnTables(const std::function<bool(const std::string& name)>& is_there);
  // The control plane has none of that name, or no longer.
  void OnGone(const std::string& name);
  // There is no such table any more.
  void DropTable(const std::string& table);
  // Nobody waits, and nobody is subscribed to.
  void Reset();

 private:
  void Settle(const std::string& name, const std::string* resource);
  void Lose(const std::string& asked);

  EventLoop& loop_;
  const Calls calls_;
  absl::btree_set<std::string> pending_;             // asked for, and not answered
  absl::btree_set<std::string> absent_;              // and answered with nothing, of late
  absl::btree_map<std::string, std::string> found_;  // to what has come for it
  absl::btree_set<std::pair<std::string, std::string>> found_by_resource_;
  NameDeadlines late_{loop_, [this](const std::string& name) { Settle(name, nullptr); }};
  NameDeadlines forget_{loop_, [this](const std::string& name) {
                          absent_.erase(name);
                          calls_.unsubscribe(name);
                        }};
};

}  // namespace sluice
