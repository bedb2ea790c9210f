// What both dialects write and read alike.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>

#include "envoy/service/discovery/v3/discovery.pb.h"
#include "google/rpc/status.pb.h"
#include "sluice/control/v1/refused_resource.pb.h"
#include "source/xds/resource.h"
#include "source/xds/subscription.h"
#include "source/xds/utf8.h"

namespace sluice {

// The name that asks for all, beside other names.
inline const std::string& Wildcard() {
  static const std::string name(1, '*');
  return name;
}

// google.rpc.Code.INVALID_ARGUMENT, as Envoy refuses.
inline constexpr int kRefusedCode = 3;

// Of all of a refusal's details: what comes after is in its words only.
inline constexpr size_t kDetailBytesMax = 256 * 1024;

inline void WriteRefusal(const Subscription& subscription, google::rpc::Status& status) {
  status.set_code(kRefusedCode);
  status.set_message(subscription.refusal);
  size_t size = 0;
  for (const ResourceError& error : subscription.refusal_details) {
    control::v1::RefusedResource refused;
    refused.set_type(std::string(subscription.type->url));
    refused.set_name(AsUtf8(error.name, kDetailBytesMax));
    refused.set_version(AsUtf8(error.version, kDetailBytesMax));
    for (const ResourceMistake& mistake : error.mistakes) {
      auto& written = *refused.add_mistakes();
      written.set_path(AsUtf8(mistake.path, kDetailBytesMax));
      written.set_rule(AsUtf8(mistake.rule, kDetailBytesMax));
      written.set_hint(AsUtf8(mistake.hint, kDetailBytesMax));
    }
    if (error.mistakes.empty()) {
      refused.add_mistakes()->set_rule(AsUtf8(error.text, kDetailBytesMax));
    }
    size += refused.ByteSizeLong();
    if (size > kDetailBytesMax) return;
    status.add_details()->PackFrom(refused);
  }
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
