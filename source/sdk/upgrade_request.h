// UpgradeRequest: that a request asks to leave HTTP, and whether a filter has allowed it. Of one
// stream, on its worker. What nobody has allowed when the request has passed all filters is refused
// (403, "upgrade_failed").
#pragma once

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "source/http/upgrade.h"

namespace sluice {

struct WebSocketPolicy;

struct UpgradeRequest {
  UpgradeForm form = UpgradeForm::kNone;
  absl::string_view type;  // "websocket", as the client has written it; "CONNECT"
  // upgrade_configs of the connection manager; those of the route are in the route.
  absl::Span<const UpgradeRule> manager_rules;
  bool allowed = false;
  // Of a WebSocket whose route has none; whoever has set it keeps it. Null: nothing but the
  // default.
  const WebSocketPolicy* websocket = nullptr;
};

}  // namespace sluice
