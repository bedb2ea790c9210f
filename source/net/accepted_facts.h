// AcceptedFacts: what listener filters have found out about an accepted connection before any byte
// of it was given to a filter chain. Written by them, const afterwards; owned by the connection's
// Downstream. There is none where a listener has no such filters.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "source/net/address.h"

namespace sluice {

enum class DetectedTransport : uint8_t { kUnknown, kRawBuffer, kTls };

// A type-length-value of a PROXY protocol header, version 2.
struct ProxyProtocolTlv {
  uint8_t type;
  std::string value;
};

struct AcceptedFacts {
  DetectedTransport transport = DetectedTransport::kUnknown;
  std::string server_name;                         // SNI, lower case
  std::vector<std::string> application_protocols;  // ALPN offers, or what http_inspector saw
  Address remote_address;                          // what a PROXY header says; kNone: the socket's
  Address local_address;  // of a PROXY header or the original destination; kNone: the socket's
  std::vector<ProxyProtocolTlv> tlvs;
};

}  // namespace sluice
