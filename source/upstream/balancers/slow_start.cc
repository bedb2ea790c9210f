#include "source/upstream/balancers/slow_start.h"

#include <algorithm>
#include <cmath>

namespace sluice {

double SlowStartPart(const SlowStart& spec, Duration fit_for) {
  if (fit_for >= spec.window) return 1.0;
  const double part = std::max(0.0, static_cast<double>(fit_for.count())) /
                      static_cast<double>(spec.window.count());
  return std::max(spec.weight_min, std::pow(part, 1.0 / spec.aggression));
}

}  // namespace sluice
