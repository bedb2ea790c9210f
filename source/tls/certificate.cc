#include "source/tls/certificate.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "openssl/bio.h"
#include "openssl/bytestring.h"
#include "openssl/ec.h"
#include "openssl/ec_key.h"
#include "openssl/err.h"
#include "openssl/evp.h"
#include "openssl/mem.h"
#include "openssl/pem.h"
#include "openssl/pkcs8.h"
#include "openssl/rsa.h"
#include "openssl/ssl.h"
#include "openssl/x509.h"
#include "openssl/x509v3.h"
#include "source/tls/asn1_time.h"
#include "source/tls/certificate_names.h"
#include "source/tls/tls_error.h"

namespace sluice {
namespace {

constexpr unsigned kRsaBitsMin = 2048;

// Reads a source, or says in `errors` why not.
std::optional<std::string> ReadOrReport(const TlsSource& source, const std::string& field,
                                        TlsLoadErrors& errors) {
  absl::StatusOr<std::string> read = source.Read();
  if (read.ok()) return *std::move(read);
  errors.push_back({source.filename.empty() ? field : absl::StrCat(field, ".filename"),
                    std::string(read.status().message()), ""});
  return std::nullopt;
}

// "the file \"a.pem\" " before what is wrong with it.
std::string Named(const TlsSource& source, absl::string_view problem) {
  if (source.filename.empty()) return std::string(problem);
  return absl::StrCat("\"", source.filename, "\" ", problem);
}

std::string WithReasons(absl::string_view problem) {
  const std::string reasons = TakeTlsReasons();
  return reasons.empty() ? std::string(problem) : absl::StrCat(problem, " (", reasons, ")");
}

int GivePassword(char* to, int size, int, void* password) {
  const auto& text = *static_cast<const std::string*>(password);
  const int length = std::min<int>(size, static_cast<int>(text.size()));
  std::copy_n(text.data(), length, to);
  return length;
}

// The TLS feature extension, RFC 7633, with status_request (5) in it.
bool HasMustStaple(const X509* certificate) {
  const bssl::UniquePtr<ASN1_OBJECT> feature(OBJ_txt2obj("1.3.6.1.5.5.7.1.24", 1));
  const int at = X509_get_ext_by_OBJ(certificate, feature.get(), -1);
  if (at < 0) return false;
  const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(X509_get_ext(certificate, at));
  CBS bytes, list;
  CBS_init(&bytes, ASN1_STRING_get0_data(value), static_cast<size_t>(ASN1_STRING_length(value)));
  if (CBS_get_asn1(&bytes, &list, CBS_ASN1_SEQUENCE) != 1) return false;
  uint64_t number = 0;
  while (CBS_get_asn1_uint64(&list, &number) == 1) {
    if (number == 5) return true;
  }
  ERR_clear_error();
  return false;
}

}  // namespace

CRYPTO_BUFFER_POOL* SharedCertificates() {
  static CRYPTO_BUFFER_POOL* const pool = CRYPTO_BUFFER_POOL_new();
  return pool;
}

std::vector<bssl::UniquePtr<X509>> ReadPemCertificates(const std::string& pem) {
  ERR_clear_error();
  std::vector<bssl::UniquePtr<X509>> certificates;
  const bssl::UniquePtr<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  while (bssl::UniquePtr<X509> next{PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr)}) {
    certificates.push_back(std::move(next));
  }
  // How the end of the text is told; anything else is a certificate that cannot be read.
  const uint32_t last = ERR_peek_last_error();
  if (ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE) {
    ERR_clear_error();
  } else if (last != 0) {
    certificates.clear();
  }
  return certificates;
}

bssl::UniquePtr<CRYPTO_BUFFER> DerOf(X509* certificate) {
  uint8_t* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  if (size <= 0) return nullptr;
  bssl::UniquePtr<uint8_t> owned(der);
  return bssl::UniquePtr<CRYPTO_BUFFER>(
      CRYPTO_BUFFER_new(der, static_cast<size_t>(size), SharedCertificates()));
}

