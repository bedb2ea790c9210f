// The part of ServerTlsContext that works in the middle of a handshake, on a worker.
#include <algorithm>
#include <cstring>

#include "openssl/bytestring.h"
#include "openssl/cipher.h"
#include "openssl/digest.h"
#include "openssl/err.h"
#include "openssl/hmac.h"
#include "openssl/rand.h"
#include "openssl/ssl.h"
#include "source/tls/server_context.h"

namespace sluice {
namespace {

// A list of 16-bit numbers behind `length_bytes` of length, in an extension; false: none.
bool FindNumbers(const SSL_CLIENT_HELLO& hello, uint16_t extension, size_t length_bytes,
                 std::vector<uint16_t>& numbers) {
  const uint8_t* bytes = nullptr;
  size_t size = 0;
  if (SSL_early_callback_ctx_extension_get(&hello, extension, &bytes, &size) != 1) return false;
  CBS whole, list;
  CBS_init(&whole, bytes, size);
  const bool cut = length_bytes == 1 ? CBS_get_u8_length_prefixed(&whole, &list) == 1
                                     : CBS_get_u16_length_prefixed(&whole, &list) == 1;
  uint16_t number = 0;
  while (cut && CBS_get_u16(&list, &number) == 1) numbers.push_back(number);
  return true;
}

bool Has(const std::vector<uint16_t>& numbers, uint16_t number) {
  return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

// Whether any suite up to TLS 1.2 that the client offers signs with ECDSA.
bool OffersEcdsaSuites(const SSL_CLIENT_HELLO& hello) {
  CBS suites;
  CBS_init(&suites, hello.cipher_suites, hello.cipher_suites_len);
  uint16_t id = 0;
  while (CBS_get_u16(&suites, &id) == 1) {
    const SSL_CIPHER* cipher = SSL_get_cipher_by_value(id);
    if (cipher != nullptr && SSL_CIPHER_get_auth_nid(cipher) == NID_auth_ecdsa) return true;
  }
  return false;
}

}  // namespace

struct ServerTlsContext::ClientSkills {
  explicit ClientSkills(const SSL_CLIENT_HELLO& hello) {
    const uint8_t* ignored = nullptr;
    size_t size = 0;
    wants_staple = SSL_early_callback_ctx_extension_get(&hello, TLSEXT_TYPE_status_request,
                                                        &ignored, &size) == 1;
    std::vector<uint16_t> versions;
    FindNumbers(hello, TLSEXT_TYPE_supported_versions, 1, versions);
    tls13 = Has(versions, TLS1_3_VERSION) &&
            SSL_CTX_get_max_proto_version(SSL_get_SSL_CTX(hello.ssl)) >= TLS1_3_VERSION;
    knows_curves = FindNumbers(hello, TLSEXT_TYPE_supported_groups, 2, curves);
    knows_signatures = FindNumbers(hello, TLSEXT_TYPE_signature_algorithms, 2, signatures);
    ecdsa_suites = OffersEcdsaSuites(hello);
  }

  bool CanVerify(const Certificate& certificate) const {
    if (certificate.key_type() == Certificate::KeyType::kRsa) return true;
    if (certificate.key_type() == Certificate::KeyType::kEd25519) {
      // RFC 8422 section 5.1.3: no client means it unless it says so, and before TLS 1.3 it goes
      // with ECDSA's suites.
      return (tls13 || ecdsa_suites) && Has(signatures, SSL_SIGN_ED25519);
    }
    // RFC 8446 section 4.2.3: there a signature's algorithm names its curve.
    if (tls13) return Has(signatures, certificate.ecdsa_signature());
    // RFC 8422 section 5.1: before, the curve is among the groups.
    return ecdsa_suites && (!knows_curves || Has(curves, certificate.ecdsa_curve())) &&
           (!knows_signatures || Has(signatures, SSL_SIGN_ECDSA_SECP256R1_SHA256) ||
            Has(signatures, SSL_SIGN_ECDSA_SECP384R1_SHA384) ||
            Has(signatures, SSL_SIGN_ECDSA_SECP521R1_SHA512));
  }

