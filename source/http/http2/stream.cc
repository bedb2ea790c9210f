#include "source/http/http2/stream.h"

#include "source/http/http2/http2_codec.h"

namespace sluice {

void Http2Stream::SendHeaders(const Headers& headers, End end) {
  codec_.SendHeaders(*this, headers, end);
}

void Http2Stream::SendInformational(const Headers& headers) {
  codec_.SendInformational(*this, headers);
}

void Http2Stream::BodyReady() { codec_.OnBodyReady(*this); }

void Http2Stream::Reset(ResetCode code) { codec_.ResetStream(*this, code); }

void Http2Stream::PauseReading() { paused_ = true; }

void Http2Stream::ResumeReading() { codec_.ResumeStream(*this); }

}  // namespace sluice
