#include "source/tls/server_context.h"

#include <chrono>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "openssl/sha.h"
#include "openssl/ssl.h"

namespace sluice {
namespace {

constexpr size_t kTicketKeyBytes = 80;
// Session ids up to TLS 1.2, about a kilobyte each; the oldest give way. Clients with tickets take
// no place.
constexpr unsigned long kSessionsMax = 20480;  // NOLINT

int ContextIndex() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

}  // namespace

const ServerTlsContext& ServerTlsContext::Of(const SSL* ssl) {
  return *static_cast<const ServerTlsContext*>(
      SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), ContextIndex()));
}

std::unique_ptr<const ServerTlsContext> ServerTlsContext::Make(const ServerTlsConfig& config,
                                                               const TlsStats& stats,
                                                               TlsLoadErrors& errors) {
  std::unique_ptr<ServerTlsContext> made(new ServerTlsContext(config));
  made->common_ = TlsContext::Make(TlsContext::Side::kServer, config.common, stats, errors);
  if (made->common_ == nullptr) return nullptr;
  bool good = made->CheckStaples(config, errors);
  good &= made->LoadTicketKeys(config, errors);
  if (!good) return nullptr;
  const auto& certificates = made->common_->certificates();
  for (uint16_t i = 0; i < certificates.size(); ++i) {
    made->all_certificates_.push_back(i);
    for (const std::string& name : certificates[i]->names()) made->names_.Add(name, i);
  }
  SSL_CTX* ctx = made->common_->ssl_ctx();
  SSL_CTX_set_ex_data(ctx, ContextIndex(), made.get());
  SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_select_certificate_cb(ctx, [](const SSL_CLIENT_HELLO* hello) {
    return Of(hello->ssl).ChooseCertificate(*hello) ? ssl_select_cert_success
                                                    : ssl_select_cert_error;
  });
  made->SetAlpn(config.common.alpn);
  made->SetClientCertificates(config);
  made->SetResumption(config);
  made->SetSessionIdContext(config);
  return made;
}

bool ServerTlsContext::CheckStaples(const ServerTlsConfig& config, TlsLoadErrors& errors) const {
  bool good = true;
  for (size_t i = 0; i < common_->certificates().size(); ++i) {
    const Certificate& certificate = *common_->certificates()[i];
    if (certificate.ocsp().has_value()) continue;
    if (!certificate.must_staple() && ocsp_policy_ != OcspPolicy::kMustStaple) continue;
    good = false;
    errors.push_back({absl::StrCat(config.common.certificates[i].field, ".ocsp_staple"),
                      certificate.must_staple()
                          ? "is required: the certificate itself demands stapling"
                          : "is required by ocsp_staple_policy MUST_STAPLE",
                      ""});
  }
  return good;
}

bool ServerTlsContext::LoadTicketKeys(const ServerTlsConfig& config, TlsLoadErrors& errors) {
  for (size_t i = 0; i < config.ticket_keys.size(); ++i) {
    const std::string field = absl::StrCat(config.ticket_keys_field, ".keys[", i, "]");
    const absl::StatusOr<std::string> bytes = config.ticket_keys[i].Read();
    if (!bytes.ok()) {
      errors.push_back({field, std::string(bytes.status().message()), ""});
      return false;
    }
    if (bytes->size() != kTicketKeyBytes) {
      errors.push_back(
          {field, absl::StrCat("must hold ", kTicketKeyBytes, " bytes, holds ", bytes->size()),
           "openssl rand 80"});
      return false;
    }
    TicketKey& key = ticket_keys_.emplace_back();
    std::memcpy(key.name.data(), bytes->data(), 16);
    std::memcpy(key.hmac.data(), bytes->data() + 16, 32);
    std::memcpy(key.aes.data(), bytes->data() + 48, 32);
  }
  return true;
}

