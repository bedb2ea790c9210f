// AfterAll: waits for something of each worker. Main thread: what it returns is posted there.
// Copies of that may end on workers; `done`, and what it holds, does not.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

namespace sluice {

// Calls `done` when called for the last of `parts`.
inline std::function<void()> AfterAll(size_t parts, std::function<void()> done) {
  struct Waiting {
    size_t left;
    std::function<void()> done;
  };
  return [waiting = std::make_shared<Waiting>(parts, std::move(done))] {
    if (--waiting->left == 0) std::exchange(waiting->done, nullptr)();
  };
}

}  // namespace sluice