bssl::UniquePtr<X509> ParseDer(const CRYPTO_BUFFER* der) {
  return bssl::UniquePtr<X509>(X509_parse_from_buffer(const_cast<CRYPTO_BUFFER*>(der)));
}

std::unique_ptr<const Certificate> Certificate::Load(const CertificateConfig& config,
                                                     TlsLoadErrors& errors) {
  ERR_clear_error();
  std::unique_ptr<Certificate> loaded(new Certificate);
  const bool parsed = config.pkcs12.is_set
                          ? loaded->LoadPkcs12(config, errors)
                          : loaded->LoadPem(config, errors) && loaded->LoadKey(config, errors);
  if (!parsed) return nullptr;
  std::string problem;
  if (!loaded->TakeKey(problem)) {
    const bool in_pkcs12 = config.pkcs12.is_set;
    errors.push_back({absl::StrCat(config.field, in_pkcs12 ? ".pkcs12" : ".private_key"),
                      Named(in_pkcs12 ? config.pkcs12 : config.private_key, problem), ""});
    return nullptr;
  }
  if (config.ocsp_staple.is_set && !loaded->LoadOcsp(config, errors)) return nullptr;
  loaded->parsed_leaf_.reset();
  return loaded;
}

bool Certificate::LoadPem(const CertificateConfig& config, TlsLoadErrors& errors) {
  const std::string field = absl::StrCat(config.field, ".certificate_chain");
  const auto pem = ReadOrReport(config.certificate_chain, field, errors);
  if (!pem.has_value()) return false;
  if (TakeChain(ReadPemCertificates(*pem))) return true;
  errors.push_back(
      {field, Named(config.certificate_chain, WithReasons("holds no certificate in PEM form")),
       "a PEM certificate starts with -----BEGIN CERTIFICATE-----"});
  return false;
}

bool Certificate::LoadKey(const CertificateConfig& config, TlsLoadErrors& errors) {
  const std::string field = absl::StrCat(config.field, ".private_key");
  const auto pem = ReadOrReport(config.private_key, field, errors);
  if (!pem.has_value()) return false;
  std::string password;
  if (config.password.is_set) {
    const auto read =
        ReadOrReport(config.password, absl::StrCat(config.field, ".password"), errors);
    if (!read.has_value()) return false;
    password = std::string(absl::StripTrailingAsciiWhitespace(*read));
  }
  const bssl::UniquePtr<BIO> bio(BIO_new_mem_buf(pem->data(), static_cast<int>(pem->size())));
  key_.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, &GivePassword, &password));
  if (key_ != nullptr) return true;
  const bool encrypted = pem->find("ENCRYPTED") != std::string::npos;
  const char* problem = !encrypted               ? "holds no private key in PEM form"
                        : config.password.is_set ? "cannot be decrypted with this password"
                                                 : "is encrypted, and there is no password";
  errors.push_back({field, Named(config.private_key, WithReasons(problem)),
                    encrypted ? "see the field password beside it" : ""});
  return false;
}

bool Certificate::LoadPkcs12(const CertificateConfig& config, TlsLoadErrors& errors) {
  const std::string field = absl::StrCat(config.field, ".pkcs12");
  const auto der = ReadOrReport(config.pkcs12, field, errors);
  if (!der.has_value()) return false;
  std::string password;
  if (config.password.is_set) {
    const auto read =
        ReadOrReport(config.password, absl::StrCat(config.field, ".password"), errors);
    if (!read.has_value()) return false;
    password = std::string(absl::StripTrailingAsciiWhitespace(*read));
  }
  CBS bytes;
  CBS_init(&bytes, reinterpret_cast<const uint8_t*>(der->data()), der->size());
  EVP_PKEY* key = nullptr;
  const bssl::UniquePtr<STACK_OF(X509)> certificates(sk_X509_new_null());
  const bool read =
      PKCS12_get_key_and_certs(&key, certificates.get(), &bytes, password.c_str()) == 1;
  key_.reset(key);
  std::vector<bssl::UniquePtr<X509>> chain;
  for (X509* certificate : certificates.get()) chain.push_back(bssl::UpRef(certificate));
  // The key's own certificate leads, wherever it lies in the bag.
  std::stable_partition(chain.begin(), chain.end(), [this](const auto& certificate) {
    return key_ != nullptr && X509_check_private_key(certificate.get(), key_.get()) == 1;
  });
  if (read && key_ != nullptr && TakeChain(chain)) return true;
  errors.push_back(
      {field, Named(config.pkcs12, WithReasons("holds no key and certificate that can be read")),
       "is the password right?"});
  return false;
}

