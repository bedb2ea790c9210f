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

}  // namespace sluice
