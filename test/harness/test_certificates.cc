#include "test/harness/test_certificates.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "openssl/bio.h"
#include "openssl/bn.h"
#include "openssl/bytestring.h"
#include "openssl/ec_key.h"
#include "openssl/err.h"
#include "openssl/mem.h"
#include "openssl/nid.h"
#include "openssl/pem.h"
#include "openssl/pkcs8.h"
#include "openssl/rsa.h"
#include "openssl/sha.h"
#include "openssl/x509v3.h"

namespace sluice {
namespace {

std::string Contents(BIO* bio) {
  const uint8_t* bytes = nullptr;
  size_t size = 0;
  EXPECT_EQ(BIO_mem_contents(bio, &bytes, &size), 1);
  return std::string(reinterpret_cast<const char*>(bytes), size);
}

bssl::UniquePtr<EVP_PKEY> MakeEcKey(int curve) {
  bssl::UniquePtr<EC_KEY> ec(EC_KEY_new_by_curve_name(curve));
  EXPECT_EQ(EC_KEY_generate_key(ec.get()), 1);
  bssl::UniquePtr<EVP_PKEY> key(EVP_PKEY_new());
  EXPECT_EQ(EVP_PKEY_set1_EC_KEY(key.get(), ec.get()), 1);
  return key;
}

bssl::UniquePtr<EVP_PKEY> MakeRsaKey(int bits) {
  bssl::UniquePtr<RSA> rsa(RSA_new());
  bssl::UniquePtr<BIGNUM> exponent(BN_new());
  BN_set_word(exponent.get(), RSA_F4);
  EXPECT_EQ(RSA_generate_key_ex(rsa.get(), bits, exponent.get(), nullptr), 1);
  bssl::UniquePtr<EVP_PKEY> key(EVP_PKEY_new());
  EXPECT_EQ(EVP_PKEY_set1_RSA(key.get(), rsa.get()), 1);
  return key;
}

bssl::UniquePtr<EVP_PKEY> MakeKey(TestKey kind) {
  switch (kind) {
    case TestKey::kP256:
      return MakeEcKey(NID_X9_62_prime256v1);
    case TestKey::kP384:
      return MakeEcKey(NID_secp384r1);
    case TestKey::kP224:
      return MakeEcKey(NID_secp224r1);
    case TestKey::kRsa2048:
      return MakeRsaKey(2048);
    case TestKey::kRsa1024:
      return MakeRsaKey(1024);
    case TestKey::kEd25519: {
      const uint8_t seed[32] = {1, 2, 3};
      return bssl::UniquePtr<EVP_PKEY>(
          EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed, sizeof(seed)));
    }
  }
  return nullptr;
}

// RSA keys take long to make.
bssl::UniquePtr<EVP_PKEY> KeyFor(const std::string& name, TestKey kind) {
  static auto& keys = *new std::map<std::pair<std::string, TestKey>, bssl::UniquePtr<EVP_PKEY>>();
  bssl::UniquePtr<EVP_PKEY>& key = keys[{name, kind}];
  if (key == nullptr) key = MakeKey(kind);
  return bssl::UpRef(key);
}

void AddExtension(X509* certificate, X509V3_CTX* context, int nid, const std::string& value) {
  const bssl::UniquePtr<X509_EXTENSION> extension(
      X509V3_EXT_nconf_nid(nullptr, context, nid, value.c_str()));
  ASSERT_NE(extension, nullptr) << value;
  X509_add_ext(certificate, extension.get(), -1);
}

// RFC 7633: a list of TLS extensions, here status_request.
void AddMustStaple(X509* certificate) {
  const uint8_t value[] = {0x30, 0x03, 0x02, 0x01, 0x05};
  const bssl::UniquePtr<ASN1_OCTET_STRING> octets(ASN1_OCTET_STRING_new());
  ASN1_OCTET_STRING_set(octets.get(), value, sizeof(value));
  const bssl::UniquePtr<ASN1_OBJECT> oid(OBJ_txt2obj("1.3.6.1.5.5.7.1.24", 1));
  const bssl::UniquePtr<X509_EXTENSION> extension(
      X509_EXTENSION_create_by_OBJ(nullptr, oid.get(), 0, octets.get()));
  X509_add_ext(certificate, extension.get(), -1);
}

std::string DigestOf(const std::string& bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(),
         reinterpret_cast<uint8_t*>(digest.data()));
  return digest;
}

// A GeneralizedTime.
void AddTime(CBB* to, int64_t posix) {
  const bssl::UniquePtr<ASN1_GENERALIZEDTIME> when(ASN1_GENERALIZEDTIME_set(nullptr, posix));
  CBB element;
  CBB_add_asn1(to, &element, CBS_ASN1_GENERALIZEDTIME);
  CBB_add_bytes(&element, ASN1_STRING_get0_data(when.get()), ASN1_STRING_length(when.get()));
  CBB_flush(to);
}

