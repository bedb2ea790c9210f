#include "source/event/timer_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "source/base/random.h"

namespace sluice {
namespace {

MonotonicTime At(int64_t ns) { return MonotonicTime(Duration(ns)); }

// A bare entry: calls a function and removes itself from its queue when it dies.
class Entry final : public TimerEntry {
 public:
  Entry(TimerQueue& queue, std::function<void()> on_due)
      : TimerEntry(&Entry::Call, this), queue_(queue), on_due_(std::move(on_due)) {}
  ~Entry() { queue_.Remove(*this); }

 private:
  static void Call(void* entry) { static_cast<Entry*>(entry)->on_due_(); }
  TimerQueue& queue_;
  std::function<void()> on_due_;
};

class TimerQueueTest : public ::testing::Test {
 protected:
  std::unique_ptr<Entry> Named(const std::string& name) {
    return std::make_unique<Entry>(queue_, [this, name] { log_ += name; });
  }
  TimerQueue queue_;
  std::string log_;
};

TEST_F(TimerQueueTest, CallsInOrderOfDeadline) {
  auto a = Named("a"), b = Named("b"), c = Named("c");
  queue_.Schedule(*c, At(30));
  queue_.Schedule(*a, At(10));
  queue_.Schedule(*b, At(20));
  EXPECT_EQ(queue_.NextWake(), At(10));
  EXPECT_EQ(queue_.RunDue(At(9)), 0);
  EXPECT_EQ(queue_.RunDue(At(20)), 2);
  EXPECT_EQ(log_, "ab");
  EXPECT_EQ(queue_.armed_count(), 1);
  EXPECT_EQ(queue_.RunDue(At(1000)), 1);
  EXPECT_EQ(log_, "abc");
  EXPECT_EQ(queue_.NextWake(), std::nullopt);
}

TEST_F(TimerQueueTest, PostponingKeepsTheOldWakeAndFiresAtTheNewDeadline) {
  auto a = Named("a"), b = Named("b");
  queue_.Schedule(*a, At(10));
  queue_.Schedule(*b, At(25));
  queue_.Schedule(*a, At(20));
  EXPECT_EQ(a->deadline(), At(20));
  EXPECT_EQ(queue_.NextWake(), At(10));
  EXPECT_EQ(queue_.RunDue(At(10)), 0);
  EXPECT_EQ(queue_.NextWake(), At(20));
  EXPECT_EQ(queue_.RunDue(At(20)), 1);
  EXPECT_EQ(log_, "a");
}

TEST_F(TimerQueueTest, APostponedEntryKeepsItsPlaceInTheOrder) {
  auto a = Named("a"), b = Named("b");
  queue_.Schedule(*a, At(10));
  queue_.Schedule(*b, At(20));
  queue_.Schedule(*a, At(30));
  queue_.RunDue(At(100));
  EXPECT_EQ(log_, "ba");
}

TEST_F(TimerQueueTest, AnEarlierDeadlineMovesForward) {
  auto a = Named("a"), b = Named("b");
  queue_.Schedule(*a, At(100));
  queue_.Schedule(*b, At(50));
  queue_.Schedule(*a, At(10));
  EXPECT_EQ(queue_.NextWake(), At(10));
  queue_.RunDue(At(10));
  EXPECT_EQ(log_, "a");
  EXPECT_EQ(queue_.armed_count(), 1);
}

TEST_F(TimerQueueTest, CancelledIsNotCalledAndMayBeArmedAgain) {
  auto a = Named("a");
  queue_.Schedule(*a, At(10));
  queue_.Cancel(*a);
  EXPECT_FALSE(a->armed());
  EXPECT_EQ(queue_.armed_count(), 0);
  EXPECT_EQ(queue_.RunDue(At(10)), 0);
  EXPECT_EQ(queue_.NextWake(), std::nullopt);
  // Armed again, later and earlier than the key it still has in the heap.
  queue_.Schedule(*a, At(20));
  queue_.Cancel(*a);
  queue_.Schedule(*a, At(30));
  EXPECT_EQ(queue_.RunDue(At(29)), 0);
  queue_.Cancel(*a);
  queue_.Schedule(*a, At(15));
  EXPECT_EQ(queue_.NextWake(), At(15));
  EXPECT_EQ(queue_.RunDue(At(29)), 1);
  EXPECT_EQ(log_, "a");
}

TEST_F(TimerQueueTest, WhatIsArmedByACallWaitsForTheNextRun) {
  int calls = 0;
  std::unique_ptr<Entry> self;
  self = std::make_unique<Entry>(queue_, [&] {
    ++calls;
    queue_.Schedule(*self, At(10));
  });
  queue_.Schedule(*self, At(10));
  EXPECT_EQ(queue_.RunDue(At(10)), 1);
  EXPECT_EQ(queue_.NextWake(), At(10));
  EXPECT_EQ(queue_.RunDue(At(10)), 1);
  EXPECT_EQ(calls, 2);
}

TEST_F(TimerQueueTest, ACallMayCancelMoveAndDestroyOthersThatAreDue) {
  auto moved = Named("m"), cancelled = Named("c"), destroyed = Named("d"), last = Named("l");
  Entry first(queue_, [&] {
    queue_.Schedule(*moved, At(50));
    queue_.Cancel(*cancelled);
    destroyed.reset();
  });
  queue_.Schedule(first, At(1));
  for (Entry* entry : {moved.get(), cancelled.get(), destroyed.get(), last.get()}) {
    queue_.Schedule(*entry, At(2));
  }
  EXPECT_EQ(queue_.RunDue(At(10)), 2);
  EXPECT_EQ(log_, "l");
  EXPECT_EQ(queue_.armed_count(), 1);
  EXPECT_EQ(queue_.RunDue(At(50)), 1);
  EXPECT_EQ(log_, "lm");
}

TEST_F(TimerQueueTest, ACallMayCancelAndArmAgainWhatIsDue) {
  auto other = Named("o");
  Entry first(queue_, [&] {
    queue_.Cancel(*other);
    queue_.Schedule(*other, At(5));
  });
  queue_.Schedule(first, At(1));
  queue_.Schedule(*other, At(2));
  EXPECT_EQ(queue_.RunDue(At(10)), 1);
  EXPECT_EQ(queue_.RunDue(At(10)), 1);
  EXPECT_EQ(log_, "o");
}

TEST_F(TimerQueueTest, AnEntryMayDestroyItself) {
  std::unique_ptr<Entry> self = std::make_unique<Entry>(queue_, [&] { self.reset(); });
  queue_.Schedule(*self, At(1));
  EXPECT_EQ(queue_.RunDue(At(1)), 1);
  EXPECT_EQ(self, nullptr);
  EXPECT_EQ(queue_.armed_count(), 0);
}

// A plain model beside the queue, for a long random life.
TEST_F(TimerQueueTest, AgreesWithAModelOverRandomOperations) {
  FastRandom random(7);
  constexpr int kEntries = 40;
  std::vector<std::unique_ptr<Entry>> entries;
  std::vector<int64_t> model(kEntries, -1);  // deadline, -1: not armed
  std::vector<int> called;
  for (int i = 0; i < kEntries; ++i) {
    entries.push_back(std::make_unique<Entry>(queue_, [&called, i] { called.push_back(i); }));
  }
  int64_t now = 0;
  for (int step = 0; step < 20000; ++step) {
    const int i = static_cast<int>(random.Below(kEntries));
    const uint64_t what = random.Below(10);
    if (what < 6) {
      model[i] = now + 1 + static_cast<int64_t>(random.Below(100));
      queue_.Schedule(*entries[i], At(model[i]));
    } else if (what < 8) {
      model[i] = -1;
      queue_.Cancel(*entries[i]);
    } else if (what < 9) {
      model[i] = -1;
      entries[i] = std::make_unique<Entry>(queue_, [&called, i] { called.push_back(i); });
    } else {
      now += static_cast<int64_t>(random.Below(30));
      called.clear();
      queue_.RunDue(At(now));
      for (size_t at = 1; at < called.size(); ++at) {
        ASSERT_LE(model[called[at - 1]], model[called[at]]);
      }
      std::sort(called.begin(), called.end());
      std::vector<int> expected;
      for (int n = 0; n < kEntries; ++n) {
        if (model[n] < 0 || model[n] > now) continue;
        expected.push_back(n);
        model[n] = -1;
      }
      ASSERT_EQ(called, expected);
    }
    ASSERT_EQ(queue_.armed_count(),
              std::count_if(model.begin(), model.end(), [](int64_t d) { return d >= 0; }));
  }
}

}  // namespace
}  // namespace sluice
