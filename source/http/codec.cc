#include "source/http/codec.h"

namespace sluice {

absl::string_view HttpProtocolText(HttpProtocol protocol) {
  switch (protocol) {
    case HttpProtocol::kHttp10:
      return "HTTP/1.0";
    case HttpProtocol::kHttp11:
      return "HTTP/1.1";
    case HttpProtocol::kHttp2:
      return "HTTP/2";
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
  }
  return "";
}

}  // namespace sluice
