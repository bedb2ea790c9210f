#include "source/event/timer_queue.h"

namespace sluice {

void TimerQueue::ScheduleSlow(TimerEntry& entry, MonotonicTime deadline) {
  if (!entry.armed_) ++armed_count_;
  entry.armed_ = true;
  entry.deadline_ = deadline;
  if (entry.position_ == TimerEntry::kNone || (entry.position_ & TimerEntry::kDue) != 0) {
    // An entry that is due in the current run and not yet called leaves that run.
    if (entry.position_ != TimerEntry::kNone) due_[entry.position_ & ~TimerEntry::kDue] = nullptr;
    heap_.push_back({deadline, &entry});
    SiftUp(heap_.size() - 1, {deadline, &entry});
  } else if (deadline < heap_[entry.position_].key) {
    SiftUp(entry.position_, {deadline, &entry});
  }
}

void TimerQueue::Cancel(TimerEntry& entry) {
  if (!entry.armed_) return;
  entry.armed_ = false;
  --armed_count_;
}

void TimerQueue::Remove(TimerEntry& entry) {
  Cancel(entry);
  if (entry.position_ == TimerEntry::kNone) return;
  if ((entry.position_ & TimerEntry::kDue) != 0) {
    due_[entry.position_ & ~TimerEntry::kDue] = nullptr;
  } else {
    RemoveAt(entry.position_);
  }
  entry.position_ = TimerEntry::kNone;
}

std::optional<MonotonicTime> TimerQueue::NextWake() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front().key;
}

size_t TimerQueue::RunDue(MonotonicTime now) {
  if (heap_.empty() || heap_.front().key > now) return 0;
  TakeDue(now);
  size_t called = 0;
  // By index: what is called may cancel, remove and schedule anything, itself included.
  for (size_t i = 0; i < due_.size(); ++i) {
    TimerEntry* entry = due_[i];
    if (entry == nullptr) continue;
    due_[i] = nullptr;
    entry->position_ = TimerEntry::kNone;
    if (!entry->armed_) continue;
    entry->armed_ = false;
    --armed_count_;
    ++called;
    entry->call_(entry->owner_);
  }
  due_.clear();
  return called;
}

// Moves what is due from the heap to due_, in order of deadline. Postponed entries go back to where
// their deadline belongs, and may be due all the same.
void TimerQueue::TakeDue(MonotonicTime now) {
  while (!heap_.empty() && heap_.front().key <= now) {
    TimerEntry& entry = *heap_.front().entry;
    if (entry.armed_ && entry.deadline_ > heap_.front().key) {
      SiftDown(0, {entry.deadline_, &entry});
      continue;
    }
    RemoveAt(0);
    entry.position_ = TimerEntry::kNone;
    if (!entry.armed_) continue;
    entry.position_ = TimerEntry::kDue | static_cast<uint32_t>(due_.size());
    due_.push_back(&entry);
  }
}

void TimerQueue::SiftUp(size_t at, Slot slot) {
  while (at > 0) {
    const size_t parent = (at - 1) / 2;
    if (heap_[parent].key <= slot.key) break;
    Place(at, heap_[parent]);
    at = parent;
  }
  Place(at, slot);
}

void TimerQueue::SiftDown(size_t at, Slot slot) {
  for (;;) {
    size_t child = 2 * at + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1].key < heap_[child].key) ++child;
    if (slot.key <= heap_[child].key) break;
    Place(at, heap_[child]);
    at = child;
  }
  Place(at, slot);
}

void TimerQueue::Place(size_t at, Slot slot) {
  heap_[at] = slot;
  slot.entry->position_ = static_cast<uint32_t>(at);
}

void TimerQueue::RemoveAt(size_t at) {
  const Slot last = heap_.back();
  heap_.pop_back();
  if (at == heap_.size()) return;
  if (at > 0 && last.key < heap_[(at - 1) / 2].key) {
    SiftUp(at, last);
  } else {
    SiftDown(at, last);
  }
}

}  // namespace sluice
