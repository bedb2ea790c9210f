// SettingsOf: the settings of a cluster that a test makes, to change them.
#pragma once

#include <memory>

#include "source/upstream/cluster_spec.h"

namespace sluice {

inline ClusterSettings& SettingsOf(ClusterSpec& spec) {
  auto own = std::make_shared<ClusterSettings>(*spec.settings);
  spec.settings = own;
  return *own;
}

}  // namespace sluice
