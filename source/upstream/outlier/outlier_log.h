// OutlierLog: one line of JSON for each ejection and each return of a host: an
// OutlierDetectionEvent of envoy.data.cluster.v3. Pure text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "source/base/units.h"
#include "source/upstream/outlier/outlier_settings.h"

namespace sluice {

struct OutlierEvent {
  EjectionType type;
  WallTime time;
  std::optional<Duration> since_last;  // ejection or return of this host
  absl::string_view cluster;
  std::string address;
  bool ejects = true;
  uint32_t ejections = 0;  // of this host so far
  bool enforced = false;
  // Of those that compare rates, in percent.
  double success_rate = -1, average = -1, threshold = -1;
};

// With its line end.
std::string OutlierEventLine(const OutlierEvent& event);

}  // namespace sluice