constexpr unsigned kContext0 = CBS_ASN1_CONTEXT_SPECIFIC | CBS_ASN1_CONSTRUCTED | 0;
constexpr unsigned kContext2 = CBS_ASN1_CONTEXT_SPECIFIC | CBS_ASN1_CONSTRUCTED | 2;

// RFC 6960 section 4.2.1: SingleResponse.
void AddAnswer(CBB* to, const TestCertificate& certificate, int64_t this_update,
               int64_t next_update) {
  CBB answer, id, algorithm, oid, octets, next;
  const uint8_t sha1[] = {0x2b, 0x0e, 0x03, 0x02, 0x1a};
  const uint8_t hash[20] = {};
  CBB_add_asn1(to, &answer, CBS_ASN1_SEQUENCE);
  CBB_add_asn1(&answer, &id, CBS_ASN1_SEQUENCE);
  CBB_add_asn1(&id, &algorithm, CBS_ASN1_SEQUENCE);
  CBB_add_asn1(&algorithm, &oid, CBS_ASN1_OBJECT);
  CBB_add_bytes(&oid, sha1, sizeof(sha1));
  for (int i = 0; i < 2; ++i) {
    CBB_add_asn1(&id, &octets, CBS_ASN1_OCTETSTRING);
    CBB_add_bytes(&octets, hash, sizeof(hash));
  }
  CBB_add_asn1_uint64(&id, certificate.serial);
  const uint8_t good[] = {0x80, 0x00};
  CBB_flush(&answer);
  CBB_add_bytes(&answer, good, sizeof(good));
  AddTime(&answer, this_update);
  CBB_add_asn1(&answer, &next, kContext0);
  AddTime(&next, next_update);
  CBB_flush(to);
}

}  // namespace

std::string TestCertificate::Der() const {
  uint8_t* der = nullptr;
  const int size = i2d_X509(certificate.get(), &der);
  const bssl::UniquePtr<uint8_t> owned(der);
  return std::string(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
}

std::string TestCertificate::Sha256Hex() const { return absl::BytesToHexString(DigestOf(Der())); }

std::string TestCertificate::SpkiSha256Base64() const {
  uint8_t* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate.get()), &der);
  const bssl::UniquePtr<uint8_t> owned(der);
  return absl::Base64Escape(
      DigestOf(std::string(reinterpret_cast<const char*>(der), static_cast<size_t>(size))));
}

TestCertificate MakeCertificate(const TestCertificateOptions& options) {
  static int64_t next_serial = 1000;
  TestCertificate made;
  made.serial = ++next_serial;
  made.key = KeyFor(options.common_name, options.key);
  made.certificate.reset(X509_new());
  X509* certificate = made.certificate.get();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), made.serial);
  ASN1_TIME_set(X509_getm_notBefore(certificate), options.not_before);
  ASN1_TIME_set(X509_getm_notAfter(certificate), options.not_after);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const uint8_t*>(options.common_name.data()),
                             static_cast<int>(options.common_name.size()), -1, 0);
  const TestCertificate* issuer = options.issuer != nullptr ? options.issuer : &made;
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer->certificate.get()));
  X509_set_pubkey(certificate, made.key.get());
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer->certificate.get(), certificate, nullptr, nullptr, 0);
  if (options.is_authority) {
    AddExtension(certificate, &context, NID_basic_constraints, "critical,CA:TRUE");
    AddExtension(certificate, &context, NID_key_usage, "critical,keyCertSign,cRLSign");
  }
  if (!options.key_usage.empty()) {
    AddExtension(certificate, &context, NID_key_usage, options.key_usage);
  }
  if (!options.sans.empty()) {
    AddExtension(certificate, &context, NID_subject_alt_name, absl::StrJoin(options.sans, ","));
  }
  if (options.must_staple) AddMustStaple(certificate);
  const EVP_MD* digest =
      EVP_PKEY_id(issuer->key.get()) == EVP_PKEY_ED25519 ? nullptr : EVP_sha256();
  EXPECT_GT(X509_sign(certificate, issuer->key.get(), digest), 0);

  const bssl::UniquePtr<BIO> pem(BIO_new(BIO_s_mem()));
  EXPECT_EQ(PEM_write_bio_X509(pem.get(), certificate), 1);
  made.pem = Contents(pem.get());
  made.chain_pem = made.pem;
  if (options.issuer != nullptr &&
      X509_NAME_cmp(X509_get_subject_name(issuer->certificate.get()),
                    X509_get_issuer_name(issuer->certificate.get())) != 0) {
    made.chain_pem += issuer->chain_pem;
  }
  const bssl::UniquePtr<BIO> key_pem(BIO_new(BIO_s_mem()));
  EXPECT_EQ(PEM_write_bio_PrivateKey(key_pem.get(), made.key.get(), nullptr, nullptr, 0, nullptr,
                                     nullptr),
            1);
  made.key_pem = Contents(key_pem.get());
  return made;
}

