// WarmGate: what a new listener or cluster waits for before it serves: its secrets, its routes. Who
// reads the configuration says what it needs; who made the gate is called once when all has come.
//
// Main thread. A Need may outlive its gate. A gate has no clock: whoever fetches a thing finds it
// to be late, and says then that it has come, unless the gate insists.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "source/base/link.h"

namespace sluice {

class WarmGate : private LinkTarget<WarmGate> {
 public:
  // One thing that is waited for. It has come when Come is called, or when this is destroyed.
  class Need {
   public:
    Need() = default;  // nothing: has come
    Need(Need&&) noexcept = default;
    Need& operator=(Need&& other) noexcept {
      Come();
      gate_ = std::move(other.gate_);
      key_ = other.key_;
      return *this;
    }
    ~Need() { Come(); }

    void Come() {
      WarmGate* const gate = gate_.get();
      gate_.Reset();
      if (gate != nullptr) gate->Erase(key_);
    }
    bool waits() const { return gate_.get() != nullptr; }
    // Whether it is waited for however late it is.
    bool must_come() const { return waits() && gate_.get()->insists(); }

   private:
    friend class WarmGate;
    Need(WarmGate& gate, uint64_t key) : key_(key) { gate_.Bind(gate, gate); }
    Link<WarmGate> gate_;
    uint64_t key_ = 0;
  };

  WarmGate() = default;

  // `what`, for those who ask why nothing serves: "secret server_cert", "route configuration main".
  [[nodiscard]] Need Wait(std::string what) {
    missing_[++last_key_] = std::move(what);
    return Need(*this, last_key_);
  }

  // Of a version that would take the place of one that serves: it has to have all that it needs.
  // Before anything is waited for.
  void Insist() { insists_ = true; }
  bool insists() const { return insists_; }

  bool open() const { return missing_.empty(); }
  std::vector<std::string> missing() const {
    std::vector<std::string> names;
    for (const auto& [key, what] : missing_) names.push_back(what);
    return names;
  }

  // Calls once, when nothing is missing: now, or when the last thing comes. Of two calls the later
  // one counts. `call` may destroy the gate.
  void WhenOpen(std::function<void()> call) {
    if (open()) return call();
    when_open_ = std::move(call);
  }

 private:
  void Erase(uint64_t key) {
    missing_.erase(key);
    if (missing_.empty() && when_open_ != nullptr) std::exchange(when_open_, nullptr)();
  }

  absl::btree_map<uint64_t, std::string> missing_;
  uint64_t last_key_ = 0;
  std::function<void()> when_open_;
  bool insists_ = false;
};

}  // namespace sluice
