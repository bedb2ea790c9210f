#include "source/http/http2/codec.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "source/http/http2/http2_codec.h"

namespace sluice {

Http2Stats::Http2Stats(StatsRegistry& registry, const std::string& prefix) {
  const auto counter = [&](absl::string_view name) {
    return registry.GetCounter(absl::StrCat(prefix, "http2.", name));
  };
  const auto gauge = [&](absl::string_view name) {
    return registry.GetGauge(absl::StrCat(prefix, "http2.", name));
  };
  dropped_headers_with_underscores = counter("dropped_headers_with_underscores");
  goaway_sent = counter("goaway_sent");
  header_overflow = counter("header_overflow");
  headers_cb_no_stream = counter("headers_cb_no_stream");
  inbound_continuation_flood = counter("inbound_continuation_frames_flood");
  inbound_empty_frames_flood = counter("inbound_empty_frames_flood");
  inbound_priority_frames_flood = counter("inbound_priority_frames_flood");
  inbound_resets_flood = counter("inbound_resets_frames_flood");
  inbound_settings_flood = counter("inbound_settings_frames_flood");
  inbound_window_update_frames_flood = counter("inbound_window_update_frames_flood");
  keepalive_timeout = counter("keepalive_timeout");
  outbound_control_flood = counter("outbound_control_flood");
  outbound_flood = counter("outbound_flood");
  requests_rejected_with_underscores = counter("requests_rejected_with_underscores_in_headers");
  rx_messaging_error = counter("rx_messaging_error");
  rx_reset = counter("rx_reset");
  stream_refused_errors = counter("stream_refused_errors");
  trailers = counter("trailers");
  tx_flush_timeout = counter("tx_flush_timeout");
  tx_reset = counter("tx_reset");
  streams_active = gauge("streams_active");
  pending_send_bytes = gauge("pending_send_bytes");
  deferred_stream_close = gauge("deferred_stream_close");
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
