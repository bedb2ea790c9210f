// Http2ProtocolOptions of Envoy's API to values, for both sides of the proxy. Main thread, at load.
#pragma once

#include "source/config/field_scope.h"
#include "source/http/codec_limits.h"

namespace envoy::config::core::v3 {
class Http2ProtocolOptions;
}

namespace sluice {

// `malformed_ends_stream`: where the message does not say it itself.
enum class MalformedEnds : uint8_t { kConnection, kStream };
Http2Options ParseHttp2Options(const envoy::config::core::v3::Http2ProtocolOptions& proto,
                               const FieldScope& scope,
                               MalformedEnds otherwise = MalformedEnds::kConnection);

}  // namespace sluice
