// typed_per_filter_config, of whatever level of a route configuration. No built-in filter takes
// any, so every entry is refused but those that say they are optional. Main thread.
#pragma once

#include <string>

#include "google/protobuf/map.h"
#include "source/config/field_scope.h"

namespace google::protobuf {
class Any;
}

namespace sluice {

void RefusePerFilterConfig(const google::protobuf::Map<std::string, google::protobuf::Any>& config,
                           const FieldScope& scope);

}  // namespace sluice
