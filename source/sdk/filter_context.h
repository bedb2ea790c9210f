// FilterContext: what a filter sees of its stream, beyond the event it is asked about. Valid during
// the call only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "source/base/arena.h"
#include "source/base/buffer.h"
#include "source/event/timer.h"  // what filters wait with
#include "source/event/worker_context.h"
#include "source/http/headers.h"
#include "source/http/stream_info.h"
#include "source/route/filter_settings.h"
#include "source/route/route.h"
#include "source/sdk/reply.h"
#include "source/sdk/resumer.h"
#include "source/sdk/upgrade_request.h"

namespace sluice {

class FilterContext {
 public:
  // The stream behind it, and which filter is asked, on which way.
  struct Parts {
    WorkerContext& worker;
    Arena& arena;
    StreamInfo& info;
    const Route* route;
    UpgradeRequest* upgrade;
    Headers& request_headers;
    Reply*& reply;  // null: none was made yet
    ResumeTarget& resume_target;
    std::string& scratch;
    Flow flow;
    uint32_t filter;
    size_t whole_body_bytes;
    const FilterSettings* settings;  // null: the route says nothing to this filter
    Buffer& tail;
  };
  explicit FilterContext(const Parts& parts) : parts_(parts) {}

  WorkerContext& worker() { return parts_.worker; }
  Arena& arena() { return parts_.arena; }  // for what must live as long as the stream
  StreamInfo& info() { return parts_.info; }
  const Route* route() const { return parts_.route; }  // null: none matched
  // In OnRequestHeaders, where none did: asks for the virtual host that the request lacks, where
  // its route configuration has them come by themselves. True: answer kPause; the filter goes on by
  // itself when there is word of it, with another route() perhaps.
  bool FetchRoute() { return parts_.resume_target.FetchRoute(parts_.filter); }
  // What the route, its virtual host or its configuration says to this filter; null: nothing, or
  // not as a T.
  template <class T>
  const T* settings() const {
    return parts_.settings == nullptr ? nullptr : parts_.settings->value.As<T>();
  }
  // Null: the request asks for no upgrade.
  UpgradeRequest* upgrade() { return parts_.upgrade; }
  Headers& request_headers() { return parts_.request_headers; }
  // For Verdict::kReply. Its texts must live as long as the stream: literals, or in arena().
  Reply& reply() {
    if (parts_.reply == nullptr) parts_.reply = parts_.arena.New<Reply>();
    return *parts_.reply;
  }
  // In OnRequestHeaders of a filter that has the body gathered (http_filter_factory.h): its size.
  size_t whole_request_body_bytes() const { return parts_.whole_body_bytes; }
  // In OnRequestTrailers and OnResponseTrailers: what is put here goes on as the end of the body,
  // and the trailers do not.
  Buffer& tail() { return parts_.tail; }
  // The worker's, to build text in; another call may write over it.
  std::string& scratch() { return parts_.scratch; }
  // For Verdict::kPause.
  Resumer MakeResumer() { return Resumer(parts_.resume_target, parts_.flow, parts_.filter); }

 private:
  Parts parts_;
};

}  // namespace sluice
