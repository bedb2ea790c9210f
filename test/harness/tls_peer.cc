#include "test/harness/tls_peer.h"

#include <gtest/gtest.h>

#include "openssl/bio.h"
#include "openssl/err.h"
#include "openssl/pem.h"
#include "openssl/x509.h"

namespace sluice {
namespace {

std::string TakeError() {
  const uint32_t error = ERR_get_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(error);
  return reason == nullptr ? "unknown" : reason;
}

std::string WireFormat(const std::vector<std::string>& protocols) {
  std::string list;
  for (const std::string& protocol : protocols) {
    list.push_back(static_cast<char>(protocol.size()));
    list += protocol;
  }
  return list;
}

int SelectProtocol(SSL*, const uint8_t** chosen, uint8_t* chosen_size, const uint8_t* offered,
                   unsigned offered_size, void* ours) {
  const auto& list = *static_cast<const std::string*>(ours);
  uint8_t* selected = nullptr;
  const int found =
      SSL_select_next_proto(&selected, chosen_size, reinterpret_cast<const uint8_t*>(list.data()),
                            static_cast<unsigned>(list.size()), offered, offered_size);
  *chosen = selected;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

void FreeString(void*, void* pointer, CRYPTO_EX_DATA*, int, long, void*) {  // NOLINT
  delete static_cast<std::string*>(pointer);
}

int AlpnIndex() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, &FreeString);
  return index;
}

}  // namespace

bssl::UniquePtr<SSL_CTX> TlsPeer::MakeContext(Role role, const TlsPeerOptions& options) {
  bssl::UniquePtr<SSL_CTX> context(SSL_CTX_new(TLS_method()));
  SSL_CTX* ctx = context.get();
  SSL_CTX_set_min_proto_version(ctx, options.version_min);
  SSL_CTX_set_max_proto_version(ctx, options.version_max);
  if (!options.ciphers.empty()) {
    EXPECT_EQ(SSL_CTX_set_strict_cipher_list(ctx, options.ciphers.c_str()), 1);
  }
  if (!options.curves.empty()) {
    EXPECT_EQ(SSL_CTX_set1_curves_list(ctx, options.curves.c_str()), 1);
  }
  if (!options.signature_algorithms.empty()) {
    EXPECT_EQ(SSL_CTX_set1_sigalgs_list(ctx, options.signature_algorithms.c_str()), 1);
  }
  if (options.certificate != nullptr) {
    SSL_CTX_use_certificate(ctx, options.certificate->certificate.get());
    SSL_CTX_use_PrivateKey(ctx, options.certificate->key.get());
    const bssl::UniquePtr<BIO> chain(
        BIO_new_mem_buf(options.certificate->chain_pem.data(),
                        static_cast<int>(options.certificate->chain_pem.size())));
    bssl::UniquePtr<X509> next(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr));
    while (next.reset(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr)), next != nullptr) {
      SSL_CTX_add1_chain_cert(ctx, next.get());
    }
    ERR_clear_error();
  }
  if (options.ask_for_certificate) {
    SSL_CTX_set_custom_verify(ctx, SSL_VERIFY_PEER, [](SSL*, uint8_t*) { return ssl_verify_ok; });
  }
  SSL_CTX_set_session_cache_mode(
      ctx, role == Role::kClient ? SSL_SESS_CACHE_CLIENT : SSL_SESS_CACHE_SERVER);
  const uint8_t id[] = {'t'};
  SSL_CTX_set_session_id_context(ctx, id, sizeof(id));
  if (role == Role::kServer && !options.alpn.empty()) {
    auto* list = new std::string(WireFormat(options.alpn));
    SSL_CTX_set_ex_data(ctx, AlpnIndex(), list);
    SSL_CTX_set_alpn_select_cb(ctx, &SelectProtocol, list);
  }
  return context;
}

TlsPeer::TlsPeer(Role role, std::unique_ptr<MemoryPeer> wire, const TlsPeerOptions& options)
    : wire_(std::move(wire)),
      context_(options.context != nullptr ? bssl::UniquePtr<SSL_CTX>()
                                          : MakeContext(role, options)),
      ssl_(SSL_new(options.context != nullptr ? options.context : context_.get())) {
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  BIO_set_mem_eof_return(SSL_get_rbio(ssl_.get()), -1);
  if (role == Role::kServer) {
    SSL_set_accept_state(ssl_.get());
  } else {
    SSL_set_connect_state(ssl_.get());
    SSL_CTX_sess_set_new_cb(context_.get(), [](SSL* ssl, SSL_SESSION* session) {
      static_cast<TlsPeer*>(SSL_get_app_data(ssl))->sessions_.emplace_back(session);
      return 1;
    });
    if (!options.server_name.empty()) {
      SSL_set_tlsext_host_name(ssl_.get(), options.server_name.c_str());
    }
    const std::string alpn = WireFormat(options.alpn);
    if (!alpn.empty()) {
      SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const uint8_t*>(alpn.data()), alpn.size());
    }
    if (options.wants_staple) SSL_enable_ocsp_stapling(ssl_.get());
    if (options.resume != nullptr) SSL_set_session(ssl_.get(), options.resume);
  }
  wire_->OnActivity([this] { Act(); });
  Act();
}

void TlsPeer::FlushOutput() {
  const uint8_t* bytes = nullptr;
  size_t size = 0;
  BIO* out = SSL_get_wbio(ssl_.get());
  if (BIO_mem_contents(out, &bytes, &size) == 1 && size > 0) {
    wire_->Send({reinterpret_cast<const char*>(bytes), size});
    BIO_reset(out);
  }
}

// Whether to go on.
bool TlsPeer::HandleResult(int result) {
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_NONE) return false;
  if (error == SSL_ERROR_ZERO_RETURN) {
    got_close_notify_ = true;
  } else if (error_.empty()) {
    error_ = TakeError();
  }
  return false;
}

void TlsPeer::Act() {
  ERR_clear_error();
  const std::string bytes = wire_->Take();
  if (!bytes.empty()) {
    BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
  }
  if (error_.empty()) {
    if (!connected_) {
      const int result = SSL_do_handshake(ssl_.get());
      connected_ = result == 1;
      if (!connected_) HandleResult(result);
    }
    if (connected_) {
      if (!to_send_.empty()) {
        SSL_write(ssl_.get(), to_send_.data(), static_cast<int>(to_send_.size()));
        to_send_.clear();
      }
      char chunk[4096];
      int result = 1;
      while ((result = SSL_read(ssl_.get(), chunk, sizeof(chunk))) > 0) {
        received_.append(chunk, static_cast<size_t>(result));
      }
      HandleResult(result);
    }
  }
  FlushOutput();
  if (on_bytes) on_bytes();
}

void TlsPeer::Send(absl::string_view text) {
  to_send_.append(text.data(), text.size());
  Act();
}

void TlsPeer::SendCloseNotify() {
  SSL_shutdown(ssl_.get());
  FlushOutput();
}

std::string TlsPeer::alpn() const {
  const uint8_t* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return std::string(reinterpret_cast<const char*>(name), size);
}

std::string TlsPeer::staple() const {
  const uint8_t* bytes = nullptr;
  size_t size = 0;
  SSL_get0_ocsp_response(ssl_.get(), &bytes, &size);
  return std::string(reinterpret_cast<const char*>(bytes), size);
}

std::string TlsPeer::peer_common_name() const {
  const bssl::UniquePtr<X509> peer(SSL_get_peer_certificate(ssl_.get()));
  if (peer == nullptr) return "";
  char name[256] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(peer.get()), NID_commonName, name, sizeof(name));
  return name;
}

}  // namespace sluice
