// Resumer: what a paused filter keeps to go on with. Dead when its stream is: calls on a dead one
// do nothing, so a filter's own asynchronous work never has to ask whether anybody still waits for
// it. Good for one call, which may come from inside of the filter, before it has answered kPause.
#pragma once

#include <cstdint>
#include <utility>

#include "source/base/link.h"
#include "source/sdk/reply.h"

namespace sluice {

// The two directions of a stream: each pauses and goes on by itself.
enum class Flow : uint8_t { kRequest, kResponse };

// The end of the link inside a stream. Implemented by the stream.
class ResumeTarget : public LinkTarget<ResumeTarget> {
 public:
  virtual void ResumeFilter(Flow flow, uint32_t filter) = 0;
  virtual void ReplyFromFilter(Flow flow, uint32_t filter, const Reply& reply) = 0;
  // Asks for what the request has no route for the lack of; true: ResumeFilter follows.
  virtual bool FetchRoute(uint32_t filter) = 0;

 protected:
  ~ResumeTarget() = default;
};

class Resumer {
 public:
  Resumer() = default;
  Resumer(ResumeTarget& target, Flow flow, uint32_t filter)
      : link_(target), filter_(filter), flow_(flow) {}

  bool alive() const { return static_cast<bool>(link_); }
  // Passes on what was kept, from the filter after the paused one.
  void Resume() {
    if (const Link<ResumeTarget> link = std::move(link_)) link->ResumeFilter(flow_, filter_);
  }
  // As Verdict::kReply would have. Nothing, where the filter is not paused any more: the stream has
  // been answered without it.
  void SendReply(const Reply& reply) {
    if (const Link<ResumeTarget> link = std::move(link_)) {
      link->ReplyFromFilter(flow_, filter_, reply);
    }
  }

 private:
  Link<ResumeTarget> link_;
  uint32_t filter_ = 0;
  Flow flow_ = Flow::kRequest;
};

}  // namespace sluice
