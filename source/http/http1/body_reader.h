// BodyReader: the body of the incoming message, its framing taken off, delivered to its stream,
// trailers included. Content is moved, never copied. One worker.
#pragma once

#include <cstdint>

#include "source/base/buffer.h"
#include "source/http/codec.h"
#include "source/http/codec_limits.h"
#include "source/http/http1/chunked.h"
#include "source/http/message_rules.h"

namespace sluice {

class BodyReader {
 public:
  enum class Result : uint8_t {
    kMore,
    kEnd,  // the message is complete and the stream has been told
    kError,
  };

  void Start(const Framing& framing) {
    chunks_ = {};
    kind_ = framing.kind;
    remaining_ = framing.length;
    trailer_bytes_seen_ = 0;
    in_trailers_ = false;
  }
  BodyKind kind() const { return kind_; }

  // `in` is not empty. `stream` becomes null when the stream resets itself while it is being told.
  Result Read(Buffer& in, StreamEvents* const& stream, const CodecLimits& limits,
              const Http1Options& options, CodecError* error);

 private:
  Result ReadLength(Buffer& in, StreamEvents& stream);
  Result ReadChunks(Buffer& in, StreamEvents* const& stream, const CodecLimits& limits,
                    const Http1Options& options, CodecError* error);
  Result ReadTrailers(Buffer& in, Buffer& body, StreamEvents* const& stream,
                      const CodecLimits& limits, const Http1Options& options, CodecError* error);

  uint64_t remaining_ = 0;                      // of kLength
  [[no_unique_address]] ChunkedReader chunks_;  // the next fields use its padding
  BodyKind kind_ = BodyKind::kNone;
  bool in_trailers_ = false;
  uint32_t trailer_bytes_seen_ = 0;
};

}  // namespace sluice
