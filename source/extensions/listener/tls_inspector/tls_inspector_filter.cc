#include "source/extensions/listener/tls_inspector/tls_inspector_filter.h"

#include <utility>

namespace sluice {

ListenerVerdict TlsInspectorFilter::OnBytes(absl::string_view bytes, IoHandle&,
                                            AcceptedFacts& facts, size_t&) {
  ClientHelloFacts hello;
  switch (ReadClientHello(bytes, hello)) {
    case HelloState::kNeedMore:
      return ListenerVerdict::kWait;
    case HelloState::kTooLarge:
      stats_.client_hello_too_large.Add(worker_.stats);
      return ListenerVerdict::kClose;
    case HelloState::kNotTls:
    case HelloState::kMalformed:
      // As Envoy: what cannot be read as TLS is none, and a chain for plaintext may refuse it.
      stats_.tls_not_found.Add(worker_.stats);
      return ListenerVerdict::kContinue;
    case HelloState::kDone:
      break;
  }
  const bool has_name = !hello.server_name.empty();
  const bool has_protocols = !hello.application_protocols.empty();
  stats_.tls_found.Add(worker_.stats);
  (has_name ? stats_.sni_found : stats_.sni_not_found).Add(worker_.stats);
  (has_protocols ? stats_.alpn_found : stats_.alpn_not_found).Add(worker_.stats);
  facts.transport = DetectedTransport::kTls;
  facts.server_name = std::move(hello.server_name);
  facts.application_protocols = std::move(hello.application_protocols);
  return ListenerVerdict::kContinue;
}

}  // namespace sluice
