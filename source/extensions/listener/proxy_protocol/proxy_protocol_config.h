// The configuration of proxy_protocol as a value. The .cc beside it is the only file of the
// extension that sees its proto. Main thread, when configuration is read.
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/btree_map.h"
#include "source/config/field_scope.h"
#include "source/extensions/listener/proxy_protocol/proxy_header.h"
#include "source/sdk/listener_filter.h"
#include "source/sdk/registry.h"
#include "source/stats/counter.h"
#include "source/stats/registry.h"

namespace google::protobuf {
class Message;
}

namespace sluice {

// Names as in Envoy.
struct ProxyProtocolStats {
  struct OfVersion {
    Counter found, disallowed, error;
  };
  // `stat_prefix`: the filter's own, may be empty.
  ProxyProtocolStats(const ExtensionContext& context, const std::string& stat_prefix);
  const OfVersion& Of(ProxyVersion version) const { return version == ProxyVersion::kV1 ? v1 : v2; }

  Counter not_found_allowed, not_found_disallowed;  // "proxy_proto.*"
  OfVersion v1, v2;                                 // "proxy_proto.versions.v1.*"
  Counter cx_error;  // "listener.<address>.downstream_cx_proxy_proto_error": any of the errors
};

struct ProxyProtocolConfig {
  ProxyVersions allowed;
  bool may_be_missing = false;  // allow_requests_without_proxy_protocol
  std::bitset<256> kept_tlvs;   // pass_through_tlvs, by type
  // rules: where a TLV of this type goes in dynamic metadata.
  struct Place {
    std::string space, key;
  };
  absl::btree_map<uint8_t, Place> rules;
  ProxyProtocolStats stats;
};

// Null, with the errors in `scope`, where the configuration is no good.
std::unique_ptr<const ListenerFilterFactory> ParseProxyProtocol(
    const google::protobuf::Message& message, const ExtensionContext& context,
    const FieldScope& scope);

void AddProxyProtocol(Registry& registry);

}  // namespace sluice
