// Writer: heads of HTTP/1 messages as text, and what frames their bodies. The codec owns the
// framing and connection fields: those in a message's headers are not copied but decided here, so
// that no filter can make the head disagree with the body (RFC 9112 sections 6 and 9).
//
// Pure but for the buffer that is written to; one thread.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "source/base/buffer.h"
#include "source/http/codec.h"
#include "source/http/headers.h"
#include "source/http/message_rules.h"

namespace sluice {

// How a body goes out.
enum class OutgoingBody : uint8_t {
  kNone,       // there is none; the message ends with its head
  kDiscarded,  // there may be none (HEAD, 204, 304): what the source gives is dropped
  kLength,
  kChunked,
  kUntilClose,
};

struct OutgoingFraming {
  OutgoingBody body = OutgoingBody::kNone;
  uint64_t length = 0;  // of kLength
  // What the head says of its length.
  enum class Field : uint8_t {
    kNothing,
    kContentLength,
    kZeroLength,
    kChunked
  } field = Field::kNothing;
};

// `request` is the method that is answered, `peer` what the client speaks.
OutgoingFraming FrameResponse(const Headers& headers, int status, Method request, HttpProtocol peer,
                              End end);
OutgoingFraming FrameRequest(const Headers& headers, Method method, End end);

enum class NameCase : uint8_t { kLower, kProper };

// With its final empty line.
void WriteRequestHead(const Headers& headers, const OutgoingFraming& framing, NameCase names,
                      Buffer& out);
// Without Connection and the final empty line, which FinishResponseHead adds: whether the
// connection goes on may be known only when the body is.
void WriteResponseHead(const Headers& headers, int status, const OutgoingFraming& framing,
                       NameCase names, Buffer& out);
enum class ConnectionField : uint8_t { kNothing, kClose, kKeepAlive };
// RFC 9110 section 7.8: whoever sends Upgrade lists it in Connection.
enum class UpgradeListed : uint8_t { kNo, kYes };
void FinishResponseHead(ConnectionField field, UpgradeListed upgrade, NameCase names, Buffer& out);
// 1xx but 101, whole.
void WriteInformationalHead(const Headers& headers, NameCase names, Buffer& out);
// Fields and the empty line.
void WriteTrailers(const Headers& trailers, NameCase names, Buffer& out);

// Three digits of ":status", 0 if it has none.
int StatusOf(const Headers& headers);

}  // namespace sluice
