// Certificate: one identity of ours: a chain, its key, and what choosing among several needs to
// know of it. Const once loaded; shared by all workers.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "openssl/evp.h"
#include "openssl/pool.h"
#include "openssl/x509.h"
#include "source/base/units.h"
#include "source/tls/ocsp_response.h"
#include "source/tls/tls_source.h"

namespace sluice {

struct CertificateConfig {
  TlsSource certificate_chain, private_key, password;
  TlsSource pkcs12;  // instead of chain and key
  TlsSource ocsp_staple;
  std::string field;  // where it stands, for errors
};

class Certificate {
 public:
  enum class KeyType : uint8_t { kRsa, kEcdsa, kEd25519 };

  // Null when anything is wrong; it is in `errors` then.
  static std::unique_ptr<const Certificate> Load(const CertificateConfig& config,
                                                 TlsLoadErrors& errors);

  // Leaf first; the pointers are for BoringSSL, which takes references of its own.
  const std::vector<CRYPTO_BUFFER*>& chain() const { return chain_view_; }
  EVP_PKEY* key() const { return key_.get(); }
  KeyType key_type() const { return key_type_; }
  uint16_t ecdsa_curve() const { return ecdsa_curve_; }          // TLS's number of it
  uint16_t ecdsa_signature() const { return ecdsa_signature_; }  // what TLS 1.3 signs with
  // Whom it is for: the DNS names of its subjectAltName, else its common name. In lower case.
  const std::vector<std::string>& names() const { return names_; }
  WallTime not_before() const { return not_before_; }
  WallTime not_after() const { return not_after_; }  // of the chain's certificate that ends first
  bool must_staple() const { return must_staple_; }  // RFC 7633
  const std::optional<OcspResponse>& ocsp() const { return ocsp_; }
  CRYPTO_BUFFER* leaf() const { return chain_view_.front(); }

 private:
  Certificate() = default;
  bool LoadPem(const CertificateConfig& config, TlsLoadErrors& errors);
  bool LoadKey(const CertificateConfig& config, TlsLoadErrors& errors);
  bool LoadPkcs12(const CertificateConfig& config, TlsLoadErrors& errors);
  bool TakeChain(const std::vector<bssl::UniquePtr<X509>>& chain);
  bool TakeKey(std::string& problem);
  bool LoadOcsp(const CertificateConfig& config, TlsLoadErrors& errors);

  bssl::UniquePtr<X509> parsed_leaf_;  // while loading
  std::vector<bssl::UniquePtr<CRYPTO_BUFFER>> chain_;
  std::vector<CRYPTO_BUFFER*> chain_view_;
  bssl::UniquePtr<EVP_PKEY> key_;
  KeyType key_type_ = KeyType::kRsa;
  uint16_t ecdsa_curve_ = 0;
  uint16_t ecdsa_signature_ = 0;
  std::vector<std::string> names_;
  WallTime not_before_{};
  WallTime not_after_{};
  bool must_staple_ = false;
  std::optional<OcspResponse> ocsp_;
};

// One for the process: equal certificates of many connections are held once. BoringSSL wants it to
// outlive everything, so it never ends.
CRYPTO_BUFFER_POOL* SharedCertificates();

// All certificates of a PEM text; empty when there are none, or one cannot be read (BoringSSL's
// error queue says why).
std::vector<bssl::UniquePtr<X509>> ReadPemCertificates(const std::string& pem);

bssl::UniquePtr<CRYPTO_BUFFER> DerOf(X509* certificate);
bssl::UniquePtr<X509> ParseDer(const CRYPTO_BUFFER* der);

}  // namespace sluice
