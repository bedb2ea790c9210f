// AfterAll: waits for something of each worker. Main thread: what it returns is posted there.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

namespace sluice {

// Calls `done` when called for the last of `parts`.
inline std::function<void()> AfterAll(size_t parts, std::function<void()> done) {
  return [left = std::make_shared<size_t>(parts), done = std::move(done)] {
    if (--*left == 0) done();
  };
}

}  // namespace sluice
