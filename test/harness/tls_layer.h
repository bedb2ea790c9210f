// TlsLayer: TLS under a scripted end that speaks HTTP, by BoringSSL alone. Over the connections to
// an address (MemoryNetwork::LayOver), as client or as server.
#pragma once

#include <cstdint>
#include <string>

#include "openssl/ssl.h"
#include "test/harness/peer_layer.h"
#include "test/harness/tls_peer.h"

namespace sluice {

// What the last handshake over a layer came to; one record for many layers.
struct TlsLayerRecord {
  size_t handshakes = 0;
  std::string alpn;
  std::string version;
  std::string asked_name;  // SNI, at servers
  std::string peer_name;   // common name of the certificate that the other end has shown
  bool resumed = false;
  std::string error;  // why it failed
};

class TlsLayer final : public PeerLayer {
 public:
  // All of it outlives the layer.
  TlsLayer(TlsPeer::Role role, const TlsPeerOptions& options, TlsLayerRecord& record);

  std::string OnConnected() override { return Act({}, nullptr); }
  std::string Seal(absl::string_view plain) override;
  std::string Open(absl::string_view wire, std::string& plain) override;
  std::string Close() override;

 private:
  std::string Act(absl::string_view wire, std::string* plain);
  void Note();
  TlsLayerRecord& record_;
  bssl::UniquePtr<SSL_CTX> context_;
  bssl::UniquePtr<SSL> ssl_;
  std::string unsealed_;
  bool done_ = false;
};

}  // namespace sluice
