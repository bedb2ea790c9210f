#include "source/http/http2_options_config.h"

#include "envoy/config/core/v3/protocol.pb.h"
#include "source/config/proto_fields.h"

namespace sluice {
namespace {

namespace core = envoy::config::core::v3;

uint32_t MillisecondsOr(const core::KeepaliveSettings& proto, std::string_view field,
                        const FieldScope& scope) {
  constexpr DurationRange kRange = {.min = std::chrono::milliseconds(1),
                                    .max = std::chrono::hours(24 * 30)};
  const Duration value = DurationOr(proto, field, Duration{0}, scope, kRange);
  return static_cast<uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(value).count());
}

void ParseKeepAlive(const core::KeepaliveSettings& proto, const FieldScope& scope,
                    Http2Options& options) {
  Required(proto, "timeout", scope);
  options.ping_interval_ms = MillisecondsOr(proto, "interval", scope);
  options.ping_timeout_ms = MillisecondsOr(proto, "timeout", scope);
  options.ping_idle_interval_ms = MillisecondsOr(proto, "connection_idle_interval", scope);
  if (!proto.has_interval_jitter()) return;
  const auto jitter = ReadPercent(proto.interval_jitter(), scope.At("interval_jitter"));
  if (jitter.has_value()) options.ping_jitter_percent = static_cast<uint32_t>(*jitter);
}

}  // namespace

Http2Options ParseHttp2Options(const core::Http2ProtocolOptions& proto, const FieldScope& scope,
                               MalformedEnds otherwise) {
  constexpr UInt32Range kSome = {.min = 1};
  constexpr UInt32Range kStreams = {.min = 1, .max = 0x7fffffff};
  constexpr UInt32Range kWindow = {.min = 65535, .max = 0x7fffffff};  // RFC 9113 section 6.9.2
  Http2Options options;
  const auto read = [&](std::string_view field, uint32_t& value, UInt32Range range) {
    value = UInt32Or(proto, field, value, scope, range);
  };
  read("hpack_table_size", options.hpack_table_bytes, {});
  read("max_concurrent_streams", options.concurrent_streams_max, kStreams);
  read("initial_stream_window_size", options.stream_window_bytes, kWindow);
  read("initial_connection_window_size", options.connection_window_bytes, kWindow);
  read("max_outbound_frames", options.outbound_frames_max, kSome);
  read("max_outbound_control_frames", options.outbound_control_frames_max, kSome);
  read("max_consecutive_inbound_frames_with_empty_payload", options.consecutive_empty_frames_max,
       {});
  read("max_inbound_priority_frames_per_stream", options.priority_frames_per_stream_max, {});
  read("max_inbound_window_update_frames_per_data_frame_sent",
       options.window_updates_per_data_frame_max, kSome);
  // The newer field wins over the one it replaces.
  const bool by_default =
      proto.stream_error_on_invalid_http_messaging() || otherwise == MalformedEnds::kStream;
  options.malformed_ends_stream =
      BoolOr(proto, "override_stream_error_on_invalid_http_message", by_default);
  if (proto.has_connection_keepalive())
    ParseKeepAlive(proto.connection_keepalive(), scope.At("connection_keepalive"), options);
  return options;
}

}  // namespace sluice
