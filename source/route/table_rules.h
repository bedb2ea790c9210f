// TableRules: what a route configuration says of all its virtual hosts: they are compiled by it, so
// two tables may share a virtual host only where they share this. Const, any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "source/http/websocket/policy.h"
#include "source/route/filter_settings.h"
#include "source/route/header_edits.h"

namespace envoy::config::core::v3 {
class ConfigSource;
}

namespace sluice {

// Where virtual hosts come from beside those that the configuration has in it (vhds). Equal bytes
// are the same source.
struct HostSource {
  std::shared_ptr<const envoy::config::core::v3::ConfigSource> proto;
  std::string bytes;  // CanonicalBytes of it
};

struct TableRules {
  std::string name;
  HeaderEdits request_edits, response_edits;  // Routes point to them
  bool most_specific_edits_last = false;
  bool ignore_port = false;
  uint32_t body_bytes_max = 0;  // of a direct response
  std::optional<bool> validate_clusters;
  std::optional<HostSource> hosts;  // none: there are no others
  // What it says to filters, where a virtual host does not.
  std::shared_ptr<const WebSocketPolicy> websocket;
  FilterSettingsList filter_settings;
};

}  // namespace sluice
