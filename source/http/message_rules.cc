#include "source/http/message_rules.h"

#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace sluice {
namespace {

// Fields that Connection must not be able to remove: those that frame, route, or authenticate the
// message, and those by which this proxy and its peers vouch for the client.
bool IsEndToEndCritical(HeaderId id, absl::string_view lower_case_name) {
  switch (id) {
    case HeaderId::kMethod:
    case HeaderId::kPath:
    case HeaderId::kAuthority:
    case HeaderId::kScheme:
    case HeaderId::kStatus:
    case HeaderId::kProtocol:
    case HeaderId::kHost:
    case HeaderId::kContentLength:
    case HeaderId::kContentType:
    case HeaderId::kAuthorization:
    case HeaderId::kCookie:
    case HeaderId::kSetCookie:
    case HeaderId::kCacheControl:
    case HeaderId::kOrigin:
    case HeaderId::kVia:
    case HeaderId::kXRequestId:
      return true;
    default:
      return absl::StartsWith(lower_case_name, "x-forwarded-") ||
             absl::StartsWith(lower_case_name, "x-envoy-") ||
             absl::StartsWith(lower_case_name, "content-") ||
             absl::StartsWith(lower_case_name, "proxy-auth") || lower_case_name == "forwarded" ||
             lower_case_name == "x-real-ip";
  }
}

void RemoveListedField(Headers& headers, absl::string_view option) {
  // The common options name no field that is not removed anyway.
  if (absl::EqualsIgnoreCase(option, "close") || absl::EqualsIgnoreCase(option, "keep-alive") ||
      absl::EqualsIgnoreCase(option, "upgrade") || absl::EqualsIgnoreCase(option, "connection")) {
    return;
  }
  char* text = static_cast<char*>(headers.arena().Allocate(option.size(), 1));
  for (size_t i = 0; i < option.size(); ++i) text[i] = absl::ascii_tolower(option[i]);
  const absl::string_view name(text, option.size());
  if (!IsEndToEndCritical(FindHeaderId(name), name)) headers.Remove(name);
}

// RFC 9112 section 6.3: Content-Length next to Transfer-Encoding is an attempt at smuggling until
// proven otherwise; the option says that it is proven.
CodecError CheckBothLengths(const FramingFields& fields, const Http1Options& options,
                            Framing* framing) {
  if (!fields.has_content_length()) return CodecError::kNone;
  if (!options.allow_chunked_length) return CodecError::kConflictingFraming;
  framing->drop_content_length = true;
  return CodecError::kNone;
}

bool KeepsAlive(const FramingFields& fields, HttpProtocol protocol) {
  if (fields.says_close()) return false;
  return protocol == HttpProtocol::kHttp11 || fields.says_keep_alive();
}

}  // namespace

bool ParseContentLength(absl::string_view text, uint64_t* length) {
  if (text.empty()) return false;
  uint64_t value = 0;
  for (const char c : text) {
    const unsigned digit = static_cast<unsigned char>(c) - unsigned{'0'};
    if (digit > 9) return false;
    // Half of the range is more than any body, and leaves sums of two lengths exact.
    if (value > (UINT64_MAX / 2 - digit) / 10) return false;
    value = value * 10 + digit;
  }
  *length = value;
  return true;
}

CodecError FramingFields::AddContentLength(absl::string_view value) {
  // RFC 9110 section 8.6 lets a recipient merge equal values; a peer that sends two is broken
  // enough.
  if (has_content_length_) return CodecError::kBadContentLength;
  has_content_length_ = true;
  return ParseContentLength(value, &content_length_) ? CodecError::kNone
                                                     : CodecError::kBadContentLength;
}

CodecError FramingFields::AddTransferEncoding(absl::string_view value) {
  // RFC 9112 section 6.1 knows other codings before a final "chunked". No client or server in use
  // sends them, and backends differ in what they make of them, so "chunked", once and alone, is all
  // there is.
  if (has_transfer_encoding_ || !absl::EqualsIgnoreCase(value, "chunked")) {
    return CodecError::kBadTransferEncoding;
  }
  has_transfer_encoding_ = true;
  return CodecError::kNone;
}

void FramingFields::AddConnection(absl::string_view value) {
  ForEachListElement(value, [this](absl::string_view option) {
    if (absl::EqualsIgnoreCase(option, "close")) close_ = true;
    if (absl::EqualsIgnoreCase(option, "keep-alive")) keep_alive_ = true;
  });
}

CodecError DecideRequestFraming(const FramingFields& fields, Method method, HttpProtocol protocol,
                                const Http1Options& options, Framing* framing) {
  framing->keep_alive = KeepsAlive(fields, protocol);
  if (fields.has_transfer_encoding()) {
    // RFC 9112 section 6.1: in HTTP/1.0 the framing is faulty even where a Content-Length is.
    if (protocol == HttpProtocol::kHttp10) return CodecError::kBadTransferEncoding;
    const CodecError error = CheckBothLengths(fields, options, framing);
    if (error != CodecError::kNone) return error;
    framing->kind = BodyKind::kChunked;
  } else if (fields.content_length() != 0) {
    framing->kind = BodyKind::kLength;
    framing->length = fields.content_length();
  }
  // RFC 9110 section 9.3.6: content has no meaning there; a body would be read as tunnel bytes by
  // one side.
  if (method == Method::kConnect && framing->kind != BodyKind::kNone) {
    return CodecError::kConflictingFraming;
  }
  return CodecError::kNone;
}

