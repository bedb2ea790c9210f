// What both dialects write and read alike.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
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

// What a server says, within what a clock can count.
inline void ReadTtl(const envoy::service::discovery::v3::Resource& wrapper, Resource& into) {
  if (!wrapper.has_ttl()) return;
  constexpr int64_t kMaxSeconds = int64_t{100} * 365 * 24 * 3600;
  into.ttl = std::chrono::seconds(std::clamp<int64_t>(wrapper.ttl().seconds(), 0, kMaxSeconds)) +
             std::chrono::nanoseconds(std::max(wrapper.ttl().nanos(), 0));
  into.is_heartbeat = !wrapper.has_resource();
}

}  // namespace sluice
