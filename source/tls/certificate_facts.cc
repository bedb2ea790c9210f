#include "source/tls/certificate_facts.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "openssl/bio.h"
#include "openssl/bn.h"
#include "openssl/err.h"
#include "openssl/mem.h"
#include "openssl/pem.h"
#include "openssl/sha.h"
#include "openssl/ssl.h"
#include "openssl/x509.h"
#include "source/tls/asn1_time.h"
#include "source/tls/certificate.h"
#include "source/tls/certificate_names.h"

namespace sluice {
namespace {

std::string Hex(const uint8_t* bytes, size_t size) {
  return absl::BytesToHexString({reinterpret_cast<const char*>(bytes), size});
}

std::string SerialText(const X509* certificate) {
  const bssl::UniquePtr<BIGNUM> number(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  if (number == nullptr) return "";
  const bssl::UniquePtr<char> text(BN_bn2hex(number.get()));
  return text == nullptr ? "" : text.get();
}

std::string PemOf(const CRYPTO_BUFFER* der) {
  const bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio(bio.get(), PEM_STRING_X509, "", CRYPTO_BUFFER_data(der),
                    static_cast<long>(CRYPTO_BUFFER_len(der))) <= 0) {  // NOLINT
    return "";
  }
  const uint8_t* bytes = nullptr;
  size_t size = 0;
  BIO_mem_contents(bio.get(), &bytes, &size);
  return std::string(reinterpret_cast<const char*>(bytes), size);
}

void AddNames(const X509* certificate, CertificateFacts& facts) {
  for (SubjectAltName& name : SubjectAltNamesOf(certificate)) {
    switch (name.type) {
      case SanType::kDns:
        facts.dns_names.push_back(std::move(name.value));
        break;
      case SanType::kUri:
        facts.uris.push_back(std::move(name.value));
        break;
      case SanType::kEmail:
        facts.emails.push_back(std::move(name.value));
        break;
      case SanType::kIpAddress:
        facts.ip_addresses.push_back(std::move(name.value));
        break;
      case SanType::kOtherName:
        facts.other_names.push_back(std::move(name.value));
        break;
    }
  }
}

}  // namespace

CertificateFacts GatherCertificateFacts(const CRYPTO_BUFFER* der) {
  CertificateFacts facts;
  const bssl::UniquePtr<X509> certificate = ParseDer(der);
  if (certificate == nullptr) {
    ERR_clear_error();
    return facts;
  }
  facts.subject = NameText(X509_get_subject_name(certificate.get()));
  facts.issuer = NameText(X509_get_issuer_name(certificate.get()));
  facts.serial_number = SerialText(certificate.get());
  uint8_t sha256[SHA256_DIGEST_LENGTH];
  SHA256(CRYPTO_BUFFER_data(der), CRYPTO_BUFFER_len(der), sha256);
  facts.sha256 = Hex(sha256, sizeof(sha256));
  uint8_t sha1[SHA_DIGEST_LENGTH];
  SHA1(CRYPTO_BUFFER_data(der), CRYPTO_BUFFER_len(der), sha1);
  facts.sha1 = Hex(sha1, sizeof(sha1));
  AddNames(certificate.get(), facts);
  facts.not_before = WallTimeOf(X509_get0_notBefore(certificate.get()));
  facts.not_after = WallTimeOf(X509_get0_notAfter(certificate.get()));
  facts.pem = PemOf(der);
  ERR_clear_error();
  return facts;
}

TlsFacts GatherTlsFacts(const SSL* ssl, const CRYPTO_BUFFER* local) {
  TlsFacts facts;
  facts.version = SSL_get_version(ssl);
  facts.cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(ssl));
  if (const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)) {
    facts.server_name = name;
  }
  const uint8_t* alpn = nullptr;
  unsigned alpn_size = 0;
  SSL_get0_alpn_selected(ssl, &alpn, &alpn_size);
  facts.alpn.assign(reinterpret_cast<const char*>(alpn), alpn_size);
  unsigned id_size = 0;
  const uint8_t* id = SSL_SESSION_get_id(SSL_get_session(ssl), &id_size);
  facts.session_id = Hex(id, id_size);
  facts.resumed = SSL_session_reused(ssl) != 0;
  const STACK_OF(CRYPTO_BUFFER)* chain = SSL_get0_peer_certificates(ssl);
  const size_t count = chain == nullptr ? 0 : sk_CRYPTO_BUFFER_num(chain);
  facts.peer_presented = count > 0;
  if (count > 0) facts.peer = GatherCertificateFacts(sk_CRYPTO_BUFFER_value(chain, 0));
  for (size_t i = 0; i < count; ++i) {
    facts.peer_chain_pem += PemOf(sk_CRYPTO_BUFFER_value(chain, i));
  }
  if (local != nullptr) facts.local = GatherCertificateFacts(local);
  return facts;
}

}  // namespace sluice
