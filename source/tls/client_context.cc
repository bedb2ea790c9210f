#include "source/tls/client_context.h"

#include <arpa/inet.h>

#include <utility>

#include "openssl/ssl.h"

namespace sluice {
namespace {

int ContextIndex() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

bool IsIpAddress(const std::string& text) {
  in6_addr ignored;
  return inet_pton(AF_INET, text.c_str(), &ignored) == 1 ||
         inet_pton(AF_INET6, text.c_str(), &ignored) == 1;
}

}  // namespace

std::unique_ptr<const ClientTlsContext> ClientTlsContext::Make(const ClientTlsConfig& config,
                                                               uint32_t threads,
                                                               const TlsStats& stats,
                                                               TlsLoadErrors& errors) {
  std::unique_ptr<ClientTlsContext> made(new ClientTlsContext);
  made->common_ = TlsContext::Make(TlsContext::Side::kClient, config.common, stats, errors);
  if (made->common_ == nullptr) return nullptr;
  made->enforce_rsa_key_usage_ = config.enforce_rsa_key_usage;
  SSL_CTX* ctx = made->common_->ssl_ctx();
  SSL_CTX_set_ex_data(ctx, ContextIndex(), made.get());
  made->common_->AskForPeer(SSL_VERIFY_PEER);
  made->SetAlpn(config.common.alpn);
  // A session does not say that its host was let in untrusted: each handshake must find out.
  const PeerVerifier* verifier = made->common_->verifier();
  made->keeps_sessions_ =
      config.session_keys_max > 0 && (verifier == nullptr || !verifier->accept_untrusted());
  if (!made->keeps_sessions_) {
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    return made;
  }
  for (uint32_t i = 0; i < threads; ++i) {
    made->sessions_.push_back(std::make_unique<SessionCache>(config.session_keys_max));
  }
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(ctx, [](SSL* ssl, SSL_SESSION* session) {
    const auto& self = *static_cast<const ClientTlsContext*>(
        SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), ContextIndex()));
    const TlsHandshake& handshake = TlsContext::HandshakeOf(ssl);
    self.SessionsOf(handshake.worker)
        .Put(handshake.session_key, bssl::UniquePtr<SSL_SESSION>(session));
    return 1;  // the reference is taken
  });
  return made;
}

void ClientTlsContext::SetAlpn(const std::vector<std::string>& protocols) {
  std::string list;
  for (const std::string& protocol : protocols) {
    list.push_back(static_cast<char>(protocol.size()));
    list += protocol;
  }
  names_alpn_ = !list.empty();
  if (!names_alpn_) return;
  SSL_CTX_set_alpn_protos(common_->ssl_ctx(), reinterpret_cast<const uint8_t*>(list.data()),
                          static_cast<unsigned>(list.size()));
}

bssl::UniquePtr<SSL> ClientTlsContext::NewSsl(TlsHandshake& handshake,
                                              const std::string& server_name,
                                              const Alpn& alpn) const {
  bssl::UniquePtr<SSL> ssl = common_->NewSsl(handshake);
  SSL_set_enforce_rsa_key_usage(ssl.get(), enforce_rsa_key_usage_ ? 1 : 0);
  // RFC 6066 section 3: no addresses.
  if (!server_name.empty() && !IsIpAddress(server_name)) {
    SSL_set_tlsext_host_name(ssl.get(), server_name.c_str());
  }
  if (!alpn.offer.empty() && (alpn.wins || !names_alpn_)) {
    SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const uint8_t*>(alpn.offer.data()),
                        alpn.offer.size());
  }
  if (keeps_sessions_) {
    const bssl::UniquePtr<SSL_SESSION> session =
        SessionsOf(handshake.worker).Get(handshake.session_key);
    if (session != nullptr) SSL_set_session(ssl.get(), session.get());
  }
  return ssl;
}

}  // namespace sluice
