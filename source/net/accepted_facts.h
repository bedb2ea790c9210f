// AcceptedFacts: what listener filters have found out about an accepted connection before any byte
// of it was given to a filter chain. Written by them, const afterwards; owned by the connection's
// Downstream. There is none where a listener has no such filters.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "source/net/address.h"

namespace sluice {

enum class DetectedTransport : uint8_t { kUnknown, kRawBuffer, kTls };

// A type-length-value of a PROXY protocol header, version 2.
struct ProxyProtocolTlv {
  uint8_t type;
  std::string value;
};

// A value that a listener filter has set by its configuration's words, for logs and headers: an
// entry of Envoy's dynamic metadata. Printable text.
struct DynamicMetadata {
  std::string space;  // namespace
  std::string key;
  std::string value;
};

struct AcceptedFacts {
  // Of two values of one key the later counts.
  void SetMetadata(absl::string_view space, absl::string_view key, std::string value);
  DetectedTransport transport = DetectedTransport::kUnknown;
  std::string server_name;                         // SNI, lower case
  std::vector<std::string> application_protocols;  // ALPN offers, or what http_inspector saw
  Address remote_address;                          // what a PROXY header says; kNone: the socket's
  Address local_address;  // of a PROXY header or the original destination; kNone: the socket's
  std::vector<ProxyProtocolTlv> tlvs;
  std::vector<DynamicMetadata> metadata;  // each key of a namespace once
};

inline void AcceptedFacts::SetMetadata(absl::string_view space, absl::string_view key,
                                       std::string value) {
  for (DynamicMetadata& entry : metadata) {
    if (entry.space != space || entry.key != key) continue;
    entry.value = std::move(value);
    return;
  }
  metadata.push_back({std::string(space), std::string(key), std::move(value)});
}

}  // namespace sluice
