// PeerLayer: what stands between a scripted end and its wire, so that the same H1Client, H2Server
// ... speak over it: TLS (tls_layer.h). Owned by its MemoryPeer. One thread.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace sluice {

class PeerLayer {
 public:
  virtual ~PeerLayer() = default;
  // Each returns what is to be written to the wire.
  virtual std::string OnConnected() = 0;
  virtual std::string Seal(absl::string_view plain) = 0;  // kept back until it can be sent
  virtual std::string Open(absl::string_view wire, std::string& plain) = 0;  // appends to `plain`
  virtual std::string Close() = 0;                                           // before a FIN
};

}  // namespace sluice
