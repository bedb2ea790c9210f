// What both dialects write and read alike.
#pragma once

#include <string>

#include "envoy/service/discovery/v3/discovery.pb.h"
#include "google/rpc/status.pb.h"
#include "source/xds/resource.h"
#include "source/xds/subscription.h"

namespace sluice {

// The name that asks for all, beside other names.
inline const std::string& Wildcard() {
  static const std::string name(1, '*');
  return name;
}

// google.rpc.Code.INVALID_ARGUMENT, as Envoy refuses.
inline constexpr int kRefusedCode = 3;

inline void WriteRefusal(const Subscription& subscription, google::rpc::Status& status) {
  status.set_code(kRefusedCode);
  status.set_message(subscription.refusal);
}

inline void ReadTtl(const envoy::service::discovery::v3::Resource& wrapper, Resource& into) {
  if (!wrapper.has_ttl()) return;
  into.ttl = std::chrono::seconds(wrapper.ttl().seconds()) +
             std::chrono::nanoseconds(wrapper.ttl().nanos());
  into.is_heartbeat = !wrapper.has_resource();
}

}  // namespace sluice
