// Who of a cluster's hosts does worse than the others, and for how long an ejection lasts. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "source/base/units.h"
#include "source/upstream/outlier/outlier_settings.h"

namespace sluice {

// How a host that is in service has answered in the last interval.
struct HostRate {
  uint32_t total = 0;
  uint32_t success = 0;
  double percent() const { return total == 0 ? -1 : 100.0 * success / total; }
};

// Below the threshold a host is an outlier.
struct RateVerdict {
  double average = -1;  // percent, as is the threshold; -1: there were too few to say
  double threshold = -1;
  std::vector<size_t> outliers;  // places in what was judged
};

// `rates`: of the hosts in service. `hosts`: of the cluster.
RateVerdict JudgeSuccessRates(const OutlierSettings& settings, const std::vector<HostRate>& rates,
                              size_t hosts);
std::vector<size_t> JudgeFailures(const OutlierSettings& settings,
                                  const std::vector<HostRate>& rates, size_t hosts);

// Whether one more may go.
bool MayEject(const OutlierSettings& settings, size_t ejected, size_t hosts);

// Of a host that has been ejected `times` times in a row, before jitter.
Duration EjectionTime(const OutlierSettings& settings, uint32_t times);

}  // namespace sluice
