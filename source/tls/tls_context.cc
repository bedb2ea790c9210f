#include "source/tls/tls_context.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "openssl/err.h"
#include "openssl/ssl.h"
#include "source/base/check.h"
#include "source/tls/tls_error.h"

namespace sluice {
namespace {

int HandshakeIndex() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

// What peers may sign with: BoringSSL's own list and, last of all as it is rare, Ed25519, which
// that leaves out. BoringSSL signs with it unasked.
constexpr uint16_t kVerifiedSignatures[] = {
    SSL_SIGN_ECDSA_SECP256R1_SHA256, SSL_SIGN_RSA_PSS_RSAE_SHA256, SSL_SIGN_RSA_PKCS1_SHA256,
    SSL_SIGN_ECDSA_SECP384R1_SHA384, SSL_SIGN_RSA_PSS_RSAE_SHA384, SSL_SIGN_RSA_PKCS1_SHA384,
    SSL_SIGN_RSA_PSS_RSAE_SHA512,    SSL_SIGN_RSA_PKCS1_SHA512,    SSL_SIGN_ED25519,
    SSL_SIGN_RSA_PKCS1_SHA1,
};

// Those of a colon-separated list that BoringSSL does not take alone; all, if only together not.
template <class Accepts>
std::string Refused(const std::string& list, Accepts accepts) {
  std::vector<absl::string_view> refused;
  for (const absl::string_view item : absl::StrSplit(list, ':')) {
    if (!accepts(std::string(item))) refused.push_back(item);
  }
  ERR_clear_error();
  if (refused.empty()) return list;
  std::string text;
  for (const absl::string_view item : refused) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", item);
  }
  return text;
}

}  // namespace

std::unique_ptr<TlsContext> TlsContext::Make(Side side, const CommonTlsConfig& config,
                                             const TlsStats& stats, TlsLoadErrors& errors) {
  ERR_clear_error();
  std::unique_ptr<TlsContext> context(new TlsContext(side, stats));
  // No X.509 structures per connection: certificates stay bytes, shared by a pool.
  context->ssl_ctx_.reset(SSL_CTX_new(TLS_with_buffers_method()));
  SLUICE_CHECK(context->ssl_ctx_ != nullptr);
  SSL_CTX_set0_buffer_pool(context->ssl_ctx(), SharedCertificates());
  bool good = context->SetParams(config, errors);
  good &= context->LoadCertificates(config, errors);
  if (config.verify.has_value()) {
    context->verifier_ = PeerVerifier::Load(*config.verify, errors);
    good &= context->verifier_ != nullptr;
  }
  if (!good) return nullptr;
  return context;
}

void TlsContext::AskForPeer(int mode) {
  SSL_CTX_set_custom_verify(ssl_ctx(), mode, [](SSL* ssl, uint8_t* alert) {
    return static_cast<ssl_verify_result_t>(VerifyPeer(ssl, alert));
  });
}

bool TlsContext::SetParams(const CommonTlsConfig& config, TlsLoadErrors& errors) {
  const TlsParams& params = config.params;
  const std::string field = absl::StrCat(config.field, ".tls_params");
  SSL_CTX* ctx = ssl_ctx();
  const size_t before = errors.size();
  if (SSL_CTX_set_min_proto_version(ctx, params.version_min) != 1 ||
      SSL_CTX_set_max_proto_version(ctx, params.version_max) != 1) {
    errors.push_back({field, "asks for versions of TLS that there are not", ""});
  }
  if (SSL_CTX_set_strict_cipher_list(ctx, params.cipher_suites.c_str()) != 1) {
    const std::string refused = Refused(params.cipher_suites, [ctx](const std::string& item) {
      return SSL_CTX_set_strict_cipher_list(ctx, item.c_str()) == 1;
    });
    errors.push_back({absl::StrCat(field, ".cipher_suites"),
                      absl::StrCat("names no cipher suites of BoringSSL: ", refused),
                      "those of TLS 1.3 are always there and are not named"});
  }
  if (SSL_CTX_set1_curves_list(ctx, params.curves.c_str()) != 1) {
    const std::string refused = Refused(params.curves, [ctx](const std::string& item) {
      return SSL_CTX_set1_curves_list(ctx, item.c_str()) == 1;
    });
    errors.push_back({absl::StrCat(field, ".ecdh_curves"),
                      absl::StrCat("names no curves of BoringSSL: ", refused),
                      "X25519, P-256, P-384, P-521"});
  }
  if (params.signature_algorithms.empty()) {
    SSL_CTX_set_verify_algorithm_prefs(ctx, kVerifiedSignatures, std::size(kVerifiedSignatures));
  } else if (SSL_CTX_set1_sigalgs_list(ctx, params.signature_algorithms.c_str()) != 1) {
    errors.push_back(
        {absl::StrCat(field, ".signature_algorithms"),
         absl::StrCat("names no signature algorithms of BoringSSL: ", params.signature_algorithms),
         "such as ecdsa_secp256r1_sha256, rsa_pss_rsae_sha256"});
  }
  ERR_clear_error();
  return errors.size() == before;
}

