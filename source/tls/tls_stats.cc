#include "source/tls/tls_stats.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

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

constexpr std::pair<Counter TlsStats::*, absl::string_view> kCounters[] = {
    {&TlsStats::handshake, "ssl.handshake"},
    {&TlsStats::connection_error, "ssl.connection_error"},
    {&TlsStats::no_certificate, "ssl.no_certificate"},
    {&TlsStats::session_reused, "ssl.session_reused"},
    {&TlsStats::fail_verify_no_cert, "ssl.fail_verify_no_cert"},
    {&TlsStats::fail_verify_error, "ssl.fail_verify_error"},
    {&TlsStats::fail_verify_san, "ssl.fail_verify_san"},
    {&TlsStats::fail_verify_cert_hash, "ssl.fail_verify_cert_hash"},
    {&TlsStats::ocsp_staple_failed, "ssl.ocsp_staple_failed"},
    {&TlsStats::ocsp_staple_omitted, "ssl.ocsp_staple_omitted"},
    {&TlsStats::ocsp_staple_responses, "ssl.ocsp_staple_responses"},
    {&TlsStats::ocsp_staple_requests, "ssl.ocsp_staple_requests"},
    {&TlsStats::truncated, "ssl.truncated"},
    {&TlsStats::context_update_rejected, "ssl.context_update_rejected"},
};

// What a handshake may agree on, by number, each with its line of the table.
struct TlsNames {
  using ById = std::vector<std::pair<uint16_t, size_t>>;
  TlsNames();
  const StatTable& table() const { return *table_; }

  ById ciphers, versions, curves, signature_algorithms;

 private:
  void Add(ById& ids, uint16_t id, absl::string_view sort, const char* name) {
    ids.emplace_back(id, lines_.size());
    texts_.push_back(absl::StrCat("ssl.", sort, ".", name));
    lines_.push_back({texts_.back(), StatKind::kCounter});
  }

  std::deque<std::string> texts_;
  std::vector<StatLine> lines_;
  std::optional<StatTable> table_;
};

TlsNames::TlsNames() {
  for (const auto& [handle, name] : kCounters) lines_.push_back({name, StatKind::kCounter});
  for (const SSL_CIPHER* cipher : AllCiphers()) {
    Add(ciphers, CipherId(cipher), "ciphers", SSL_CIPHER_get_name(cipher));
  }
  for (size_t i = 0; i < std::size(kVersions); ++i) {
    Add(versions, kVersions[i], "versions", kVersionNames[i]);
  }
  for (const uint16_t id : kCurves) Add(curves, id, "curves", SSL_get_curve_name(id));
  for (const uint16_t id : kSignatureAlgorithms) {
    Add(signature_algorithms, id, "sigalgs", SSL_get_signature_algorithm_name(id, 1));
  }
  table_.emplace(std::move(lines_));
}

const TlsNames& Names() {
  static const auto* const names = new TlsNames();
  return *names;
}

void Count(const StatGroup& group, const TlsNames::ById& lines, uint16_t id, StatCells& cells) {
  const auto at =
      std::find_if(lines.begin(), lines.end(), [id](const auto& line) { return line.first == id; });
  if (at != lines.end()) group.counter(at->second).Add(cells);
}

}  // namespace

TlsStats::TlsStats(StatsRegistry& registry, const std::string& prefix)
    : group(registry.GetGroup(prefix, Names().table())) {
  for (size_t line = 0; line < std::size(kCounters); ++line) {
    this->*kCounters[line].first = group->counter(line);
  }
}

void TlsStats::CountHandshake(const SSL* ssl, StatCells& cells) const {
  const TlsNames& names = Names();
  handshake.Add(cells);
  if (SSL_session_reused(ssl) != 0) session_reused.Add(cells);
  Count(*group, names.ciphers, CipherId(SSL_get_current_cipher(ssl)), cells);
  Count(*group, names.versions, static_cast<uint16_t>(SSL_version(ssl)), cells);
  Count(*group, names.curves, SSL_get_curve_id(ssl), cells);
  Count(*group, names.signature_algorithms, SSL_get_peer_signature_algorithm(ssl), cells);
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
