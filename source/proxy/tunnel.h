// Tunnel: what a stream that has left HTTP is known by: its type, the frames of a WebSocket in both
// directions, and which end has ended it. Looks at what passes, and changes nothing.
//
// In its stream's arena, from the answer to the upgrade until the stream's end; on its worker. Of a
// WebSocket it follows the heads of frames, never payloads, unless the route says not to.
#pragma once

#include <optional>

#include "source/base/buffer.h"
#include "source/base/intrusive_list.h"
#include "source/http/stream_info.h"
#include "source/http/websocket/frame_meter.h"
#include "source/http/websocket/policy.h"
#include "source/proxy/proxy_worker.h"
#include "source/stats/counter.h"
#include "source/stats/registry.h"

namespace sluice {

// Handles of "http.<stat_prefix>.websocket.*"; rx is from the client, tx to it.
struct WebSocketStats {
  WebSocketStats() = default;
  WebSocketStats(StatsRegistry& registry, absl::string_view stat_prefix);
  struct Side {
    Counter text_messages, binary_messages, pings, pongs, violations;
  };
  Side rx, tx;
  // By the first close frame's code.
  Counter closed_normal, closed_going_away, closed_no_code, closed_abnormal, closed_other;
  Counter ended_by_client, ended_by_upstream, ended_by_proxy;
};

class Tunnel final : public ListNode<> {
 public:
  using From = FrameMeter::From;
  // All but the policy outlives the tunnel. `type` as the client has written it.
  Tunnel(ProxyWorker& worker, const WebSocketStats& stats, StreamInfo& info, absl::string_view type,
         const WebSocketPolicy& policy);
  ~Tunnel();

  void OnBytes(From from, const Buffer& bytes);
  // That side has ended its direction, or is gone.
  void OnEnd(From from) {
    End(from == From::kClient ? TunnelEnder::kClient : TunnelEnder::kUpstream);
  }
  // The proxy ends it: a timeout, a limit, an order.
  void OnEndByProxy() { End(TunnelEnder::kProxy); }
  // Nothing will pass any more: counts, and puts it among the ends.
  void Finish();

  const TunnelFacts& facts() const { return facts_; }
  const StreamInfo& info() const { return info_; }
  void Describe(MonotonicTime now, TunnelView& view) const;
  absl::string_view first_violation() const;

 private:
  void End(TunnelEnder ender) {
    if (facts_.ended_by == TunnelEnder::kNone) facts_.ended_by = ender;
  }
  void CountFrames(From from, const FrameMeter::Counts& before);

  ProxyWorker& worker_;
  const WebSocketStats& stats_;
  StreamInfo& info_;
  const absl::string_view type_;
  std::optional<FrameMeter> frames_;  // of a WebSocket that is followed
  TunnelFacts facts_;
};

}  // namespace sluice
