#include "source/http/http2/codec.h"

#include "source/http/http2/http2_codec.h"
#include "source/stats/stat_handles.h"

namespace sluice {

namespace {

constexpr StatHandles<Http2Stats>::Name kHttp2Names[] = {
    {&Http2Stats::dropped_headers_with_underscores, "http2.dropped_headers_with_underscores"},
    {&Http2Stats::goaway_sent, "http2.goaway_sent"},
    {&Http2Stats::header_overflow, "http2.header_overflow"},
    {&Http2Stats::headers_cb_no_stream, "http2.headers_cb_no_stream"},
    {&Http2Stats::inbound_continuation_flood, "http2.inbound_continuation_frames_flood"},
    {&Http2Stats::inbound_empty_frames_flood, "http2.inbound_empty_frames_flood"},
    {&Http2Stats::inbound_priority_frames_flood, "http2.inbound_priority_frames_flood"},
    {&Http2Stats::inbound_resets_flood, "http2.inbound_resets_frames_flood"},
    {&Http2Stats::inbound_settings_flood, "http2.inbound_settings_frames_flood"},
    {&Http2Stats::inbound_window_update_frames_flood, "http2.inbound_window_update_frames_flood"},
    {&Http2Stats::keepalive_timeout, "http2.keepalive_timeout"},
    {&Http2Stats::outbound_control_flood, "http2.outbound_control_flood"},
    {&Http2Stats::outbound_flood, "http2.outbound_flood"},
    {&Http2Stats::requests_rejected_with_underscores,
     "http2.requests_rejected_with_underscores_in_headers"},
    {&Http2Stats::rx_messaging_error, "http2.rx_messaging_error"},
    {&Http2Stats::rx_reset, "http2.rx_reset"},
    {&Http2Stats::stream_refused_errors, "http2.stream_refused_errors"},
    {&Http2Stats::trailers, "http2.trailers"},
    {&Http2Stats::tx_flush_timeout, "http2.tx_flush_timeout"},
    {&Http2Stats::tx_reset, "http2.tx_reset"},
    {&Http2Stats::streams_active, "http2.streams_active"},
    {&Http2Stats::pending_send_bytes, "http2.pending_send_bytes"},
    {&Http2Stats::deferred_stream_close, "http2.deferred_stream_close"},
};

const StatHandles<Http2Stats>& Http2Names() {
  static const auto* const names = new StatHandles<Http2Stats>(kHttp2Names);
  return *names;
}

}  // namespace

Http2Stats::Http2Stats(StatsRegistry& registry, absl::string_view prefix) {
  group = Http2Names().Bind(registry, prefix, *this);
}

std::unique_ptr<Codec> MakeHttp2ServerCodec(ServerEvents& events, const CodecLimits& limits,
                                            const Http2Options& options, const Http2Stats& stats,
                                            WorkerContext& worker, FlowSource& connection) {
  return std::make_unique<Http2Codec>(&events, limits, options, stats, worker, connection);
}

std::unique_ptr<ClientCodec> MakeHttp2ClientCodec(const CodecLimits& limits,
                                                  const Http2Options& options,
                                                  const Http2Stats& stats, WorkerContext& worker,
                                                  FlowSource& connection) {
  return std::make_unique<Http2Codec>(nullptr, limits, options, stats, worker, connection);
}

}  // namespace sluice
