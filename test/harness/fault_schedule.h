// Fault schedule: runs a scenario again and again, each time with one more I/O call of the code
// under test going wrong: the first, the second, ... until a run is not touched. Any scenario that
// makes its own world can be run so; what it asserts must hold whatever fails.
#pragma once

#include <cstdint>
#include <functional>

#include "test/harness/memory_network.h"
#include "test/harness/sim_world.h"

namespace sluice {

class FaultSchedule {
 public:
  FaultSchedule(uint64_t call, FaultKind kind) : call_(call), kind_(kind) {}

  // The scenario calls it once its world is set up: calls count from here.
  void Arm(SimWorld& world);
  // Has every ProxyFixture that begins after this armed with `faults`; null: none.
  static void ArmEveryFixture(FaultSchedule* faults) { of_every_fixture_ = faults; }
  static FaultSchedule* OfEveryFixture() { return of_every_fixture_; }
  // Whether the fault has happened; false all through the last run.
  bool happened() const { return happened_; }

 private:
  const uint64_t call_;
  const FaultKind kind_;
  bool happened_ = false;
  inline static FaultSchedule* of_every_fixture_ = nullptr;
};

const char* FaultKindName(FaultKind kind);

// With every kind of fault; stops at the first failing run and says which it was. Returns the
// number of runs.
uint64_t RunUnderFaults(const std::function<void(FaultSchedule& faults)>& scenario);

}  // namespace sluice
