// CodecLimits: every limit of the HTTP codecs, in one struct. Defaults are Envoy's unless a reason
// says otherwise. A const value shared by all codecs made from one configuration.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "source/base/units.h"

namespace sluice {

struct CodecLimits {
  size_t headers_bytes_max =
      60_KiB;                      // HCM max_request_headers_kb: start line and fields; over it 431
  size_t headers_count_max = 100;  // max_headers_count; over it 431
  size_t target_bytes_max = 16_KiB;     // request target; over it 414. Not in Envoy's API
  size_t chunk_line_bytes_max = 4_KiB;  // chunk size and extensions
  size_t trailers_bytes_max = 60_KiB;
};

struct Http1Options {
  bool accept_http_10 = false;                 // HTTP/1.0 requests; else 426
  absl::string_view default_host_for_http_10;  // empty: a 1.0 request without Host is refused
  bool allow_absolute_url = true;
  bool enable_trailers = false;       // trailers are passed on; else they are read and dropped
  bool allow_chunked_length = false;  // Content-Length next to chunked: drop it (true) or 400
  bool proper_case_names = false;     // header_key_format.proper_case_words, when writing
};

// envoy.config.core.v3.Http2ProtocolOptions: what this end offers, and what it bears from the
// other. Crossing a flood limit ends the connection with GOAWAY ENHANCE_YOUR_CALM.
struct Http2Options {
  uint32_t concurrent_streams_max = 1024;
  uint32_t stream_window_bytes = 16 * 1024 * 1024;      // initial_stream_window_size
  uint32_t connection_window_bytes = 24 * 1024 * 1024;  // initial_connection_window_size
  uint32_t hpack_table_bytes = 4096;                    // of either direction
  // SETTINGS_ENABLE_CONNECT_PROTOCOL (RFC 8441). Envoy: off unless allow_connect is set. Here it is
  // always on, as whether a request may upgrade is the upgrade filter's decision.
  bool allow_connect = true;
  // override_stream_error_on_invalid_http_message: a malformed message ends its stream, not the
  // connection.
  bool malformed_ends_stream = false;

  // Frames that wait to be written: a peer that asks much and reads nothing.
  uint32_t outbound_frames_max = 10000;
  uint32_t outbound_control_frames_max = 1000;  // PING, SETTINGS and RST_STREAM among them
  // Frames that carry nothing: DATA, HEADERS and CONTINUATION without payload or end of stream.
  uint32_t consecutive_empty_frames_max = 1;
  uint32_t priority_frames_per_stream_max = 100;
  uint32_t window_updates_per_data_frame_max = 10;
  uint32_t settings_frames_per_second_max = 100;   // not in Envoy's API, nor are those that follow
  uint32_t continuation_frames_per_head_max = 16;  // CVE-2024-27316
  // Streams that the peer resets before they are answered (CVE-2023-44487): a bucket of so many,
  // refilled at so many a second.
  uint32_t early_resets_burst = 100;
  uint32_t early_resets_per_second = 33;

  // connection_keepalive; 0: none.
  uint32_t ping_interval_ms = 0;
  uint32_t ping_timeout_ms = 0;
  uint32_t ping_idle_interval_ms = 0;  // a connection that has been silent for so long is asked
                                       // before it is used again
  uint32_t ping_jitter_percent = 15;
};

}  // namespace sluice
