// HeapTrim: when what a burst of connections has left free in the heap is to be given back to the
// system. Pure; main thread. malloc by itself keeps all that lies below a piece still in use.
#pragma once

#include <algorithm>
#include <cstdint>

#include "source/base/units.h"

namespace sluice {

class HeapTrim {
 public:
  // A burst of some thousand connections; less is not worth the page faults of the next one.
  static constexpr int64_t kFreedBytesMin = 4_MiB;

  // To be asked from time to time, with the bytes in use. True: trim now.
  bool IsDue(int64_t allocated_bytes) {
    most_ = std::max(most_, allocated_bytes);
    if (most_ - allocated_bytes < kFreedBytesMin) return false;
    most_ = allocated_bytes;
    return true;
  }

 private:
  int64_t most_ = 0;  // in use since the last trim
};

}  // namespace sluice
