#include "source/tls/tls_stats.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "openssl/ssl.h"

namespace sluice {
namespace {

constexpr uint16_t kVersions[] = {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};
constexpr const char* kVersionNames[] = {"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"};

// All that BoringSSL can agree on; its numbers are those of the standard.
constexpr uint16_t kCurves[] = {SSL_CURVE_SECP224R1, SSL_CURVE_SECP256R1, SSL_CURVE_SECP384R1,
                                SSL_CURVE_SECP521R1, SSL_CURVE_X25519,    SSL_CURVE_CECPQ2};
constexpr uint16_t kSignatureAlgorithms[] = {SSL_SIGN_RSA_PKCS1_SHA1,
                                             SSL_SIGN_RSA_PKCS1_SHA256,
                                             SSL_SIGN_RSA_PKCS1_SHA384,
                                             SSL_SIGN_RSA_PKCS1_SHA512,
                                             SSL_SIGN_ECDSA_SHA1,
                                             SSL_SIGN_ECDSA_SECP256R1_SHA256,
                                             SSL_SIGN_ECDSA_SECP384R1_SHA384,
                                             SSL_SIGN_ECDSA_SECP521R1_SHA512,
                                             SSL_SIGN_RSA_PSS_RSAE_SHA256,
                                             SSL_SIGN_RSA_PSS_RSAE_SHA384,
                                             SSL_SIGN_RSA_PSS_RSAE_SHA512,
                                             SSL_SIGN_ED25519};
constexpr uint16_t kTls13Ciphers[] = {0x1301, 0x1302, 0x1303};

uint16_t CipherId(const SSL_CIPHER* cipher) { return SSL_CIPHER_get_protocol_id(cipher); }

// Every suite BoringSSL knows, by their names in Envoy's stats.
std::vector<const SSL_CIPHER*> AllCiphers() {
  std::vector<const SSL_CIPHER*> ciphers;
  bssl::UniquePtr<SSL_CTX> context(SSL_CTX_new(TLS_with_buffers_method()));
  SSL_CTX_set_cipher_list(context.get(), "ALL");
  for (const SSL_CIPHER* cipher : SSL_CTX_get_ciphers(context.get())) ciphers.push_back(cipher);
  for (const uint16_t id : kTls13Ciphers) ciphers.push_back(SSL_get_cipher_by_value(id));
  return ciphers;
}

}  // namespace

TlsStats::TlsStats(StatsRegistry& registry, const std::string& prefix) {
  const std::string ssl = absl::StrCat(prefix, "ssl.");
  const auto counter = [&](absl::string_view name) {
    return registry.GetCounter(absl::StrCat(ssl, name));
  };
  handshake = counter("handshake");
  connection_error = counter("connection_error");
  no_certificate = counter("no_certificate");
  session_reused = counter("session_reused");
  fail_verify_no_cert = counter("fail_verify_no_cert");
  fail_verify_error = counter("fail_verify_error");
  fail_verify_san = counter("fail_verify_san");
  fail_verify_cert_hash = counter("fail_verify_cert_hash");
  ocsp_staple_failed = counter("ocsp_staple_failed");
  ocsp_staple_omitted = counter("ocsp_staple_omitted");
  ocsp_staple_responses = counter("ocsp_staple_responses");
  ocsp_staple_requests = counter("ocsp_staple_requests");
  truncated = counter("truncated");
  context_update_rejected = counter("context_update_rejected");
  for (const SSL_CIPHER* cipher : AllCiphers()) {
    ciphers_.emplace_back(CipherId(cipher),
                          counter(absl::StrCat("ciphers.", SSL_CIPHER_get_name(cipher))));
  }
  for (size_t i = 0; i < std::size(kVersions); ++i) {
    versions_.emplace_back(kVersions[i], counter(absl::StrCat("versions.", kVersionNames[i])));
  }
  for (const uint16_t id : kCurves) {
    curves_.emplace_back(id, counter(absl::StrCat("curves.", SSL_get_curve_name(id))));
  }
  for (const uint16_t id : kSignatureAlgorithms) {
    signature_algorithms_.emplace_back(
        id, counter(absl::StrCat("sigalgs.", SSL_get_signature_algorithm_name(id, 1))));
  }
}

void TlsStats::Count(const ById& counters, uint16_t id, StatCells& cells) {
  const auto at = std::find_if(counters.begin(), counters.end(),
                               [id](const auto& counter) { return counter.first == id; });
  if (at != counters.end()) at->second.Add(cells);
}

void TlsStats::CountHandshake(const SSL* ssl, StatCells& cells) const {
  handshake.Add(cells);
  if (SSL_session_reused(ssl) != 0) session_reused.Add(cells);
  Count(ciphers_, CipherId(SSL_get_current_cipher(ssl)), cells);
  Count(versions_, static_cast<uint16_t>(SSL_version(ssl)), cells);
  Count(curves_, SSL_get_curve_id(ssl), cells);
  Count(signature_algorithms_, SSL_get_peer_signature_algorithm(ssl), cells);
  const STACK_OF(CRYPTO_BUFFER)* peer = SSL_get0_peer_certificates(ssl);
  if (peer == nullptr || sk_CRYPTO_BUFFER_num(peer) == 0) no_certificate.Add(cells);
}

TlsFactoryStats::TlsFactoryStats(StatsRegistry& registry, const std::string& prefix, Side side) {
  const bool server = side == Side::kServer;
  const std::string factory =
      absl::StrCat(prefix, server ? "server" : "client", "_ssl_socket_factory.");
  context_updated = registry.GetCounter(absl::StrCat(factory, "ssl_context_update_by_sds"));
  secrets_not_ready = registry.GetCounter(
      absl::StrCat(factory, server ? "downstream" : "upstream", "_context_secrets_not_ready"));
}

}  // namespace sluice
