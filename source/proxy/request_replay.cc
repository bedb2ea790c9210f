#include "source/proxy/request_replay.h"

namespace sluice {

bool RequestReplay::Keep(const Buffer& data, End end) {
  ended_ = ended_ || end == End::kYes;
  if (!whole_) return true;
  if (data.size() > bytes_max_ - kept_.size()) {
    GiveUp();
    return false;
  }
  kept_.AppendShared(data);
  return true;
}

void RequestReplay::Hold(Buffer& data, End end) {
  ended_ = ended_ || end == End::kYes;
  held_ += data.size();
  kept_.MoveFrom(data);
}

bool RequestReplay::Give(Buffer& body, FlowGauge& gauge) {
  const size_t uncounted = kept_.size() - held_;
  held_ = 0;
  body.AppendShared(kept_);
  gauge.Add(uncounted);
  if (kept_.size() <= bytes_max_) return true;
  GiveUp();
  return false;
}

void RequestReplay::GiveUp() {
  whole_ = false;
  kept_.Clear();
}

void RequestReplay::Drop(FlowGauge& gauge) {
  gauge.Subtract(held_);
  held_ = 0;
  GiveUp();
}

}  // namespace sluice
