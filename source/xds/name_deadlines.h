// NameDeadlines: names that something is to happen to at a time, unless it is heard of before. One
// timer for any number of them.
//
// The thread of its loop.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "source/event/event_loop.h"
#include "source/event/timer.h"

namespace sluice {

class NameDeadlines {
 public:
  // `on_due` may set and clear, and may not destroy this.
  NameDeadlines(EventLoop& loop, std::function<void(const std::string& name)> on_due)
      : loop_(loop), on_due_(std::move(on_due)) {}

  // In place of an earlier one of that name.
  void Set(const std::string& name, Duration after) {
    Clear(name);
    const MonotonicTime time = loop_.now() + after;
    times_[name] = time;
    queue_.emplace(time, name);
    Arm();
  }
  void Clear(const std::string& name) {
    const auto at = times_.find(name);
    if (at == times_.end()) return;
    queue_.erase({at->second, name});
    times_.erase(at);
    Arm();
  }

 private:
  void Arm() {
    if (queue_.empty()) return timer_.Disarm();
    timer_.Arm(queue_.begin()->first - loop_.now());
  }
  void OnTimer() {
    while (!queue_.empty() && queue_.begin()->first <= loop_.now()) {
      const std::string name = queue_.begin()->second;
      queue_.erase(queue_.begin());
      times_.erase(name);
      on_due_(name);
    }
    Arm();
  }

  EventLoop& loop_;
  const std::function<void(const std::string&)> on_due_;
  absl::flat_hash_map<std::string, MonotonicTime> times_;
  absl::btree_set<std::pair<MonotonicTime, std::string>> queue_;
  Timer timer_{loop_, this, kMethod<&NameDeadlines::OnTimer>};
};

}  // namespace sluice