bool ResponseHasNoBody(Method method, int status) {
  if (method == Method::kHead || status < 200 || status == 204 || status == 304) return true;
  return method == Method::kConnect && status < 300;
}

CodecError DecideResponseFraming(const FramingFields& fields, Method method, int status,
                                 HttpProtocol protocol, const Http1Options& options,
                                 Framing* framing) {
  framing->keep_alive = KeepsAlive(fields, protocol);
  if (fields.has_transfer_encoding()) {
    if (protocol == HttpProtocol::kHttp10) return CodecError::kBadTransferEncoding;
    // RFC 9112 section 6.1: a server must not send it there.
    if (status < 200 || status == 204) return CodecError::kBadTransferEncoding;
    const CodecError error = CheckBothLengths(fields, options, framing);
    if (error != CodecError::kNone) return error;
  }
  if (ResponseHasNoBody(method, status)) {
    const bool never = status < 200 || status == 204;
    // RFC 9110 section 8.6: a length there is wrong; zero is a harmless habit of some servers.
    if (never && fields.content_length() != 0) return CodecError::kBadContentLength;
    const bool tunnel = method == Method::kConnect && status >= 200 && status < 300;
    if ((never || tunnel) && fields.has_content_length()) framing->drop_content_length = true;
    return CodecError::kNone;
  }
  if (fields.has_transfer_encoding()) {
    framing->kind = BodyKind::kChunked;
  } else if (!fields.has_content_length()) {
    framing->kind = BodyKind::kUntilClose;
    framing->keep_alive = false;
  } else if (fields.content_length() != 0) {
    framing->kind = BodyKind::kLength;
    framing->length = fields.content_length();
  }
  return CodecError::kNone;
}

bool AnyListsToken(const Headers& headers, HeaderId id, absl::string_view token) {
  bool found = false;
  for (const Header* header = headers.Find(id); header != headers.end(); ++header) {
    if (header->id != id) continue;
    ForEachListElement(header->value, [&found, token](absl::string_view element) {
      if (absl::EqualsIgnoreCase(element, token)) found = true;
    });
  }
  return found;
}

void RemoveHopByHop(Headers& headers) {
  if (!headers.HasAnyOf<HeaderId::kConnection, HeaderId::kKeepAlive, HeaderId::kProxyConnection,
                        HeaderId::kTe, HeaderId::kTransferEncoding, HeaderId::kUpgrade,
                        HeaderId::kHttp2Settings>()) {
    return;
  }
  const bool te_trailers = ListsToken(headers, HeaderId::kTe, "trailers");
  // Values are views into the arena, so they outlive the removal of their own field.
  const Header* connection;
  while ((connection = headers.Find(HeaderId::kConnection)) != nullptr) {
    const absl::string_view options = connection->value;
    headers.RemoveFirst(HeaderId::kConnection);
    ForEachListElement(
        options, [&headers](absl::string_view option) { RemoveListedField(headers, option); });
  }
  for (const HeaderId id :
       {HeaderId::kKeepAlive, HeaderId::kProxyConnection, HeaderId::kTe,
        HeaderId::kTransferEncoding, HeaderId::kUpgrade, HeaderId::kHttp2Settings}) {
    if (headers.Has(id)) headers.Remove(id);
  }
  if (te_trailers) headers.AddReference(HeaderId::kTe, "trailers");
}

TrailerRule RuleOfTrailer(HeaderId id, absl::string_view lower_case_name) {
  switch (id) {
    case HeaderId::kContentLength:
    case HeaderId::kTransferEncoding:
    case HeaderId::kHost:
    case HeaderId::kConnection:
    case HeaderId::kUpgrade:
    case HeaderId::kTe:
    case HeaderId::kTrailer:
    case HeaderId::kKeepAlive:
    case HeaderId::kProxyConnection:
    case HeaderId::kHttp2Settings:
      return TrailerRule::kRefuse;
    case HeaderId::kAuthorization:
    case HeaderId::kCookie:
    case HeaderId::kSetCookie:
    case HeaderId::kCacheControl:
    case HeaderId::kExpect:
    case HeaderId::kLocation:
    case HeaderId::kRetryAfter:
    case HeaderId::kVia:
    case HeaderId::kContentType:
    case HeaderId::kXRequestId:
      return TrailerRule::kDrop;
    default:
      break;
  }
  const bool drop = absl::StartsWith(lower_case_name, "x-forwarded-") ||
                    absl::StartsWith(lower_case_name, "x-envoy-") ||
                    absl::StartsWith(lower_case_name, "proxy-auth") ||
                    lower_case_name == "content-encoding" || lower_case_name == "content-range" ||
                    lower_case_name == "max-forwards" || lower_case_name == "range" ||
                    lower_case_name == "forwarded";
  return drop ? TrailerRule::kDrop : TrailerRule::kKeep;
}

}  // namespace sluice
