// ProxyWorker: what the HTTP proxy needs of its worker: the streams to recycle, the clusters, and
// scratch space. One per worker, owned by it, used on its thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "source/base/arena.h"
#include "source/event/timer.h"
#include "source/event/worker_context.h"
#include "source/http/date.h"
#include "source/proxy/tunnel_board.h"
#include "source/upstream/cluster_map.h"

namespace sluice {

class Stream;

// What of a stream outlives it, to be used again by the next: its memory, and its timer, whose
// place in the timer queue is then a field to write instead of a heap to sift.
class StreamSlot {
 public:
  // Where the stream is made: of its size, and in one piece with the slot.
  void* place();

  // A stream that is being recycled keeps its chunks; a tunnel, which may live for days, what it
  // uses. All that a plain tunnel needs goes into one.
  static constexpr size_t kChunkBytes = 936;
  static constexpr size_t kHeadsChunkBytes = 2_KiB;
  static constexpr uint16_t kKeptChunks = 4;
  Arena arena{kChunkBytes, kKeptChunks};       // what lives as long as the stream
  Arena heads{kHeadsChunkBytes, kKeptChunks};  // its heads, which a tunnel can do without
  Timer timer;
  Stream* stream = nullptr;

 protected:
  explicit StreamSlot(EventLoop& loop) : timer(loop, this, kMethod<&StreamSlot::OnTimer>) {}
  ~StreamSlot() = default;

 private:
  void OnTimer();
};

class ProxyWorker final : private EndOfTurnTask {
 public:
  ProxyWorker(WorkerContext& worker, WorkerClusters& clusters)
      : worker_(worker), clusters_(clusters) {}
  ~ProxyWorker();
  ProxyWorker(const ProxyWorker&) = delete;
  ProxyWorker& operator=(const ProxyWorker&) = delete;

  WorkerContext& context() { return worker_; }
  WorkerClusters& clusters() { return clusters_; }
  // For text that is made and used within one call.
  std::string& scratch() { return scratch_; }
  // "Sat, 21 Nov 2026 04:00:00 GMT"; formatted once a second.
  absl::string_view date_text() { return date_.At(worker_.loop.wall_now()); }

  StreamSlot* AcquireSlot();
  // Destroys the slot's stream at the end of the turn, when no caller's frame is inside it, and
  // keeps the slot for the next or frees it.
  void Retire(StreamSlot* slot);
  TunnelBoard& tunnels() { return tunnels_; }
  uint64_t NextId() { return (uint64_t{worker_.index} << 48) | ++last_id_; }

 private:
  void RunEndOfTurn() override;
  static constexpr size_t kFreeSlotsMax = 256;
  WorkerContext& worker_;
  WorkerClusters& clusters_;
  // Slots in use belong to their streams' connection managers, which give every one back by Retire.
  std::vector<StreamSlot*> free_;
  std::vector<StreamSlot*> retired_;
  std::string scratch_;
  DateText date_;
  TunnelBoard tunnels_;
  uint64_t last_id_ = 0;
};

}  // namespace sluice
