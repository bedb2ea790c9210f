// FloodGuard: counts what a peer may send at no cost to itself and at some to us, and says when it
// is too much. Pure: frames in, verdict out; the time is handed in.
//
// One per connection. A verdict other than kNone is final; the caller ends the connection. Formulas
// for PRIORITY and WINDOW_UPDATE are Envoy's, so that its limits mean the same here.
#pragma once

#include <cstdint>

#include "source/base/units.h"
#include "source/http/codec.h"
#include "source/http/codec_limits.h"

namespace sluice {

// A bucket of `burst` tokens that fills at `per_second`. Whole tokens; one refill a millisecond at
// most.
class TokenBucket {
 public:
  explicit TokenBucket(uint32_t burst) : tokens_(burst) {}
  // False: none is left.
  bool Take(uint32_t burst, uint32_t per_second, MonotonicTime now);

 private:
  MonotonicTime filled_{};
  uint32_t tokens_;
  bool started_ = false;
};

class FloodGuard {
 public:
  explicit FloodGuard(const Http2Options& options);

  void OnStreamOpened() { ++streams_opened_; }
  void OnDataSent() { ++data_frames_sent_; }
  // A DATA, HEADERS or CONTINUATION frame: without payload (padding is none) and not an end, or
  // with.
  CodecError OnEmptyFrame();
  void OnFullFrame() { empty_frames_ = 0; }
  void OnHeadersFrame() { continuations_ = 0; }
  CodecError OnContinuation();
  CodecError OnPriority();
  CodecError OnWindowUpdate();
  CodecError OnSettings(MonotonicTime now);
  // A stream that the peer has reset, or has made us reset, before it was answered.
  CodecError OnEarlyReset(MonotonicTime now);
  // What waits to be written, of all kinds and of those that are no answers to requests.
  CodecError CheckOutbound(size_t frames, size_t control_frames) const;

 private:
  const Http2Options& options_;
  uint64_t streams_opened_ = 0;
  uint64_t data_frames_sent_ = 0;
  uint64_t priority_frames_ = 0;
  uint64_t window_updates_ = 0;
  uint32_t empty_frames_ = 0;
  uint32_t continuations_ = 0;
  TokenBucket settings_;
  TokenBucket resets_;
};

}  // namespace sluice
