// Http2Stream: one stream of an HTTP/2 connection, as its user commands it, and what the codec
// remembers of it.
//
// Owned by its codec, on its worker. Outlives its user's interest (`events` is null then) until
// nghttp2 has closed the stream. Fields are the codec's, which alone writes them.
#pragma once

#include <cstdint>

#include "source/base/intrusive_list.h"
#include "source/http/codec.h"
#include "source/http/http2/field_section.h"
#include "source/http/methods.h"

namespace sluice {

class Http2Codec;

class Http2Stream final : public CodecStream, public ListNode<> {
 public:
  Http2Stream(Http2Codec& codec, int32_t id, StreamEvents* events)
      : codec_(codec), events_(events), id_(id) {}

  void SendHeaders(const Headers& headers, End end) override;
  void SendInformational(const Headers& headers) override;
  void BodyReady() override;
  void Reset(ResetCode code) override;
  void PauseReading() override;
  void ResumeReading() override;

 private:
  friend class Http2Codec;

  Http2Codec& codec_;
  StreamEvents* events_;     // null: nobody wants to hear of it any more
  int32_t id_;               // client role: 0 until the request's head is submitted
  uint32_t unconsumed_ = 0;  // bytes delivered and not given back to the stream's window
  uint64_t body_bytes_ = 0;  // received
  Http2BodyLength body_length_;
  Method method_ = Method::kOther;
  uint8_t informational_count_ = 0;
  bool open_ : 1 = true;           // its user has not been told of its end, and has not ended it
  bool in_done_ : 1 = false;       // the incoming message is complete
  bool out_done_ : 1 = false;      // END_STREAM is sent
  bool head_in_ : 1 = false;       // client role: the final response's head has come
  bool head_out_ : 1 = false;      // server role: the response's head is submitted
  bool tunnel_ : 1 = false;        // CONNECT, accepted: either end may close its side
  bool drop_input_ : 1 = false;    // the request is refused; what still comes of it has no reader
  bool discard_body_ : 1 = false;  // of a response that has none on the wire
  bool ready_ : 1 = false;         // the source has something
  bool deferred_ : 1 = false;      // nghttp2 does not ask until told
  bool paused_ : 1 = false;
  bool reset_by_peer_ : 1 = false;
};

}  // namespace sluice
