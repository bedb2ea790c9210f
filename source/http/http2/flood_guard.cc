#include "source/http/http2/flood_guard.h"

#include <algorithm>

namespace sluice {

bool TokenBucket::Take(uint32_t burst, uint32_t per_second, MonotonicTime now) {
  if (!started_) {
    started_ = true;
    filled_ = now;
  }
  const int64_t elapsed_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(now - filled_).count();
  const uint64_t added = static_cast<uint64_t>(elapsed_ms) * per_second / 1000;
  if (added > 0) {
    tokens_ = static_cast<uint32_t>(std::min<uint64_t>(burst, tokens_ + added));
    filled_ = now;
  }
  if (tokens_ == 0) return false;
  --tokens_;
  return true;
}

FloodGuard::FloodGuard(const Http2Options& options)
    : options_(options),
      settings_(options.settings_frames_per_second_max),
      resets_(options.early_resets_burst) {}

CodecError FloodGuard::OnEmptyFrame() {
  return ++empty_frames_ > options_.consecutive_empty_frames_max ? CodecError::kHttp2EmptyFrames
                                                                 : CodecError::kNone;
}

CodecError FloodGuard::OnContinuation() {
  return ++continuations_ > options_.continuation_frames_per_head_max
             ? CodecError::kHttp2Continuations
             : CodecError::kNone;
}

CodecError FloodGuard::OnPriority() {
  const uint64_t most = uint64_t{options_.priority_frames_per_stream_max} * (1 + streams_opened_);
  return ++priority_frames_ > most ? CodecError::kHttp2PriorityFrames : CodecError::kNone;
}

// A few at the start, and for each stream, and for each frame of ours two: one for the stream and
// one for the connection.
CodecError FloodGuard::OnWindowUpdate() {
  const uint64_t most =
      5 + 2 * (streams_opened_ + options_.window_updates_per_data_frame_max * data_frames_sent_);
  return ++window_updates_ > most ? CodecError::kHttp2WindowUpdates : CodecError::kNone;
}

CodecError FloodGuard::OnSettings(MonotonicTime now) {
  const uint32_t rate = options_.settings_frames_per_second_max;
  return settings_.Take(rate, rate, now) ? CodecError::kNone : CodecError::kHttp2SettingsFrames;
}

CodecError FloodGuard::OnEarlyReset(MonotonicTime now) {
  return resets_.Take(options_.early_resets_burst, options_.early_resets_per_second, now)
             ? CodecError::kNone
             : CodecError::kHttp2EarlyResets;
}

CodecError FloodGuard::CheckOutbound(size_t frames, size_t control_frames) const {
  if (control_frames > options_.outbound_control_frames_max) {
    return CodecError::kHttp2OutboundControlFrames;
  }
  return frames > options_.outbound_frames_max ? CodecError::kHttp2OutboundFrames
                                               : CodecError::kNone;
}

}  // namespace sluice
