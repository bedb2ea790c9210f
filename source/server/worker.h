// Worker: one thread's share of the process: its loop, its memory, its clusters, its listeners. The
// main thread has one too, for the admin listener and all that is not traffic.
//
// A struct whose members are used on its thread; made and destroyed by the server while no thread
// runs.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "source/base/random.h"
#include "source/base/slab_pool.h"
#include "source/event/event_loop.h"
#include "source/event/libevent_poller.h"
#include "source/event/worker_context.h"
#include "source/stats/stat_cells.h"

namespace sluice {

struct Worker {
  explicit Worker(uint32_t index) : context{loop, slabs, random, stats, index} {}

  StatCells stats;
  SlabPool slabs;
  FastRandom random;
  LibeventPoller poller;
  EventLoop loop{poller};
  WorkerContext context;
};

}  // namespace sluice
