#include "source/server/overload_watch.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

// As Envoy: a heap that stays full is not gone through at every look.
constexpr Duration kBetweenShrinks = std::chrono::seconds(10);

}  // namespace

OverloadWatch::OverloadWatch(WorkerContext& main, StatsRegistry& stats, OverloadState& state,
                             Heap heap)
    : main_(main),
      stats_(stats),
      state_(state),
      heap_(std::move(heap)),
      next_(main.loop, this, kMethod<&OverloadWatch::Check>) {}

void OverloadWatch::Start(OverloadSpec spec) {
  spec_ = std::move(spec);
  state_.connections_max = spec_.connections_max;
  if (spec_.heap_bytes_max == 0) return;
  pressure_ = stats_.GetGauge("overload.envoy.resource_monitors.fixed_heap.pressure");
  for (const OverloadSpec::Trigger& trigger : spec_.triggers) {
    active_[static_cast<size_t>(trigger.action)] =
        stats_.GetGauge(absl::StrCat("overload.", OverloadActionName(trigger.action), ".active"));
  }
  Check();
}

void OverloadWatch::Check() {
  const double pressure =
      static_cast<double>(heap_.used_bytes()) / static_cast<double>(spec_.heap_bytes_max);
  pressure_.Set(main_.stats, static_cast<int64_t>(pressure * 100));
  std::array<bool, static_cast<size_t>(OverloadAction::kCount)> active{};
  for (const OverloadSpec::Trigger& trigger : spec_.triggers) {
    active[static_cast<size_t>(trigger.action)] |= pressure >= trigger.threshold;
  }
  for (const OverloadSpec::Trigger& trigger : spec_.triggers) {
    const auto action = static_cast<size_t>(trigger.action);
    active_[action].Set(main_.stats, active[action] ? 1 : 0);
  }
  const auto is = [&](OverloadAction action) { return active[static_cast<size_t>(action)]; };
  state_.refuses_requests = is(OverloadAction::kStopAcceptingRequests);
  state_.refuses_connections = is(OverloadAction::kRejectIncomingConnections);
  state_.ends_keep_alive = is(OverloadAction::kDisableHttpKeepalive);
  Shrink(is(OverloadAction::kShrinkHeap));
  next_.Arm(spec_.refresh_interval);
}

void OverloadWatch::Shrink(bool is_due) {
  const bool was_due = std::exchange(shrinks_, is_due);
  if (!is_due) return;
  const MonotonicTime now = main_.loop.now();
  if (was_due && now - shrunk_at_ < kBetweenShrinks) return;
  shrunk_at_ = now;
  heap_.shrink();
}

}  // namespace sluice
