// TimerQueue: the deadlines of one loop. Pure: it is told the time, it does not read it.
//
// A binary heap with lazy postponement: Schedule with a later deadline than the one queued only
// writes the entry; with an earlier one it sifts. Cancel only writes the entry, too, so that a
// timer which is armed and disarmed with every request costs no heap work. One thread; entries
// belong to their owners, which Remove them before they die.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "source/base/units.h"

namespace sluice {

class TimerEntry {
 public:
  bool armed() const { return armed_; }
  MonotonicTime deadline() const { return deadline_; }  // of an armed one

 protected:
  TimerEntry(void (*call)(void*), void* owner) : call_(call), owner_(owner) {}
  ~TimerEntry() = default;

 private:
  friend class TimerQueue;
  void (*call_)(void*);
  void* owner_;
  MonotonicTime deadline_{};   // never before the key in the heap while armed
  uint32_t position_ = kNone;  // in the heap, or with kDue in the list of the current run
  bool armed_ = false;
  static constexpr uint32_t kNone = ~0u;
  static constexpr uint32_t kDue = 1u << 31;
};

class TimerQueue {
 public:
  void Schedule(TimerEntry& entry, MonotonicTime deadline) {
    if (entry.armed_ && entry.position_ < TimerEntry::kDue &&
        deadline >= heap_[entry.position_].key) {
      entry.deadline_ = deadline;  // postponed
    } else {
      ScheduleSlow(entry, deadline);
    }
  }
  void Cancel(TimerEntry& entry);
  void Remove(TimerEntry& entry);  // cancels and forgets it
  // No armed entry is due before this; none: no entry at all. May be earlier than the true next
  // deadline (a postponed or cancelled entry): waking then is harmless.
  std::optional<MonotonicTime> NextWake() const;
  // Calls, in order of deadline, every entry due at `now`, each at most once per run; entries armed
  // by these calls wait for the next run. Returns how many were called.
  size_t RunDue(MonotonicTime now);
  size_t armed_count() const { return armed_count_; }

 private:
  struct Slot {
    MonotonicTime key;
    TimerEntry* entry;
  };
  void ScheduleSlow(TimerEntry& entry, MonotonicTime deadline);
  void SiftUp(size_t at, Slot slot);
  void SiftDown(size_t at, Slot slot);
  void Place(size_t at, Slot slot);
  void RemoveAt(size_t at);
  void TakeDue(MonotonicTime now);
  std::vector<Slot> heap_;
  std::vector<TimerEntry*> due_;  // of the current run; null where an entry has left it
  size_t armed_count_ = 0;
};

}  // namespace sluice