std::string MakeRevocations(const TestCertificate& issuer, const std::vector<int64_t>& serials) {
  const bssl::UniquePtr<X509_CRL> crl(X509_CRL_new());
  X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(issuer.certificate.get()));
  const bssl::UniquePtr<ASN1_TIME> from(ASN1_TIME_set(nullptr, k2020));
  const bssl::UniquePtr<ASN1_TIME> to(ASN1_TIME_set(nullptr, k2040));
  X509_CRL_set1_lastUpdate(crl.get(), from.get());
  X509_CRL_set1_nextUpdate(crl.get(), to.get());
  for (const int64_t serial : serials) {
    bssl::UniquePtr<X509_REVOKED> revoked(X509_REVOKED_new());
    const bssl::UniquePtr<ASN1_INTEGER> number(ASN1_INTEGER_new());
    ASN1_INTEGER_set(number.get(), serial);
    X509_REVOKED_set_serialNumber(revoked.get(), number.get());
    X509_REVOKED_set_revocationDate(revoked.get(), from.get());
    X509_CRL_add0_revoked(crl.get(), revoked.release());
  }
  EXPECT_GT(X509_CRL_sign(crl.get(), issuer.key.get(), EVP_sha256()), 0);
  const bssl::UniquePtr<BIO> pem(BIO_new(BIO_s_mem()));
  EXPECT_EQ(PEM_write_bio_X509_CRL(pem.get(), crl.get()), 1);
  return Contents(pem.get());
}

std::string MakeOcspResponse(const TestCertificate& certificate, int64_t this_update,
                             int64_t next_update) {
  bssl::ScopedCBB cbb;
  CBB response, status, wrapped, typed, oid, octets, basic, data, responder, key_hash, answers,
      algorithm, signature;
  const uint8_t basic_oid[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01};
  const uint8_t sha256_rsa[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b};
  const uint8_t hash[20] = {};
  CBB_init(cbb.get(), 512);
  CBB_add_asn1(cbb.get(), &response, CBS_ASN1_SEQUENCE);
  CBB_add_asn1(&response, &status, CBS_ASN1_ENUMERATED);
  CBB_add_u8(&status, 0);
  CBB_add_asn1(&response, &wrapped, kContext0);
  CBB_add_asn1(&wrapped, &typed, CBS_ASN1_SEQUENCE);
  CBB_add_asn1(&typed, &oid, CBS_ASN1_OBJECT);
  CBB_add_bytes(&oid, basic_oid, sizeof(basic_oid));
  CBB_add_asn1(&typed, &octets, CBS_ASN1_OCTETSTRING);
  CBB_add_asn1(&octets, &basic, CBS_ASN1_SEQUENCE);
  CBB_add_asn1(&basic, &data, CBS_ASN1_SEQUENCE);
  CBB_add_asn1(&data, &responder, kContext2);
  CBB_add_asn1(&responder, &key_hash, CBS_ASN1_OCTETSTRING);
  CBB_add_bytes(&key_hash, hash, sizeof(hash));
  CBB_flush(&data);
  AddTime(&data, this_update);
  CBB_add_asn1(&data, &answers, CBS_ASN1_SEQUENCE);
  AddAnswer(&answers, certificate, this_update, next_update);
  CBB_flush(&basic);
  CBB_add_asn1(&basic, &algorithm, CBS_ASN1_SEQUENCE);
  CBB_add_asn1(&algorithm, &oid, CBS_ASN1_OBJECT);
  CBB_add_bytes(&oid, sha256_rsa, sizeof(sha256_rsa));
  CBB_add_asn1(&basic, &signature, CBS_ASN1_BITSTRING);
  CBB_add_u8(&signature, 0);
  uint8_t* der = nullptr;
  size_t size = 0;
  EXPECT_EQ(CBB_finish(cbb.get(), &der, &size), 1);
  const bssl::UniquePtr<uint8_t> owned(der);
  return std::string(reinterpret_cast<const char*>(der), size);
}

std::string EncryptedKeyPem(const TestCertificate& certificate, const std::string& password) {
  const bssl::UniquePtr<BIO> pem(BIO_new(BIO_s_mem()));
  EXPECT_EQ(PEM_write_bio_PKCS8PrivateKey(pem.get(), certificate.key.get(), EVP_aes_256_cbc(),
                                          const_cast<char*>(password.data()),
                                          static_cast<int>(password.size()), nullptr, nullptr),
            1);
  return Contents(pem.get());
}

std::string Pkcs12Of(const TestCertificate& certificate, const std::string& password) {
  const bssl::UniquePtr<PKCS12> bag(PKCS12_create(password.c_str(), nullptr, certificate.key.get(),
                                                  certificate.certificate.get(), nullptr, 0, 0, 0,
                                                  0, 0));
  uint8_t* der = nullptr;
  const int size = i2d_PKCS12(bag.get(), &der);
  EXPECT_GT(size, 0);
  const bssl::UniquePtr<uint8_t> owned(der);
  return std::string(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
}

std::string WriteTestFile(const std::string& name, const std::string& bytes) {
  const std::string path = absl::StrCat(::testing::TempDir(), "/", name);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  file.close();
  EXPECT_TRUE(file.good()) << path;
  return path;
}

}  // namespace sluice
