// Tunnel: what a stream that has left HTTP is known by: its type, the frames of a WebSocket in both
// directions, and which end has ended it. Looks at what passes, and changes nothing but what its
// warden does.
//
// In its stream's arena, from the answer to the upgrade until the stream's end; on its worker. Of a
// WebSocket it follows the heads of frames, never payloads, unless the route says not to.
#pragma once

#include <optional>

#include "source/base/arena.h"
#include "source/base/buffer.h"
#include "source/base/intrusive_list.h"
#include "source/http/stream_info.h"
#include "source/http/websocket/frame_meter.h"
#include "source/http/websocket/policy.h"
#include "source/proxy/proxy_worker.h"
#include "source/proxy/websocket_warden.h"
#include "source/sdk/upgrade_request.h"
#include "source/stats/counter.h"
#include "source/stats/registry.h"
#include "source/upstream/host_watch.h"

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
  Counter closed_normal, closed_going_away, closed_protocol_error, closed_no_code, closed_abnormal;
  Counter closed_policy, closed_too_big, closed_internal_error, closed_service_restart;
  Counter closed_other;
  Counter proxy_pings;
  Counter ended_by_client, ended_by_upstream, ended_by_proxy;
};

class Tunnel final : public ListNode<> {
 public:
  using From = FrameMeter::From;
  // All of it outlives the tunnel.
  Tunnel(ProxyWorker& worker, Arena& arena, const WebSocketStats& stats, StreamInfo& info,
         const UpgradeRequest& upgrade, const WebSocketPolicy& policy);
  ~Tunnel();

  // Bytes from a side, its last with kYes. Leaves in `data` what of them may pass; kYes: that
  // direction ends behind it.
  End Take(From from, Buffer& data, End end);
  // That side is gone.
  void OnEnd(From from);
  // The proxy ends it: a timeout, a limit, an order.
  void OnEndByProxy() { SetEnder(TunnelEnder::kProxy); }

  // Where the proxy has a say in it (websocket_warden.h): what it says in the direction from that
  // side, and whether it ends it. To be asked for, both ways, after each of the other calls.
  bool warded() const { return warden_ != nullptr; }
  End TakeOwn(From from, Buffer& out);
  // Ends it as a WebSocket ends; false: it is none, or nobody knows where its frames end.
  bool Close(absl::string_view details);
  bool closing() const { return warden_ != nullptr && warden_->closing(); }
  // The time next() has come; false: no end need be waited for any more.
  bool OnTime(bool client_is_paused, bool upstream_is_paused);
  MonotonicTime next() const { return warden_->next(); }

  // Where its policy is about the host: `call` is called when OnHost is due, with nothing of the
  // stream on the stack.
  template <class T>
  void WatchHost(T* owner, void (*call)(void*)) {
    if (!frames_.has_value() || !policy_.host_gone_grace.has_value()) return;
    host_.reset(arena_.New<HostWatch>(owner, call));
    StartWatch();
  }
  void OnHost() { warden_->NoteHost(host_->state()); }

  // Nothing will pass any more: counts, and puts it among the ends.
  void Finish();

  const TunnelFacts& facts() const { return facts_; }
  const StreamInfo& info() const { return info_; }
  void Describe(MonotonicTime now, TunnelView& view) const;
  absl::string_view first_violation() const;

 private:
  void SetEnder(TunnelEnder ender) {
    if (facts_.ended_by == TunnelEnder::kNone) facts_.ended_by = ender;
  }
  void MakeWarden();
  void StartWatch();
  void NoteClosing();
  void CountFrames(From from, const FrameMeter::Counts& before);

  ProxyWorker& worker_;
  const WebSocketStats& stats_;
  StreamInfo& info_;
  const UpgradeRequest& upgrade_;
  std::optional<FrameMeter> frames_;  // of a WebSocket that is followed
  const WebSocketPolicy& policy_;
  Arena& arena_;
  ArenaPtr<WebSocketWarden> warden_;  // null: there was nothing to do yet but to look on
  ArenaPtr<HostWatch> host_;          // null: it has no policy about that
  TunnelFacts facts_;
  bool client_ended_ = false;
  bool upstream_ended_ = false;
};

}  // namespace sluice
