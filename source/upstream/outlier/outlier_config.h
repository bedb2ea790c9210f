// An OutlierDetection of Envoy's API to a value. Main thread; errors go to the scope.
#pragma once

#include "source/config/field_scope.h"
#include "source/upstream/outlier/outlier_settings.h"

namespace envoy::config::cluster::v3 {
class OutlierDetection;
}

namespace sluice {

OutlierSettings ParseOutlierDetection(const envoy::config::cluster::v3::OutlierDetection& detection,
                                      const FieldScope& scope);

}  // namespace sluice
