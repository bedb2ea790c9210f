// Makes HTTP/2 codecs (RFC 9113) over nghttp2, in the server's and the client's role.
//
// One per connection, on its worker. `limits` and `options` outlive the codec and are shared by
// many. `connection` is paused only while too much output waits (flood limits); a stream whose
// reader is paused holds back its own window and no other's. `loop` is read for the time (rates of
// resets and of SETTINGS), no timer is set. What a peer sent beyond a flood limit shows as error(),
// and stats() tells which.
#pragma once

#include <cstdint>
#include <memory>

#include "source/base/flow_gauge.h"
#include "source/base/slab_pool.h"
#include "source/event/worker_context.h"
#include "source/http/codec.h"
#include "source/http/codec_limits.h"
#include "source/stats/counter.h"
#include "source/stats/registry.h"

namespace sluice {

// Handles of "http2.*" under a prefix ("http.<stat_prefix>." or "cluster.<name>."). Names as in
// Envoy.
struct Http2Stats {
  Http2Stats(StatsRegistry& registry, absl::string_view prefix);
  std::shared_ptr<const StatGroup> group;  // of the handles
  Counter dropped_headers_with_underscores, goaway_sent, header_overflow, headers_cb_no_stream,
      inbound_empty_frames_flood, inbound_priority_frames_flood, inbound_window_update_frames_flood,
      keepalive_timeout, outbound_control_flood, outbound_flood, requests_rejected_with_underscores,
      rx_messaging_error, rx_reset, stream_refused_errors, trailers, tx_flush_timeout, tx_reset,
      inbound_settings_flood, inbound_resets_flood, inbound_continuation_flood;
  Gauge streams_active, pending_send_bytes, deferred_stream_close;
};

std::unique_ptr<Codec> MakeHttp2ServerCodec(ServerEvents& events, const CodecLimits& limits,
                                            const Http2Options& options, const Http2Stats& stats,
                                            WorkerContext& worker, FlowSource& connection);

std::unique_ptr<ClientCodec> MakeHttp2ClientCodec(const CodecLimits& limits,
                                                  const Http2Options& options,
                                                  const Http2Stats& stats, WorkerContext& worker,
                                                  FlowSource& connection);

}  // namespace sluice
