#include "source/http/keep_alive.h"

namespace sluice {
namespace {

Duration Milliseconds(uint64_t count) { return std::chrono::milliseconds(count); }

}  // namespace

KeepAlive::KeepAlive(const Http2Options& options, Random& random, MonotonicTime now)
    : options_(options), random_(random), heard_(now) {
  ScheduleNext(now);
}

// Jitter keeps connections that were opened together from asking together.
void KeepAlive::ScheduleNext(MonotonicTime now) {
  if (options_.ping_interval_ms == 0) return;
  const uint64_t spread = uint64_t{options_.ping_interval_ms} * options_.ping_jitter_percent / 100;
  ping_at_ = now + Milliseconds(options_.ping_interval_ms + random_.Below(spread + 1));
}

KeepAlive::Step KeepAlive::OnTime(MonotonicTime now, uint32_t unanswered) {
  if (answer_by_ <= now) {
    if (unanswered > 0) return Step::kGiveUp;
    answer_by_ = kNever;
  }
  if (ping_at_ > now) return Step::kNothing;
  ScheduleNext(now);
  if (unanswered > 0) return Step::kNothing;
  answer_by_ = now + Milliseconds(options_.ping_timeout_ms);
  return Step::kPing;
}

void KeepAlive::OnBytes(MonotonicTime now) {
  heard_ = now;
  if (answer_by_ != kNever) answer_by_ = now + Milliseconds(options_.ping_timeout_ms);
}

bool KeepAlive::AsksBeforeStream(MonotonicTime now, uint32_t unanswered) {
  if (options_.ping_idle_interval_ms == 0 || unanswered > 0) return false;
  if (now - heard_ < Milliseconds(options_.ping_idle_interval_ms)) return false;
  answer_by_ = now + Milliseconds(options_.ping_timeout_ms);
  return true;
}

}  // namespace sluice
