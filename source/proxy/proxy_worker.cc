#include "source/proxy/proxy_worker.h"

#include "source/proxy/stream.h"

namespace sluice {

void StreamSlot::OnTimer() {
  if (stream != nullptr) stream->OnTimer();
}

ProxyWorker::~ProxyWorker() {
  RunEndOfTurn();
  for (StreamSlot* slot : free_) delete slot;
}

StreamSlot* ProxyWorker::AcquireSlot() {
  if (free_.empty()) return new StreamSlot(worker_.loop);
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
    if (free_.size() < kFreeSlotsMax) {
      free_.push_back(slot);
    } else {
      delete slot;
    }
  }
  retired_.clear();
}

}  // namespace sluice
