// Reads the header of the PROXY protocol, versions 1 and 2, from the front of a connection
// (HAProxy's proxy-protocol.txt, sections 2.1 and 2.2). Pure.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "source/net/address.h"

namespace sluice {

enum class ProxyVersion : uint8_t { kV1, kV2 };

// The versions that are looked for.
struct ProxyVersions {
  bool v1 = true;
  bool v2 = true;
};

struct ProxyHeader {
  enum class State : uint8_t {
    kNeedMore,   // so far it may become a header, of which `bytes` are to be seen at least
    kNone,       // no header of a version that is looked for
    kFound,      // a header of `bytes`
    kMalformed,  // begins as one, and is none, or is of a kind that is not supported (Unix sockets)
  };
  State state = State::kNone;
  ProxyVersion version = ProxyVersion::kV1;  // but with kNone
  size_t bytes = 0;
  // With kFound. Of no family where the header says nothing of them: LOCAL, UNKNOWN, UNSPEC.
  Address source, destination;
  absl::string_view tlvs;  // version 2: what follows the addresses; well formed
};

// Longer ones are malformed.
constexpr size_t kProxyHeaderBytesMax = 64 * 1024;

// `bytes` begins with the connection's first. Views point into it.
ProxyHeader ReadProxyHeader(absl::string_view bytes, ProxyVersions versions = {});

// Takes the first from `tlvs`, which is not empty and comes from a header that was found.
struct ProxyTlvView {
  uint8_t type;
  absl::string_view value;
};
ProxyTlvView TakeProxyTlv(absl::string_view& tlvs);

}  // namespace sluice