bool Certificate::TakeChain(const std::vector<bssl::UniquePtr<X509>>& chain) {
  if (chain.empty()) return false;
  for (const auto& certificate : chain) {
    chain_.push_back(DerOf(certificate.get()));
    if (chain_.back() == nullptr) return false;
    chain_view_.push_back(chain_.back().get());
    const WallTime end = WallTimeOf(X509_get0_notAfter(certificate.get()));
    not_after_ = chain_.size() == 1 ? end : std::min(not_after_, end);
  }
  parsed_leaf_ = bssl::UpRef(chain.front());
  not_before_ = WallTimeOf(X509_get0_notBefore(parsed_leaf_.get()));
  must_staple_ = HasMustStaple(parsed_leaf_.get());
  names_ = ServerNamesOf(parsed_leaf_.get());
  return true;
}

bool Certificate::TakeKey(std::string& problem) {
  if (X509_check_private_key(parsed_leaf_.get(), key_.get()) != 1) {
    ERR_clear_error();
    problem = "is not the key of the certificate";
    return false;
  }
  if (EVP_PKEY_id(key_.get()) == EVP_PKEY_RSA) {
    const unsigned bits = RSA_bits(EVP_PKEY_get0_RSA(key_.get()));
    if (bits >= kRsaBitsMin) return true;
    problem = absl::StrCat("is an RSA key of ", bits, " bits; the least is ", kRsaBitsMin);
    return false;
  }
  if (EVP_PKEY_id(key_.get()) == EVP_PKEY_ED25519) {
    key_type_ = KeyType::kEd25519;
    return true;
  }
  const EC_KEY* ec = EVP_PKEY_get0_EC_KEY(key_.get());
  const int curve = ec == nullptr ? NID_undef : EC_GROUP_get_curve_name(EC_KEY_get0_group(ec));
  key_type_ = KeyType::kEcdsa;
  if (curve == NID_X9_62_prime256v1) {
    ecdsa_curve_ = SSL_CURVE_SECP256R1;
    ecdsa_signature_ = SSL_SIGN_ECDSA_SECP256R1_SHA256;
  } else if (curve == NID_secp384r1) {
    ecdsa_curve_ = SSL_CURVE_SECP384R1;
    ecdsa_signature_ = SSL_SIGN_ECDSA_SECP384R1_SHA384;
  } else if (curve == NID_secp521r1) {
    ecdsa_curve_ = SSL_CURVE_SECP521R1;
    ecdsa_signature_ = SSL_SIGN_ECDSA_SECP521R1_SHA512;
  } else {
    problem = "is no RSA key, no ECDSA key on P-256, P-384 or P-521, and no Ed25519 key";
    return false;
  }
  return true;
}

bool Certificate::LoadOcsp(const CertificateConfig& config, TlsLoadErrors& errors) {
  const std::string field = absl::StrCat(config.field, ".ocsp_staple");
  auto der = ReadOrReport(config.ocsp_staple, field, errors);
  if (!der.has_value()) return false;
  absl::StatusOr<OcspResponse> parsed = OcspResponse::Parse(*std::move(der));
  ERR_clear_error();
  if (!parsed.ok()) {
    errors.push_back({field, Named(config.ocsp_staple, parsed.status().message()), ""});
    return false;
  }
  if (!parsed->IsFor(parsed_leaf_.get())) {
    errors.push_back({field, Named(config.ocsp_staple, "is for another certificate"), ""});
    return false;
  }
  ocsp_ = *std::move(parsed);
  return true;
}

}  // namespace sluice
