#include "test/harness/tls_layer.h"

#include <utility>

#include "absl/strings/string_view.h"
#include "openssl/bio.h"
#include "openssl/err.h"

namespace sluice {
namespace {

std::string Drain(SSL* ssl) {
  const uint8_t* bytes = nullptr;
  size_t size = 0;
  BIO* const out = SSL_get_wbio(ssl);
  if (BIO_mem_contents(out, &bytes, &size) != 1) return "";
  std::string taken(reinterpret_cast<const char*>(bytes), size);
  BIO_reset(out);
  return taken;
}

}  // namespace

TlsLayer::TlsLayer(TlsPeer::Role role, const TlsPeerOptions& options, TlsLayerRecord& record)
    : record_(record) {
  SSL_CTX* context = options.context;
  if (context == nullptr) {
    context_ = TlsPeer::MakeContext(role, options);
    context = context_.get();
  }
  ssl_.reset(SSL_new(context));
  BIO* const in = BIO_new(BIO_s_mem());
  BIO* const out = BIO_new(BIO_s_mem());
  BIO_set_mem_eof_return(in, -1);
  SSL_set_bio(ssl_.get(), in, out);
  if (role == TlsPeer::Role::kServer) {
    SSL_set_accept_state(ssl_.get());
    return;
  }
  SSL_set_connect_state(ssl_.get());
  if (!options.server_name.empty()) {
    SSL_set_tlsext_host_name(ssl_.get(), options.server_name.c_str());
  }
  std::string alpn;
  for (const std::string& protocol : options.alpn) {
    alpn.push_back(static_cast<char>(protocol.size()));
    alpn += protocol;
  }
  SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const uint8_t*>(alpn.data()), alpn.size());
  if (options.resume != nullptr) SSL_set_session(ssl_.get(), options.resume);
}

std::string TlsLayer::Seal(absl::string_view plain) {
  unsealed_.append(plain.data(), plain.size());
  // Before the connection is there OnConnected will start it.
  return done_ ? Act({}, nullptr) : std::string();
}

std::string TlsLayer::Open(absl::string_view wire, std::string& plain) { return Act(wire, &plain); }

std::string TlsLayer::Close() {
  std::string sent = Act({}, nullptr);
  SSL_shutdown(ssl_.get());
  return sent + Drain(ssl_.get());
}

std::string TlsLayer::Act(absl::string_view wire, std::string* plain) {
  SSL* const ssl = ssl_.get();
  BIO_write(SSL_get_rbio(ssl), wire.data(), static_cast<int>(wire.size()));
  ERR_clear_error();
  if (!done_) {
    const int result = SSL_do_handshake(ssl);
    const int error = result == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl, result);
    if (error != SSL_ERROR_NONE && error != SSL_ERROR_WANT_READ) Note();
    if (result == 1) {
      done_ = true;
      Note();
    }
  }
  if (done_ && !unsealed_.empty()) {
    SSL_write(ssl, unsealed_.data(), static_cast<int>(unsealed_.size()));
    unsealed_.clear();
  }
  char piece[16384];
  int size = 0;
  while (done_ && plain != nullptr && (size = SSL_read(ssl, piece, sizeof(piece))) > 0) {
    plain->append(piece, static_cast<size_t>(size));
  }
  return Drain(ssl);
}

void TlsLayer::Note() {
  SSL* const ssl = ssl_.get();
  if (!done_) {
    const char* const reason = ERR_reason_error_string(ERR_peek_error());
    record_.error = reason == nullptr ? "unknown" : reason;
    return;
  }
  ++record_.handshakes;
  const uint8_t* alpn = nullptr;
  unsigned alpn_size = 0;
  SSL_get0_alpn_selected(ssl, &alpn, &alpn_size);
  record_.alpn.assign(reinterpret_cast<const char*>(alpn), alpn_size);
  record_.version = SSL_get_version(ssl);
  const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  record_.asked_name = name == nullptr ? "" : name;
  record_.resumed = SSL_session_reused(ssl) != 0;
  record_.peer_name.clear();
  const bssl::UniquePtr<X509> peer(SSL_get_peer_certificate(ssl));
  if (peer == nullptr) return;
  char text[256] = "";
  X509_NAME_get_text_by_NID(X509_get_subject_name(peer.get()), NID_commonName, text, sizeof(text));
  record_.peer_name = text;
}

}  // namespace sluice
