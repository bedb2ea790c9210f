// Resumer: what a paused filter keeps to go on with. Dead when its stream is: calls on a dead one do
// nothing, so a filter's own asynchronous work never has to ask whether anybody still waits for it.
#pragma once

#include <cstdint>

#include "source/base/link.h"
#include "source/sdk/reply.h"

namespace sluice {

// The end of the link inside a stream. Implemented by the filter runner.
class ResumeTarget : public LinkTarget<ResumeTarget> {
 public:
  virtual void ResumeSlot(uint32_t slot) = 0;
  virtual void ReplyFromSlot(uint32_t slot, const Reply& reply) = 0;

 protected:
  ~ResumeTarget() = default;
};

class Resumer {
 public:
  Resumer() = default;
  Resumer(ResumeTarget& target, uint32_t slot) : link_(target), slot_(slot) {}

  bool alive() const { return static_cast<bool>(link_); }
  // Passes on what was kept, from the filter after the paused one.
  void Resume() {
    if (link_) link_->ResumeSlot(slot_);
  }
  // As Verdict::kReply would have.
  void SendReply(const Reply& reply) {
    if (link_) link_->ReplyFromSlot(slot_, reply);
  }

 private:
  Link<ResumeTarget> link_;
  uint32_t slot_ = 0;
};

}  // namespace sluice
