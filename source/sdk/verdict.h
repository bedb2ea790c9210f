// Verdict: what an HTTP filter answers to an event. The chain acts on it after the filter has
// returned.
#pragma once

#include <cstdint>

namespace sluice {

enum class Verdict : uint8_t {
  // Pass the event on.
  kContinue,
  // Keep what this filter was given and all that follows, in order, until its Resumer says go on.
  // The
  // source of the bytes is slowed down by the stream's gauge.
  kPause,
  // FilterContext::reply() was filled: answer with it. It goes back through the filters that had
  // passed
  // the request on; the rest of the request is drained and never filtered. In a response, before
  // its
  // head has been sent, it replaces the response; after, it is kReset.
  kReply,
  // End the stream without an answer.
  kReset,
  // Pass the event on, and ask this filter nothing more on this stream.
  kDetach,
};

}  // namespace sluice
