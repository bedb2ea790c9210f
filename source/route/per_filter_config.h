// typed_per_filter_config, of whatever level of a route configuration. The upgrade filter takes
// UpgradePerRoute; no other built-in filter takes any, so every other entry is refused but those
// that say they are optional. Main thread.
#pragma once

#include <memory>
#include <string>

#include "google/protobuf/map.h"
#include "source/config/field_scope.h"
#include "source/http/websocket/policy.h"

namespace google::protobuf {
class Any;
}

namespace sluice {

using PerFilterMap = google::protobuf::Map<std::string, google::protobuf::Any>;

// Of a route, a virtual host, a route configuration. Null: that level does not say.
std::shared_ptr<const WebSocketPolicy> ParsePerFilterConfig(const PerFilterMap& config,
                                                            const FieldScope& scope);

// Of a weighted cluster, where no filter takes any.
void RefusePerFilterConfig(const PerFilterMap& config, const FieldScope& scope);

}  // namespace sluice
