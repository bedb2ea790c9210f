#include "test/harness/fault_schedule.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

constexpr uint64_t kRunsMax = 20000;

}  // namespace

const char* FaultKindName(FaultKind kind) {
  switch (kind) {
    case FaultKind::kReset:
      return "reset";
    case FaultKind::kShort:
      return "short";
  }
  return "?";
}

void FaultSchedule::Arm(SimWorld& world) {
  world.memory().FailCall(call_, kind_, [this] { happened_ = true; });
}

uint64_t RunUnderFaults(const std::function<void(FaultSchedule& faults)>& scenario) {
  uint64_t runs = 0;
  for (FaultKind kind : {FaultKind::kReset, FaultKind::kShort}) {
    for (uint64_t call = 1;; ++call) {
      SCOPED_TRACE(testing::Message()
                   << "fault schedule: I/O call " << call << ", " << FaultKindName(kind));
      FaultSchedule faults(call, kind);
      scenario(faults);
      ++runs;
      if (testing::Test::HasFailure()) return runs;
      if (!faults.happened()) break;
      if (runs > kRunsMax) {
        ADD_FAILURE() << "the scenario has no end";
        return runs;
      }
    }
  }
  return runs;
}

}  // namespace sluice
