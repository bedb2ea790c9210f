// FilterRunner: takes one stream's messages through its filters: the only loop there is. It calls
// filters and nobody else: what has passed the last filter is fetched by the stream with Next.
//
// One stream, one worker. Each filter is asked about each piece exactly once. What a paused filter
// holds back, and all that follows, waits at its place in order; where nobody paused nothing waits,
// and a piece goes from filter to filter in the stream's hand. Filters may not re-enter the runner:
// a Resumer goes through the stream, which calls Resume and then fetches.
#pragma once

#include <cstdint>
#include <string>

#include "source/base/arena.h"
#include "source/base/buffer.h"
#include "source/base/flow_gauge.h"
#include "source/proxy/filter_plan.h"
#include "source/sdk/filter_context.h"

namespace sluice {

class FilterRunner {
 public:
  enum class Piece : uint8_t {
    kNothing,  // no piece is ready: wait for input or a Resume
    kHeaders,
    kData,
    kTrailers,
    kReply,         // the filter replier() answered: see StreamParts::reply
    kReset,         // a filter wants the stream ended
    kBodyTooLarge,  // for a filter that wants it whole
  };

  // What filters see of the stream. All of it outlives the runner.
  struct StreamParts {
    WorkerContext& worker;
    Arena& arena;
    StreamInfo& info;
    const Route* const& route;
    UpgradeRequest* const& upgrade;
    Headers& request_headers;  // in whose arena the runner has what it needs until it steps aside
    Reply*& reply;             // null: no filter has made one
    ResumeTarget& resume_target;
    FlowGauge& request_gauge;
    FlowGauge& response_gauge;
    std::string& scratch;
  };
  FilterRunner() = default;  // without filters
  // Once, before anything is put: makes the filters of `plan`, which outlives the runner, in their
  // order; they are destroyed in reverse.
  void Start(const FilterPlan& plan, const StreamParts& stream);
  // Once the route has been chosen, before the head is put: what it says to the filters. And again
  // when one was found later, while the filter before `first` waits: those before it are not put
  // in or out by it any more.
  void ApplyRoute(uint32_t first = 0);
  ~FilterRunner();
  FilterRunner(const FilterRunner&) = delete;
  FilterRunner& operator=(const FilterRunner&) = delete;

  // Has nobody to ask: no filters, or they stepped aside.
  bool empty() const { return chain_ == nullptr; }
  // Between the heads and what follows them: where no filter asks for that and nothing waits, what
  // comes from now on need not come here. The runner is empty then, and the heads' arena is no
  // longer of use to it; filters live on until the stream ends.
  void StepAside();

  // What comes in, counted by its gauge. Headers live in the stream; data is moved from `data`.
  // After a Stop of that direction it is dropped.
  void PutHeaders(Flow flow, Headers& headers, End end);
  void PutData(Flow flow, Buffer& data, End end);
  void PutTrailers(Flow flow, Headers& trailers);

  // The next piece that has passed all filters of its direction: data is moved to `data`, which is
  // empty before, and `end` set. What filters add or take away has been told to the gauge.
  Piece Next(Flow flow, Buffer& data, End& end);
  // After kReply.
  uint32_t replier(Flow flow) const { return lane(flow).replier; }

  // The filter that paused in this direction passes on what it holds.
  void Resume(Flow flow, uint32_t filter);
  // Whether the filter is paused in this direction, or being asked: only then may its Resumer
  // reply.
  bool IsWaitedFor(Flow flow, uint32_t filter) const;

  // Drops what waits in a direction and all that comes later; its gauge is told.
  void Stop(Flow flow);
  // Stops the request and what there was of a response. The response that is put next goes through
  // the filters before `filter` only; `filter` == passed_filters(): all those that know the
  // request.
  void BeginReply(uint32_t filter);
  // Whether anything waits in this direction.
  bool holds_any(Flow flow) const;
  // How many filters have passed the request's head on: a reply made now begins behind them.
  uint32_t passed_filters() const { return passed_filters_; }

 private:
  enum class State : uint8_t {
    kOpen,
    kAsking,   // inside a call of the filter
    kResumed,  // the same, and its Resumer has been called already
    kPaused,
    kGathering,  // until the body is whole
    kTooLarge,   // it will not be
  };
  // One filter's place in one direction. The last place is behind all filters, and always open.
  struct Place {
    Headers* headers = nullptr;     // waiting here
    Headers* trailers = nullptr;    // waiting here
    Buffer* data = nullptr;         // waiting here; made on first use
    size_t asked_bytes = 0;         // the first of `data`, when the filter paused on data
    Piece asked = Piece::kNothing;  // on what it paused: it is not asked again about that
    End asked_end = End::kNo;       // what it was told then
    bool data_waiting = false;      // data that it was not asked about, or an empty last piece
    bool end = false;               // nothing follows what waits here
    bool gathered = false;          // or about to be
    State state = State::kOpen;

    bool holds_any() const {
      return asked != Piece::kNothing || headers != nullptr || data_waiting || trailers != nullptr;
    }
  };
  struct Lane {
    Place* places = nullptr;  // count_ + 1
    uint32_t first = 0;       // those before it are skipped (replies)
    uint32_t replier = 0;
    uint32_t stops = 0;  // how often: a filter's answer to what has been dropped meanwhile is void
    bool stopped = false;
  };
  // A piece on its way: data is in the caller's buffer.
  struct Hand {
    Piece piece;
    Headers* headers;
    Buffer& data;
    End end;
  };

  // What it takes to ask filters.
  struct Chain {
    Chain(const FilterPlan& plan, const StreamParts& stream) : plan(plan), stream(stream) {}
    const FilterPlan& plan;
    const StreamParts stream;
    bool* detached = nullptr;  // of each
    // Of each; null: the route says nothing to any.
    const FilterSettings** settings = nullptr;
    Lane request, response;
  };

  Lane& lane(Flow flow) const {
    return flow == Flow::kRequest ? chain_->request : chain_->response;
  }
  uint32_t FilterAt(Flow flow, uint32_t position) const {
    return flow == Flow::kRequest ? position : count_ - 1 - position;
  }
  FlowGauge& GaugeOf(Flow flow) {
    return flow == Flow::kRequest ? chain_->stream.request_gauge : chain_->stream.response_gauge;
  }
  uint32_t ReadyPosition(const Lane& lane) const;
  // Takes the first piece that waits at a place. True: its filter has not been asked about it.
  bool Take(Place& place, Hand& hand);
  Piece Walk(Flow flow, uint32_t position, Hand& hand);
  Verdict Ask(Flow flow, uint32_t filter, Hand& hand);
  Verdict AskAbout(Flow flow, uint32_t filter, Hand& hand);
  bool Wants(uint32_t filter, Flow flow, Piece piece) const;
  bool MustGather(Flow flow, uint32_t position, const Hand& hand) const;
  size_t WholeBodyBytesMax(Flow flow, uint32_t position) const;
  void Hold(Flow flow, uint32_t position, Hand& hand);
  void HoldAsked(Place& place, Hand& hand);
  Piece DropHand(Flow flow, Hand& hand, Piece result);
  Buffer& DataOf(Place& place);
  void DropChain();

  Chain* chain_ = nullptr;  // in the heads' arena
  ArenaPtr<HttpFilter>* filters_ = nullptr;
  uint32_t count_ = 0;
  uint32_t passed_filters_ = 0;
};

}  // namespace sluice
