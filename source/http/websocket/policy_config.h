// Reads a WebSocketPolicy. Main thread.
#pragma once

#include "source/config/field_scope.h"
#include "source/http/websocket/policy.h"

namespace google::protobuf {
class Message;
}

namespace sluice {

// `message`: a sluice.extensions.http.upgrade.v1.WebSocketPolicy.
WebSocketPolicy ParseWebSocketPolicy(const google::protobuf::Message& message,
                                     const FieldScope& scope);

}  // namespace sluice
