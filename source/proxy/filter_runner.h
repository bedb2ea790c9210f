// FilterRunner: takes one stream's messages through its filters: the only loop there is. It calls
// filters and nobody else: what has passed the last filter is fetched by the stream with Next.
//
// One stream, one worker. What a paused filter holds back waits in its slot, in order; each slot asks
// its filter about each piece exactly once. Filters may not re-enter the runner: a Resumer goes through
// the stream, which calls Resume and then fetches.
#pragma once

#include <cstdint>

#include "source/base/arena.h"
#include "source/base/buffer.h"
#include "source/base/flow_gauge.h"
#include "source/proxy/filter_plan.h"
#include "source/sdk/filter_context.h"

namespace sluice {

enum class Flow : uint8_t { kRequest, kResponse };

class FilterRunner {
 public:
  enum class Piece : uint8_t {
    kNothing,  // no piece is ready: wait for input or a Resume
    kHeaders,
    kData,
    kTrailers,
    kReply,  // the filter at slot() answered: see reply()
    kReset,  // the filter at slot() wants the stream ended
  };

  // What filters see of the stream. All of it outlives the runner.
  struct StreamParts {
    WorkerContext& worker;
    Arena& arena;
    StreamInfo& info;
    const Route* const& route;
    Headers& request_headers;
    Reply& reply;
    ResumeTarget& resume_target;
    FlowGauge& request_gauge;
    FlowGauge& response_gauge;
  };
  // Makes the filters of `plan`, which outlives the runner.
  FilterRunner(const FilterPlan& plan, const StreamParts& stream);
  ~FilterRunner();
  FilterRunner(const FilterRunner&) = delete;
  FilterRunner& operator=(const FilterRunner&) = delete;

  bool empty() const { return count_ == 0; }

  // What comes in. Headers live in the stream; data is moved from `data`.
  void PutHeaders(Flow flow, Headers& headers, End end);
  void PutData(Flow flow, Buffer& data, End end);
  void PutTrailers(Flow flow, Headers& trailers);

  // The next piece that has passed all filters of its direction: data is moved to `data`, `end` set.
  Piece Next(Flow flow, Buffer& data, End& end);
  uint32_t slot() const { return answering_slot_; }

  // The filter that paused passes on what it holds.
  void Resume(uint32_t slot);

  // The request goes no further; the response begins before filter `slot`: those that passed the
  // request on see it. `slot` == filter count: all do.
  void BeginReply(uint32_t slot);
  // Drops what waits in a direction, and returns how many bytes that was.
  size_t Drop(Flow flow);
  // How many filters have passed the request's head on: a reply made now begins behind them.
  uint32_t passed_filters() const { return passed_filters_; }

 private:
  // One filter's place in one direction, or (the last) the exit.
  struct Slot {
    Headers* headers = nullptr;   // waiting here
    Headers* trailers = nullptr;  // waiting here
    Buffer* data = nullptr;       // waiting here; made on first use
    size_t asked_bytes = 0;       // of data: what the filter paused on
    bool headers_asked = false;
    bool data_asked = false;
    bool trailers_asked = false;
    bool data_waiting = false;  // data, or an empty last piece
    bool end = false;           // nothing follows what waits here
    bool paused = false;
  };
  struct Lane {
    Slot* slots = nullptr;  // count_ + 1
    uint32_t first = 0;     // those before it are skipped (replies)
  };

  Lane& lane(Flow flow) { return flow == Flow::kRequest ? request_ : response_; }
  uint32_t FilterAt(Flow flow, uint32_t position) const {
    return flow == Flow::kRequest ? position : count_ - 1 - position;
  }
  FlowGauge& GaugeOf(Flow flow) {
    return flow == Flow::kRequest ? stream_.request_gauge : stream_.response_gauge;
  }
  Buffer& DataOf(Slot& slot);
  void Destroy(Lane& lane);
  Piece TakeFromExit(Slot& exit, Buffer& data, End& end);
  Piece Advance(Flow flow, uint32_t position);
  bool WaitsForWholeBody(Flow flow, uint32_t filter, const Slot& slot);
  Verdict AskHeaders(Flow flow, uint32_t filter, Slot& slot);
  Verdict AskData(Flow flow, uint32_t filter, Slot& slot);
  Verdict AskTrailers(Flow flow, uint32_t filter, Slot& slot);
  FilterContext ContextFor(uint32_t filter);
  bool Wants(uint32_t filter, Interest interest) const {
    return !detached_[filter] && Includes(plan_.filters[filter].interests, interest);
  }
  // Moves one piece on, in order.
  static void PassHeaders(Slot& from, Slot& to);
  void PassData(Slot& from, Slot& to, size_t bytes);
  static void PassTrailers(Slot& from, Slot& to);

  const FilterPlan& plan_;
  StreamParts stream_;
  ArenaPtr<HttpFilter>* filters_ = nullptr;
  bool* detached_ = nullptr;
  uint32_t count_;
  uint32_t answering_slot_ = 0;
  uint32_t passed_filters_ = 0;
  Lane request_;
  Lane response_;
};

}  // namespace sluice
