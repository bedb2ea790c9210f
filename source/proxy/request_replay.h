// RequestReplay: what has come of a request's body, kept for another try of it, up to a limit; with
// more it is given up for good. The blocks are those that wait to be sent: what both hold is there
// once.
//
// In its stream's memory, on its worker. Between two tries nobody takes what comes: it is then what
// waits of the request, and its gauge counts it. In a try it is the attempt's part that is counted.
#pragma once

#include <cstddef>

#include "source/base/buffer.h"
#include "source/base/flow_gauge.h"
#include "source/base/units.h"
#include "source/http/headers.h"

namespace sluice {

class RequestReplay {
 public:
  RequestReplay(SlabPool& slabs, size_t bytes_max) : bytes_max_(bytes_max), kept_(slabs) {}

  // False: that was too much; nothing is kept any more.
  bool Keep(const Buffer& data, End end);
  // Between two tries: takes `data`, which the gauge counts already.
  void Hold(Buffer& data, End end);
  void KeepTrailers(Headers& trailers) {
    trailers_ = &trailers;
    ended_ = true;
  }
  // The body so far, for the next try; the gauge counts it from now on. False: it is more than may
  // be kept, and there will be no further try.
  bool Give(Buffer& body, FlowGauge& gauge);
  void GiveUp();
  // The stream ends: what the gauge counts here is gone.
  void Drop(FlowGauge& gauge);

  bool whole() const { return whole_; }  // it can be sent again
  bool ended() const { return ended_; }
  Headers* trailers() const { return trailers_; }

 private:
  const size_t bytes_max_;
  Buffer kept_;
  size_t held_ = 0;  // of it, counted by the gauge
  Headers* trailers_ = nullptr;
  bool ended_ = false;
  bool whole_ = true;
};

}  // namespace sluice
