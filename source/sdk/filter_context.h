// FilterContext: what a filter sees of its stream, beyond the event it is asked about. Valid during
// the call only.
#pragma once

#include "source/base/arena.h"
#include "source/event/worker_context.h"
#include "source/http/headers.h"
#include "source/http/stream_info.h"
#include "source/route/route.h"
#include "source/sdk/reply.h"
#include "source/sdk/resumer.h"

namespace sluice {

class FilterContext {
 public:
  // The stream behind it, and which filter is asked, on which way.
  struct Parts {
    WorkerContext& worker;
    Arena& arena;
    StreamInfo& info;
    const Route* route;
    Headers& request_headers;
    Reply& reply;
    ResumeTarget& resume_target;
    Flow flow;
    uint32_t filter;
  };
  explicit FilterContext(const Parts& parts) : parts_(parts) {}

  WorkerContext& worker() { return parts_.worker; }
  Arena& arena() { return parts_.arena; }  // for what must live as long as the stream
  StreamInfo& info() { return parts_.info; }
  const Route* route() const { return parts_.route; }  // null: none matched
  Headers& request_headers() { return parts_.request_headers; }
  // For Verdict::kReply. Its texts must live as long as the stream: literals, or in arena().
  Reply& reply() { return parts_.reply; }
  // For Verdict::kPause.
  Resumer MakeResumer() { return Resumer(parts_.resume_target, parts_.flow, parts_.filter); }

 private:
  Parts parts_;
};

}  // namespace sluice
