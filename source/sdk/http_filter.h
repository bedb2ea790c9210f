// HttpFilter: looks at, changes, delays or answers the messages of one stream. The extension point
// of the proxy: it answers each event with a Verdict and calls nothing back.
//
// One instance per stream, made by its factory in the stream's arena, on the stream's worker; its
// destructor is its clean-up. Only the events named in the factory's interests are delivered.
#pragma once

#include "source/base/buffer.h"
#include "source/base/units.h"
#include "source/http/headers.h"
#include "source/sdk/filter_context.h"
#include "source/sdk/verdict.h"

namespace sluice {

class HttpFilter {
 public:
  virtual ~HttpFilter() = default;

  // kYes: nothing follows in this direction. A filter may change headers and data in place.
  virtual Verdict OnRequestHeaders(FilterContext&, Headers&, End) { return Verdict::kContinue; }
  virtual Verdict OnRequestData(FilterContext&, Buffer&, End) { return Verdict::kContinue; }
  virtual Verdict OnRequestTrailers(FilterContext&, Headers&) { return Verdict::kContinue; }
  // Responses come in the reverse order of filters.
  virtual Verdict OnResponseHeaders(FilterContext&, Headers&, End) { return Verdict::kContinue; }
  virtual Verdict OnResponseData(FilterContext&, Buffer&, End) { return Verdict::kContinue; }
  virtual Verdict OnResponseTrailers(FilterContext&, Headers&) { return Verdict::kContinue; }
};

}  // namespace sluice
