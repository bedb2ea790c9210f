// WorkerContext: what the low layers need of the worker they run on. A plain struct, passed by
// reference and owned by the worker; everything in it is used on the worker's thread only.
#pragma once

#include <cstdint>

#include "source/base/random.h"
#include "source/base/slab_pool.h"
#include "source/event/event_loop.h"
#include "source/stats/stat_cells.h"

namespace sluice {

struct WorkerContext {
  EventLoop& loop;
  SlabPool& slabs;
  Random& random;
  StatCells& stats;
  uint32_t index;  // 0 .. workers-1; the main thread's is the number of workers
};

}  // namespace sluice
