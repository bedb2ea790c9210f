// How a ConnectionManager is drained: told to end, then given no more time.
#include <algorithm>

#include "source/proxy/connection_manager.h"
#include "source/proxy/stream.h"

namespace sluice {

// An idle connection of HTTP/1 is given drain_timeout for a request that may be on its way already:
// closing at once would make that request fail. So is any of HTTP/2, by a first GOAWAY that refuses
// nothing.
void ConnectionManager::StartDrain() {
  if (draining_ || closed_) return;
  draining_ = true;
  StartGoAway();
  if (!streams_.empty() || http2_ != nullptr) return;
  const Duration grace = config_->drain_timeout;
  if (grace.count() > 0) {
    idle_deadline_ = std::min(idle_deadline_, worker_.context().loop.now() + grace);
  }
  ArmTimer();
}

void ConnectionManager::StartGoAway() {
  if (codec_ == nullptr) return;
  codec_->StartDrain();
  if (http2_ == nullptr || http2_->final_goaway_at != kNever) return;
  http2_->final_goaway_at = worker_.context().loop.now() + config_->drain_timeout;
  connection_.WantWrite();
  ArmTimer();
}

void ConnectionManager::EndRequests() {
  if (closed_) return;  // what is leaving has a time of its own
  streams_.ForEach([](Stream& stream) {
    if (!stream.is_tunnel()) stream.EndByDrain();
  });
  if (load().tunnels == 0) CloseNow();
}

void ConnectionManager::EndTunnels() {
  if (closed_) return DropLeavingStreams();
  streams_.ForEach([](Stream& stream) {
    if (stream.is_tunnel()) stream.EndByDrain();
  });
}

Downstream::Load ConnectionManager::load() {
  Load load;
  streams_.ForEach(
      [&load](Stream& stream) { ++(stream.is_tunnel() ? load.tunnels : load.requests); });
  return load;
}

}  // namespace sluice