  bool tls13, wants_staple, ecdsa_suites, knows_curves, knows_signatures;
  std::vector<uint16_t> curves, signatures;
};

// ---- Which certificate.

// By the name that the client asks for; the first certificate is the one for names that none is
// for, and without a name all are asked what the client can verify.
const std::vector<uint16_t>& ServerTlsContext::CandidatesFor(const SSL* ssl) const {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return all_certificates_;
  const std::vector<uint16_t>* found = names_.Find(name);
  if (found != nullptr) return *found;
  return full_scan_ ? all_certificates_ : default_certificate_;
}

ServerTlsContext::Staple ServerTlsContext::StapleOf(const Certificate& certificate,
                                                    const ClientSkills& skills,
                                                    WallTime now) const {
  if (!skills.wants_staple) return Staple::kNotAsked;
  const bool has = certificate.ocsp().has_value();
  if (has && certificate.ocsp()->IsFresh(now)) return Staple::kGiven;
  if (certificate.must_staple() || ocsp_policy_ == OcspPolicy::kMustStaple) {
    return Staple::kRefused;
  }
  return has && ocsp_policy_ == OcspPolicy::kStrict ? Staple::kRefused : Staple::kOmitted;
}

bool ServerTlsContext::ChooseCertificate(const SSL_CLIENT_HELLO& hello) const {
  const auto& certificates = common_->certificates();
  if (certificates.empty()) return true;  // BoringSSL says what is missing
  TlsHandshake& handshake = TlsContext::HandshakeOf(hello.ssl);
  StatCells& cells = handshake.worker.stats;
  const TlsStats& stats = common_->stats();
  const ClientSkills skills(hello);
  if (skills.wants_staple) stats.ocsp_staple_requests.Add(cells);
  const std::vector<uint16_t>& candidates = CandidatesFor(hello.ssl);
  const WallTime now = handshake.worker.loop.wall_now();
  // ECDSA and Ed25519 cost a client and us less than RSA; what the client cannot verify comes last.
  const auto rank = [&](uint16_t i) {
    if (!skills.CanVerify(*certificates[i])) return 2;
    return certificates[i]->key_type() == Certificate::KeyType::kRsa ? 1 : 0;
  };
  const uint16_t* best = nullptr;
  Staple best_staple = Staple::kRefused;
  for (const uint16_t& candidate : candidates) {
    const Staple staple = StapleOf(*certificates[candidate], skills, now);
    if (staple == Staple::kRefused) continue;
    if (best != nullptr && rank(candidate) >= rank(*best)) continue;
    best = &candidate;
    best_staple = staple;
  }
  if (best == nullptr) {
    stats.ocsp_staple_failed.Add(cells);
    return false;
  }
  handshake.certificate = *best;
  const Certificate& chosen = *certificates[*best];
  if (*best != 0 && SSL_set_chain_and_key(hello.ssl, chosen.chain().data(), chosen.chain().size(),
                                          chosen.key(), nullptr) != 1) {
    return false;
  }
  if (best_staple == Staple::kOmitted) stats.ocsp_staple_omitted.Add(cells);
  if (best_staple != Staple::kGiven) return true;
  stats.ocsp_staple_responses.Add(cells);
  const std::string& der = chosen.ocsp()->der();
  return SSL_set_ocsp_response(hello.ssl, reinterpret_cast<const uint8_t*>(der.data()),
                               der.size()) == 1;
}

// ---- Which protocol. Our order counts; where there is no overlap, as Envoy: none is agreed on.

int ServerTlsContext::ChooseProtocol(const uint8_t** chosen, uint8_t* chosen_size,
                                     const uint8_t* offered, unsigned offered_size) const {
  uint8_t* selected = nullptr;
  const int found =
      SSL_select_next_proto(&selected, chosen_size, alpn_.data(),
                            static_cast<unsigned>(alpn_.size()), offered, offered_size);
  *chosen = selected;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

// ---- Tickets. BoringSSL's convention: -1 broken, 0 unknown, 1 good, 2 good and to be renewed.

int ServerTlsContext::UseTicketKey(uint8_t* name, uint8_t* iv, EVP_CIPHER_CTX* cipher,
                                   HMAC_CTX* hmac, int encrypt) const {
  const EVP_CIPHER* aes = EVP_aes_256_cbc();
  const EVP_MD* sha256 = EVP_sha256();
  if (encrypt == 1) {
    const TicketKey& key = ticket_keys_.front();
    std::memcpy(name, key.name.data(), key.name.size());
    RAND_bytes(iv, EVP_CIPHER_iv_length(aes));
    const bool ready = EVP_EncryptInit_ex(cipher, aes, nullptr, key.aes.data(), iv) == 1 &&
                       HMAC_Init_ex(hmac, key.hmac.data(), key.hmac.size(), sha256, nullptr) == 1;
    return ready ? 1 : -1;
  }
  for (const TicketKey& key : ticket_keys_) {
    if (std::memcmp(name, key.name.data(), key.name.size()) != 0) continue;
    const bool ready = HMAC_Init_ex(hmac, key.hmac.data(), key.hmac.size(), sha256, nullptr) == 1 &&
                       EVP_DecryptInit_ex(cipher, aes, nullptr, key.aes.data(), iv) == 1;
    if (!ready) return -1;
    return &key == &ticket_keys_.front() ? 1 : 2;
  }
  return 0;
}

}  // namespace sluice
