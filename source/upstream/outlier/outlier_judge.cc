#include "source/upstream/outlier/outlier_judge.h"

#include <algorithm>
#include <cmath>

namespace sluice {

RateVerdict JudgeSuccessRates(const OutlierSettings& settings, const std::vector<HostRate>& rates,
                              size_t hosts) {
  RateVerdict verdict;
  if (hosts < settings.success_rate_hosts_min) return verdict;
  std::vector<size_t> judged;
  double sum = 0;
  for (size_t i = 0; i < rates.size(); ++i) {
    if (rates[i].total == 0 || rates[i].total < settings.success_rate_requests_min) continue;
    judged.push_back(i);
    sum += rates[i].percent();
  }
  if (judged.empty() || judged.size() < settings.success_rate_hosts_min) return verdict;
  const double count = static_cast<double>(judged.size());
  verdict.average = sum / count;
  double squares = 0;
  for (const size_t at : judged) {
    const double off = rates[at].percent() - verdict.average;
    squares += off * off;
  }
  const double factor = settings.success_rate_stdev_factor / 1000.0;
  verdict.threshold = verdict.average - factor * std::sqrt(squares / count);
  for (const size_t at : judged) {
    if (rates[at].percent() < verdict.threshold) verdict.outliers.push_back(at);
  }
  return verdict;
}

std::vector<size_t> JudgeFailures(const OutlierSettings& settings,
                                  const std::vector<HostRate>& rates, size_t hosts) {
  if (hosts < settings.failure_percentage_hosts_min) return {};
  std::vector<size_t> judged, outliers;
  for (size_t i = 0; i < rates.size(); ++i) {
    if (rates[i].total == 0 || rates[i].total < settings.failure_percentage_requests_min) continue;
    judged.push_back(i);
    if (100 - rates[i].percent() >= settings.failure_percentage_threshold) outliers.push_back(i);
  }
  if (judged.size() < settings.failure_percentage_hosts_min) return {};
  return outliers;
}

bool MayEject(const OutlierSettings& settings, size_t ejected, size_t hosts) {
  if (settings.always_eject_one_host && ejected == 0) return true;
  return 100 * (ejected + 1) <= settings.max_ejection_percent * hosts;
}

Duration EjectionTime(const OutlierSettings& settings, uint32_t times) {
  const Duration base = settings.base_ejection_time;
  if (times > settings.max_ejection_time / base) return settings.max_ejection_time;
  return std::min(base * static_cast<int64_t>(times), settings.max_ejection_time);
}

}  // namespace sluice
