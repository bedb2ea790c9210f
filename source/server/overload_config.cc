#include "source/server/overload_config.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "envoy/config/overload/v3/overload.pb.h"
#include "envoy/extensions/resource_monitors/downstream_connections/v3/downstream_connections.pb.h"
#include "envoy/extensions/resource_monitors/fixed_heap/v3/fixed_heap.pb.h"
#include "source/config/any_unpack.h"
#include "source/config/proto_fields.h"

namespace sluice {
namespace {

namespace pb = ::envoy::config::overload::v3;
namespace monitors = ::envoy::extensions::resource_monitors;
using FixedHeap = monitors::fixed_heap::v3::FixedHeapConfig;
using DownstreamConnections = monitors::downstream_connections::v3::DownstreamConnectionsConfig;

constexpr absl::string_view kHeap = "envoy.resource_monitors.fixed_heap";

constexpr absl::string_view kActionNames[] = {
    "envoy.overload_actions.shrink_heap",
    "envoy.overload_actions.stop_accepting_requests",
    "envoy.overload_actions.reject_incoming_connections",
    "envoy.overload_actions.disable_http_keepalive",
};

std::optional<OverloadAction> ActionOf(absl::string_view name) {
  for (size_t i = 0; i < std::size(kActionNames); ++i) {
    if (kActionNames[i] == name) return static_cast<OverloadAction>(i);
  }
  return std::nullopt;
}

void ReadMonitor(const pb::ResourceMonitor& proto, const FieldScope& scope, OverloadSpec& spec) {
  const FieldScope at = scope.At("typed_config");
  const auto message = UnpackAny(proto.typed_config(), at);
  if (message == nullptr) return;
  if (message->GetDescriptor() == FixedHeap::descriptor()) {
    spec.heap_bytes_max =
        static_cast<int64_t>(static_cast<const FixedHeap&>(*message).max_heap_size_bytes());
  } else if (message->GetDescriptor() == DownstreamConnections::descriptor()) {
    spec.connections_max =
        static_cast<const DownstreamConnections&>(*message).max_active_downstream_connections();
  } else {
    at.Error(absl::StrCat("no resource monitor \"", message->GetDescriptor()->full_name(), "\""),
             "there are fixed_heap and downstream_connections");
  }
}

void ReadTrigger(const pb::Trigger& proto, OverloadAction action, const FieldScope& scope,
                 OverloadSpec& spec) {
  if (proto.name() != kHeap) {
    return scope.At("name").Error(absl::StrCat("\"", proto.name(), "\" has no pressure to act on"),
                                  "envoy.resource_monitors.fixed_heap has");
  }
  if (spec.heap_bytes_max == 0) {
    return scope.At("name").Error("is none of resource_monitors");
  }
  if (!proto.has_threshold()) {
    return scope.At("threshold").Error("is required", "there are no scaled actions");
  }
  spec.triggers.push_back({action, proto.threshold().value()});
}

}  // namespace

absl::string_view OverloadActionName(OverloadAction action) {
  return kActionNames[static_cast<size_t>(action)];
}

OverloadSpec ReadOverload(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                          const FieldScope& scope) {
  const pb::OverloadManager& proto = bootstrap.overload_manager();
  OverloadSpec spec;
  spec.refresh_interval = DurationOr(proto, "refresh_interval", spec.refresh_interval, scope,
                                     {.min = std::chrono::milliseconds(1)});
  for (int i = 0; i < proto.resource_monitors_size(); ++i) {
    ReadMonitor(proto.resource_monitors(i), scope.At("resource_monitors", i), spec);
  }
  for (int i = 0; i < proto.actions_size(); ++i) {
    const FieldScope at = scope.At("actions", i);
    const std::optional<OverloadAction> action = ActionOf(proto.actions(i).name());
    if (!action.has_value()) {
      at.At("name").Error(absl::StrCat("no action \"", proto.actions(i).name(), "\""),
                          "there are shrink_heap, stop_accepting_requests, "
                          "reject_incoming_connections and disable_http_keepalive");
      continue;
    }
    for (int j = 0; j < proto.actions(i).triggers_size(); ++j) {
      ReadTrigger(proto.actions(i).triggers(j), *action, at.At("triggers", j), spec);
    }
  }
  return spec;
}

}  // namespace sluice
