// Slow start: what part of its weight a host counts, by how long it has been fit for traffic. Pure.
#pragma once

#include "source/base/units.h"
#include "source/upstream/balancer_spec.h"

namespace sluice {

// 1 outside of the window, or without one. As Envoy: (time / window) ^ (1 / aggression), and at
// least the smallest weight.
double SlowStartPart(const SlowStart& spec, Duration fit_for);

}  // namespace sluice
