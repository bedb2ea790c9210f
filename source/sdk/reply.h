// Reply: a response made in the proxy instead of by an upstream. Filled by filters, and by the
// failure table; sent by the stream, as a gRPC status where the request was gRPC.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "source/http/header_names.h"
#include "source/route/header_edits.h"

namespace sluice {

struct ReplyField {
  HeaderId name;
  absl::string_view value;       // lives as long as the stream
  absl::string_view other = {};  // so too: the name in lower case, where `name` is kUnknown
};

struct Reply {
  uint16_t status = 500;
  absl::string_view body;               // text/plain; lives as long as the stream
  absl::string_view details;            // RESPONSE_CODE_DETAILS, no spaces
  absl::string_view content_type;       // empty: text/plain where there is a body
  absl::string_view location;           // of redirects
  int grpc_status = -1;                 // -1: from `status`, by the gRPC mapping
  absl::Span<const ReplyField> fields;  // besides; so does what they are in
  // Of a route's direct response: the header edits that its responses get.
  absl::Span<const HeaderEdits* const> header_edits;
};

}  // namespace sluice
