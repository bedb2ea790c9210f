// Message rules: how long a message's body is, when its connection goes on, and which of its fields
// an intermediary may pass on (RFC 9110 section 7.6.1, RFC 9112 sections 6, 7 and 9). Pure; any
// thread.
//
// Where two parsers could read one message as two different ones the answer is an error.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "source/http/codec.h"
#include "source/http/codec_limits.h"
#include "source/http/headers.h"
#include "source/http/methods.h"

namespace sluice {

// RFC 9110 section 5.5: HTAB, SP, VCHAR and obs-text.
constexpr bool IsFieldValueByte(char c) {
  const auto byte = static_cast<uint8_t>(c);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

enum class BodyKind : uint8_t {
  kNone,
  kLength,
  kChunked,
  kUntilClose,  // responses only
};

// The fields that decide framing and persistence, gathered while a head is read.
class FramingFields {
 public:
  CodecError AddContentLength(absl::string_view value);
  CodecError AddTransferEncoding(absl::string_view value);
  void AddConnection(absl::string_view value);

  bool has_content_length() const { return has_content_length_; }
  bool has_transfer_encoding() const { return has_transfer_encoding_; }
  uint64_t content_length() const { return content_length_; }
  bool says_close() const { return close_; }
  bool says_keep_alive() const { return keep_alive_; }

 private:
  uint64_t content_length_ = 0;
  bool has_content_length_ = false;
  bool has_transfer_encoding_ = false;
  bool close_ = false;
  bool keep_alive_ = false;
};

struct Framing {
  BodyKind kind = BodyKind::kNone;
  uint64_t length = 0;               // of kLength
  bool drop_content_length = false;  // the field is there and must not be passed on
  bool keep_alive = false;           // what the message says of its connection
};

CodecError DecideRequestFraming(const FramingFields& fields, Method method, HttpProtocol protocol,
                                const Http1Options& options, Framing* framing);
// `method` is that of the request. 1xx and 204 and 304 and replies to HEAD have no body; nor has a
// 2xx to CONNECT, nor 101: their connections become tunnels.
CodecError DecideResponseFraming(const FramingFields& fields, Method method, int status,
                                 HttpProtocol protocol, const Http1Options& options,
                                 Framing* framing);

// The answer to a request that asks to leave HTTP lets it (RFC 9110 sections 7.8 and 9.3.6).
inline bool TunnelFollows(Method request, int status) {
  return status == 101 || (request == Method::kConnect && status >= 200 && status < 300);
}

// A final response that cannot have a body, whatever its fields say (RFC 9112 section 6.3).
bool ResponseHasNoBody(Method method, int status);

// Digits only: no sign, no white space, no list; false on overflow too.
bool ParseContentLength(absl::string_view text, uint64_t* length);

// Calls `visit` with every element of a comma-separated list, trimmed, empty ones left out.
template <class Visit>
void ForEachListElement(absl::string_view list, Visit visit) {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    absl::string_view element = list.substr(0, comma);
    list.remove_prefix(comma == absl::string_view::npos ? list.size() : comma + 1);
    while (!element.empty() && (element.front() == ' ' || element.front() == '\t')) {
      element.remove_prefix(1);
    }
    while (!element.empty() && (element.back() == ' ' || element.back() == '\t')) {
      element.remove_suffix(1);
    }
    if (!element.empty()) visit(element);
  }
}

// Whether any field `id` lists `token`, in whatever case.
bool AnyListsToken(const Headers& headers, HeaderId id, absl::string_view token);
inline bool ListsToken(const Headers& headers, HeaderId id, absl::string_view token) {
  return headers.Has(id) && AnyListsToken(headers, id, token);
}

// What an intermediary does before it passes a message on: removes the hop-by-hop fields and those
// that Connection lists. Fields that carry meaning end to end stay, listed or not: a client must
// not be able to strip a credential or a forwarding field on its way. "te: trailers" stays, as gRPC
// needs it.
void RemoveHopByHop(Headers& headers);

// RFC 9110 section 6.5.1.
enum class TrailerRule : uint8_t {
  kKeep,
  kDrop,    // has no effect after the body: left out
  kRefuse,  // would reframe or reroute the message for a parser that merges trailers
};
TrailerRule RuleOfTrailer(HeaderId id, absl::string_view lower_case_name);

}  // namespace sluice
