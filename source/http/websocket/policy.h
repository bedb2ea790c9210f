// WebSocketPolicy: what a tunnel of WebSocket is held to, as a const value of its route or of its
// upgrade filter. Any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "source/base/units.h"

namespace sluice {

struct WebSocketPolicy {
  bool follow_frames = true;  // statistics, and all that needs to know where a frame ends
  bool request_timeout_is_idle_timeout = false;
  bool enforce = false;            // the protocol: what breaks it does not pass
  uint64_t message_bytes_max = 0;  // 0: any
  Duration ping_interval{0};       // 0: the proxy sends none
  Duration ping_timeout{0};
  Duration age_max{0};  // 0: none
  uint32_t age_jitter_percent = 0;
  uint32_t messages_per_second = 0;  // from the client; 0: any number
  uint32_t message_burst = 0;
  std::optional<Duration> host_gone_grace;  // none: a tunnel does not care about its host

  // Whether there is more to do than to look on.
  bool acts() const {
    return enforce || message_bytes_max > 0 || ping_interval.count() > 0 || age_max.count() > 0 ||
           messages_per_second > 0 || host_gone_grace.has_value();
  }
};

}  // namespace sluice
