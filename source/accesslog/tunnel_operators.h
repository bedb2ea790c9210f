// The command operators of tunnels, which Envoy has none of: what the proxy tells of a WebSocket by
// the heads of its frames. Const; any thread.
#pragma once

#include "absl/types/span.h"
#include "source/accesslog/format_operator.h"

namespace sluice {

absl::Span<const OperatorKind> TunnelOperatorKinds();

}  // namespace sluice
