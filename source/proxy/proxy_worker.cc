#include "source/proxy/proxy_worker.h"

#include <cstddef>

#include "source/proxy/stream.h"

namespace sluice {

namespace {

struct SlotWithPlace final : StreamSlot {
  explicit SlotWithPlace(EventLoop& loop) : StreamSlot(loop) {}
  alignas(Stream) std::byte memory[sizeof(Stream)];
};

void Delete(StreamSlot* slot) { delete static_cast<SlotWithPlace*>(slot); }

}  // namespace

void* StreamSlot::place() { return static_cast<SlotWithPlace*>(this)->memory; }

void StreamSlot::OnTimer() {
  if (stream != nullptr) stream->OnTimer();
}

ProxyWorker::~ProxyWorker() {
  RunEndOfTurn();
  for (StreamSlot* slot : free_) Delete(slot);
}

StreamSlot* ProxyWorker::AcquireSlot() {
  if (free_.empty()) return new SlotWithPlace(worker_.loop);
  StreamSlot* slot = free_.back();
  free_.pop_back();
  return slot;
}

void ProxyWorker::Retire(StreamSlot* slot) {
  slot->timer.Disarm();
  retired_.push_back(slot);
  worker_.loop.AtEndOfTurn(*this);
}

void ProxyWorker::RunEndOfTurn() {
  for (StreamSlot* slot : retired_) {
    slot->stream->~Stream();
    slot->stream = nullptr;
    slot->arena.Reset();
    slot->heads.Reset();
    if (free_.size() < kFreeSlotsMax) {
      free_.push_back(slot);
    } else {
      Delete(slot);
    }
  }
  retired_.clear();
}

}  // namespace sluice
