// typed_per_filter_config, of whatever level of a route configuration: what the filters' own
// parsers make of it, and UpgradePerRoute, which is the route's. Of a type that nobody reads an
// entry is refused, but for those that say they are optional. Main thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/map.h"
#include "source/config/field_scope.h"
#include "source/http/websocket/policy.h"
#include "source/route/filter_settings.h"

namespace google::protobuf {
class Any;
}

namespace sluice {

using PerFilterMap = google::protobuf::Map<std::string, google::protobuf::Any>;

struct PerFilterConfig {
  std::shared_ptr<const WebSocketPolicy> websocket;  // null: that level does not say
  FilterSettingsList filters;                        // so too
};

class PerFilterReader {
 public:
  // Both may be null: no filter takes any; no key is set.
  PerFilterReader(const FilterSettingsParsers* parsers, RuntimeKeys* runtime)
      : parsers_(parsers), runtime_(runtime) {}

  // Of a route, a virtual host, a route configuration; what is not said there is as in `outer`.
  PerFilterConfig Read(const PerFilterMap& config, const FieldScope& scope,
                       const PerFilterConfig& outer = {}) const;

 private:
  void ReadEntry(const std::string& name, const google::protobuf::Any& any, const FieldScope& at,
                 PerFilterConfig& config, std::vector<FilterSettings>& settings) const;

  const FilterSettingsParsers* parsers_;
  RuntimeKeys* runtime_;
};

// Of a weighted cluster, where no filter takes any.
void RefusePerFilterConfig(const PerFilterMap& config, const FieldScope& scope);

}  // namespace sluice
