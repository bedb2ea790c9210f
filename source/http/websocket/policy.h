// WebSocketPolicy: what a tunnel of WebSocket is held to, as a const value of its route or of its
// upgrade filter. Any thread.
#pragma once

namespace sluice {

struct WebSocketPolicy {
  bool follow_frames = true;  // statistics, and all that needs to know where a frame ends
  bool request_timeout_is_idle_timeout = false;
};

}  // namespace sluice