bool TlsContext::LoadCertificates(const CommonTlsConfig& config, TlsLoadErrors& errors) {
  bool good = true;
  for (const CertificateConfig& certificate : config.certificates) {
    auto loaded = Certificate::Load(certificate, errors);
    good &= loaded != nullptr;
    if (loaded != nullptr) certificates_.push_back(std::move(loaded));
  }
  if (!good || certificates_.empty()) return good;
  const Certificate& first = *certificates_.front();
  if (SSL_CTX_set_chain_and_key(ssl_ctx(), first.chain().data(), first.chain().size(), first.key(),
                                nullptr) == 1) {
    return true;
  }
  errors.push_back({config.certificates.front().field,
                    absl::StrCat("cannot be used (", TakeTlsReasons(), ")"), ""});
  return false;
}

bssl::UniquePtr<SSL> TlsContext::NewSsl(TlsHandshake& handshake) const {
  bssl::UniquePtr<SSL> ssl(SSL_new(ssl_ctx()));
  SLUICE_CHECK(ssl != nullptr);
  SSL_set_ex_data(ssl.get(), HandshakeIndex(), &handshake);
  // What is only for the handshake goes when it is over.
  SSL_set_shed_handshake_config(ssl.get(), 1);
  if (side_ == Side::kServer) {
    SSL_set_accept_state(ssl.get());
  } else {
    SSL_set_connect_state(ssl.get());
  }
  return ssl;
}

TlsHandshake& TlsContext::HandshakeOf(const SSL* ssl) {
  return *static_cast<TlsHandshake*>(SSL_get_ex_data(ssl, HandshakeIndex()));
}

// On a worker, in the middle of a handshake.
int TlsContext::VerifyPeer(SSL* ssl, uint8_t* alert) {
  TlsHandshake& handshake = HandshakeOf(ssl);
  const TlsContext& context = handshake.context;
  if (context.verifier_ == nullptr) return ssl_verify_ok;
  const PeerVerifier& verifier = *context.verifier_;
  const auto role = context.side_ == Side::kServer ? PeerVerifier::PeerRole::kClient
                                                   : PeerVerifier::PeerRole::kServer;
  const char* const sent =
      context.side_ == Side::kServer ? nullptr : SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  PeerVerifier::Verdict verdict =
      verifier.Verify(SSL_get0_peer_certificates(ssl), role, handshake.worker.loop.wall_now(),
                      {.wanted = handshake.verify_name, .sent = absl::NullSafeStringView(sent)});
  StatCells& cells = handshake.worker.stats;
  switch (verdict.failure) {
    case PeerVerifier::Failure::kNone:
      handshake.peer_validated = verifier.checks_anything() || !handshake.verify_name.empty();
      return ssl_verify_ok;
    case PeerVerifier::Failure::kChain:
      context.stats_.fail_verify_error.Add(cells);
      break;
    case PeerVerifier::Failure::kName:
      context.stats_.fail_verify_san.Add(cells);
      break;
    case PeerVerifier::Failure::kHash:
      context.stats_.fail_verify_cert_hash.Add(cells);
      break;
  }
  if (verifier.accept_untrusted()) return ssl_verify_ok;
  *alert = verdict.alert;
  handshake.verify_detail = std::move(verdict.detail);
  return ssl_verify_invalid;
}

}  // namespace sluice
