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
  FilterContext(WorkerContext& worker, Arena& arena, StreamInfo& info, const Route* route, Headers& request,
                Reply& reply, ResumeTarget& target, uint32_t slot)
      : worker_(worker), arena_(arena), info_(info), route_(route), request_(request), reply_(reply),
        target_(target), slot_(slot) {}

  WorkerContext& worker() { return worker_; }
  Arena& arena() { return arena_; }  // for what must live as long as the stream
  StreamInfo& info() { return info_; }
  const Route* route() const { return route_; }  // null: none matched
  Headers& request_headers() { return request_; }
  // For Verdict::kReply. Its texts must live as long as the stream: literals, or in arena().
  Reply& reply() { return reply_; }
  // For Verdict::kPause.
  Resumer MakeResumer() { return Resumer(target_, slot_); }

 private:
  WorkerContext& worker_;
  Arena& arena_;
  StreamInfo& info_;
  const Route* route_;
  Headers& request_;
  Reply& reply_;
  ResumeTarget& target_;
  uint32_t slot_;
};

}  // namespace sluice
