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
  policy.enforce = proto.enforce();
  policy.message_bytes_max = UInt64Or(proto, "max_message_bytes", 0);
  if (proto.has_max_message_bytes() && policy.message_bytes_max == 0)
    scope.At("max_message_bytes").Error("must be at least 1", "leave it out for any size");
  const DurationRange positive{.min = std::chrono::milliseconds(1)};
  if (proto.has_ping()) {
    const FieldScope at = scope.At("ping");
    if (Required(proto.ping(), "interval", at))
      policy.ping_interval = DurationOr(proto.ping(), "interval", Duration{0}, at, positive);
    policy.ping_timeout = DurationOr(proto.ping(), "timeout", policy.ping_interval, at, positive);
  }
  policy.age_max = DurationOr(proto, "max_age", Duration{0}, scope, positive);
  policy.age_jitter_percent = proto.max_age_jitter_percent();
  if (policy.age_jitter_percent > 100)
    scope.At("max_age_jitter_percent").Error("must be at most 100");
  if (proto.has_message_rate()) {
    const auto& rate = proto.message_rate();
    const FieldScope at = scope.At("message_rate");
    policy.messages_per_second = rate.messages_per_second();
    if (policy.messages_per_second == 0) at.At("messages_per_second").Error("must be at least 1");
    policy.message_burst = UInt32Or(rate, "burst", policy.messages_per_second, at, {.min = 1});
  }
  if (proto.has_host_gone_grace())
    policy.host_gone_grace = DurationOr(proto, "host_gone_grace", Duration{0}, scope);
  if (!policy.follow_frames && policy.acts()) {
    scope.At("follow_frames")
        .Error("is false, but the policies need to know where frames end", "leave it out");
  }
  return policy;
}

}  // namespace sluice
