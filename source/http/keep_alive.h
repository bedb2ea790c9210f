// KeepAlive: when to ask an HTTP/2 peer whether it is still there, and when to take its silence for
// an answer (connection_keepalive). Pure: its owner has the timer and sends the PINGs.
//
// Any bytes of the peer extend the wait for its answer, which may stand behind much else.
#pragma once

#include <cstdint>

#include "source/base/random.h"
#include "source/base/units.h"
#include "source/http/codec_limits.h"

namespace sluice {

class KeepAlive {
 public:
  static constexpr MonotonicTime kNever = MonotonicTime::max();

  // `options` and `random` outlive it.
  KeepAlive(const Http2Options& options, Random& random, MonotonicTime now);

  enum class Step : uint8_t { kNothing, kPing, kGiveUp };
  // What is due; `unanswered` is the codec's count of PINGs. To be called when next() has come.
  Step OnTime(MonotonicTime now, uint32_t unanswered);
  void OnBytes(MonotonicTime now);
  // A stream of ours is about to start: whether the connection has been silent for so long that it
  // is to be asked first (connection_idle_interval). Yes counts as sent.
  bool AsksBeforeStream(MonotonicTime now, uint32_t unanswered);
  MonotonicTime next() const { return ping_at_ < answer_by_ ? ping_at_ : answer_by_; }

 private:
  void ScheduleNext(MonotonicTime now);

  const Http2Options& options_;
  Random& random_;
  MonotonicTime ping_at_ = kNever;
  MonotonicTime answer_by_ = kNever;  // one is on its way
  MonotonicTime heard_;
};

}  // namespace sluice