void ServerTlsContext::SetAlpn(const std::vector<std::string>& protocols) {
  if (protocols.empty()) return;
  for (const std::string& protocol : protocols) {
    alpn_.push_back(static_cast<uint8_t>(protocol.size()));
    alpn_.insert(alpn_.end(), protocol.begin(), protocol.end());
  }
  SSL_CTX_set_alpn_select_cb(
      common_->ssl_ctx(),
      [](SSL*, const uint8_t** chosen, uint8_t* chosen_size, const uint8_t* offered,
         unsigned offered_size, void* context) {
        return static_cast<const ServerTlsContext*>(context)->ChooseProtocol(chosen, chosen_size,
                                                                             offered, offered_size);
      },
      this);
}

void ServerTlsContext::SetClientCertificates(const ServerTlsConfig& config) {
  if ((common_->verifier() == nullptr || !common_->verifier()->checks_anything()) &&
      !config.require_client_certificate) {
    return;
  }
  common_->AskForPeer(SSL_VERIFY_PEER |
                      (config.require_client_certificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0));
  if (common_->verifier() == nullptr) return;
  // RFC 8446 section 4.2.4: what the client may choose its certificate by.
  bssl::UniquePtr<STACK_OF(CRYPTO_BUFFER)> names(sk_CRYPTO_BUFFER_new_null());
  for (const std::string& name : common_->verifier()->authority_names()) {
    bssl::PushToStack(names.get(), bssl::UniquePtr<CRYPTO_BUFFER>(CRYPTO_BUFFER_new(
                                       reinterpret_cast<const uint8_t*>(name.data()), name.size(),
                                       SharedCertificates())));
  }
  SSL_CTX_set0_client_CAs(common_->ssl_ctx(), names.release());
}

void ServerTlsContext::SetResumption(const ServerTlsConfig& config) {
  SSL_CTX* ctx = common_->ssl_ctx();
  // A session does not say that its client was let in untrusted: each handshake must find out.
  const bool untrusted = common_->verifier() != nullptr && common_->verifier()->accept_untrusted();
  if (untrusted || !config.stateless_resumption) SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(
      ctx, untrusted || !config.stateful_resumption ? SSL_SESS_CACHE_OFF : SSL_SESS_CACHE_SERVER);
  SSL_CTX_sess_set_cache_size(ctx, kSessionsMax);
  if (config.session_timeout.has_value()) {
    const auto seconds = static_cast<uint32_t>(
        std::chrono::duration_cast<std::chrono::seconds>(*config.session_timeout).count());
    SSL_CTX_set_timeout(ctx, seconds);
    SSL_CTX_set_session_psk_dhe_timeout(ctx, seconds);
  }
  if (ticket_keys_.empty()) return;
  SSL_CTX_set_tlsext_ticket_key_cb(
      ctx, [](SSL* ssl, uint8_t* name, uint8_t* iv, EVP_CIPHER_CTX* cipher, HMAC_CTX* hmac,
              int encrypt) { return Of(ssl).UseTicketKey(name, iv, cipher, hmac, encrypt); });
}

// RFC 5246 section 7.4.1.2 leaves it to the server which sessions it takes back: those of the same
// names and the same rules for clients. Not of the same certificate, so that renewing one does not
// cost every client a full handshake.
void ServerTlsContext::SetSessionIdContext(const ServerTlsConfig& config) {
  std::string all = absl::StrCat("sluice|", config.require_client_certificate);
  for (const auto& certificate : common_->certificates()) {
    absl::StrAppend(&all, "|");
    for (const std::string& name : certificate->names()) absl::StrAppend(&all, name, ",");
  }
  if (common_->verifier() != nullptr) {
    absl::StrAppend(&all, "|", common_->verifier()->fingerprint());
  }
  uint8_t digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const uint8_t*>(all.data()), all.size(), digest);
  SSL_CTX_set_session_id_context(common_->ssl_ctx(), digest, sizeof(digest));
}

}  // namespace sluice
