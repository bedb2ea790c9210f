// BodyWriter: pulls the body of the outgoing message from its source and frames it. Holds the
// framing, never the bytes. One worker.
#pragma once

#include <cstddef>
#include <cstdint>

#include "source/base/buffer.h"
#include "source/http/codec.h"
#include "source/http/http1/writer.h"

namespace sluice {

enum class TrailerUse : uint8_t { kDrop, kSend };

class BodyWriter {
 public:
  enum class Result : uint8_t {
    kMore,  // the source has no more now, or `bytes_max` was reached
    kEnd,
    kBroken,  // the source's bytes do not make up the length that the head says
  };

  void Start(const OutgoingFraming& framing) {
    remaining_ = framing.body == OutgoingBody::kLength ? framing.length : 0;
    kind_ = framing.body;
    ready_ = false;
  }
  void MarkReady() { ready_ = true; }
  void Stop() { ready_ = false; }
  bool ready() const { return ready_; }
  OutgoingBody kind() const { return kind_; }

  // Appends to `out`, `bytes_max` of body at most.
  Result Pull(StreamEvents& source, TrailerUse trailers, NameCase names, size_t bytes_max,
              Buffer& out);

 private:
  Result PullAsItIs(StreamEvents& source, size_t bytes_max, Buffer& out);
  bool Frame(Buffer& piece, BodyState state, Buffer& out);
  void FinishChunks(StreamEvents& source, BodyState state, TrailerUse trailers, NameCase names,
                    Buffer& out);

  uint64_t remaining_ = 0;  // of kLength
  OutgoingBody kind_ = OutgoingBody::kNone;
  bool ready_ = false;
};

}  // namespace sluice
