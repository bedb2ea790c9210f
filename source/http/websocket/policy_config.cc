#include "source/http/websocket/policy_config.h"

#include "sluice/extensions/http/upgrade/v1/upgrade.pb.h"
#include "source/config/proto_fields.h"

namespace sluice {

namespace pb = ::sluice::extensions::http::upgrade::v1;

WebSocketPolicy ParseWebSocketPolicy(const google::protobuf::Message& message,
                                     const FieldScope& scope) {
  const auto& proto = static_cast<const pb::WebSocketPolicy&>(message);
  WebSocketPolicy policy;
  policy.follow_frames = BoolOr(proto, "follow_frames", true);
  policy.request_timeout_is_idle_timeout = proto.request_timeout_is_idle_timeout();
  return policy;
}

}  // namespace sluice
