#include "source/http/codec.h"

#include "source/http/stream_info.h"

namespace sluice {

absl::string_view HttpProtocolText(HttpProtocol protocol) {
  switch (protocol) {
    case HttpProtocol::kHttp10:
      return "HTTP/1.0";
    case HttpProtocol::kHttp11:
      return "HTTP/1.1";
    case HttpProtocol::kHttp2:
      return "HTTP/2";
    case HttpProtocol::kNone:
      break;
  }
  return "";
}

namespace {

absl::string_view Http2ConnectionErrorDetail(CodecError error) {
  switch (error) {
    case CodecError::kHttp2Protocol:
      return "http2.protocol_error";
    case CodecError::kHttp2FlowControl:
      return "http2.flow_control_error";
    case CodecError::kHttp2StreamClosed:
      return "http2.stream_closed";
    case CodecError::kHttp2FrameSize:
      return "http2.frame_size_error";
    case CodecError::kHttp2Compression:
      return "http2.compression_error";
    case CodecError::kHttp2Internal:
      return "http2.internal_error";
    case CodecError::kHttp2EmptyFrames:
      return "http2.inbound_empty_frames_flood";
    case CodecError::kHttp2PriorityFrames:
      return "http2.inbound_priority_frames_flood";
    case CodecError::kHttp2WindowUpdates:
      return "http2.inbound_window_update_frames_flood";
    case CodecError::kHttp2SettingsFrames:
      return "http2.inbound_settings_frames_flood";
    case CodecError::kHttp2EarlyResets:
      return "http2.inbound_resets_flood";
    case CodecError::kHttp2Continuations:
      return "http2.inbound_continuation_frames_flood";
    case CodecError::kHttp2OutboundFrames:
      return "http2.outbound_frames_flood";
    case CodecError::kHttp2OutboundControlFrames:
      return "http2.outbound_control_frames_flood";
    default:
      return "";
  }
}

}  // namespace

absl::string_view TunnelEnderText(TunnelEnder ender) {
  switch (ender) {
    case TunnelEnder::kNone:
      return "";
    case TunnelEnder::kClient:
      return "client";
    case TunnelEnder::kUpstream:
      return "upstream";
    case TunnelEnder::kProxy:
      return "proxy";
  }
  return "";
}

absl::string_view CodecErrorDetail(CodecError error) {
  switch (error) {
    case CodecError::kNone:
    case CodecError::kCount:
      return "";
    case CodecError::kBadStartLine:
    case CodecError::kBadVersion:
    case CodecError::kObsoleteFold:
    case CodecError::kBareCrOrLf:
    case CodecError::kBadChunk:
    case CodecError::kBadStatus:
      return "http1.codec_error";
    case CodecError::kBadMethod:
      return "http1.invalid_method";
    case CodecError::kBadTarget:
      return "http1.invalid_url";
    case CodecError::kUnsupportedVersion:
      return "low_version";
    case CodecError::kBadHeaderName:
    case CodecError::kBadHeaderValue:
      return "http1.invalid_characters";
    case CodecError::kBadContentLength:
      return "http1.content_length_not_allowed";
    case CodecError::kConflictingFraming:
      return "http1.content_length_and_chunked_not_allowed";
    case CodecError::kBadTransferEncoding:
      return "http1.invalid_transfer_encoding";
    case CodecError::kBadHost:
      return "missing_host_header";
    case CodecError::kBadTrailer:
      return "http1.invalid_trailer";
    case CodecError::kBodyDisallowed:
      return "http1.body_disallowed";
    case CodecError::kHeadersTooLarge:
      return "http1.headers_too_large";
    case CodecError::kTooManyHeaders:
      return "http1.too_many_headers";
    case CodecError::kTargetTooLong:
      return "http1.url_too_long";
    case CodecError::kUnexpectedEnd:
      return "http1.unexpected_end";
    case CodecError::kUnexpectedMessage:
      return "http1.unexpected_response";
    case CodecError::kHttp2InvalidHeader:
      return "http2.invalid.header.field";
    case CodecError::kHttp2Messaging:
      return "http2.violation.of.messaging.rule";
    case CodecError::kHttp2TooManyHeaders:
      return "http2.too_many_headers";
    case CodecError::kHttp2TargetTooLong:
      return "http2.path_too_long";
    default:
      return Http2ConnectionErrorDetail(error);
  }
  return "";
}

}  // namespace sluice
