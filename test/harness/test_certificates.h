// Certificates for tests, made when they are asked for: authorities, chains, revocation lists, OCSP
// answers. Nothing secret lies in the tree. Keys are made once a process for each name and kind.
//
//   const TestCertificate ca = MakeCertificate({.common_name = "ca", .is_authority = true});
//   const TestCertificate leaf = MakeCertificate({.sans = {"DNS:a.test"}, .issuer = &ca});
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "openssl/evp.h"
#include "openssl/x509.h"

namespace sluice {

enum class TestKey : uint8_t { kP256, kP384, kP224, kRsa2048, kRsa1024, kEd25519 };

// Seconds since 1970.
constexpr int64_t k2020 = 1577836800;
constexpr int64_t k2025 = 1735689600;
constexpr int64_t k2030 = 1893456000;
constexpr int64_t k2040 = 2208988800;

struct TestCertificate {
  std::string pem, key_pem;
  std::string chain_pem;  // itself and its issuers but the self-signed one
  bssl::UniquePtr<X509> certificate;
  bssl::UniquePtr<EVP_PKEY> key;
  int64_t serial = 0;

  std::string Der() const;
  std::string Sha256Hex() const;
  std::string SpkiSha256Base64() const;
};

struct TestCertificateOptions {
  std::string common_name = "test";
  std::vector<std::string> sans;  // "DNS:a.test", "URI:spiffe://a", "IP:1.2.3.4", "email:a@b"
  TestKey key = TestKey::kP256;
  const TestCertificate* issuer = nullptr;  // none: signs itself
  bool is_authority = false;
  int64_t not_before = k2020;
  int64_t not_after = k2040;
  bool must_staple = false;
  std::string key_usage;  // such as "digitalSignature"
};

TestCertificate MakeCertificate(const TestCertificateOptions& options);

// A PEM revocation list of the issuer's.
std::string MakeRevocations(const TestCertificate& issuer, const std::vector<int64_t>& serials);

// An OCSP answer "good" in DER form; its signature is void, as only clients look at it.
std::string MakeOcspResponse(const TestCertificate& certificate, int64_t this_update,
                             int64_t next_update);

std::string EncryptedKeyPem(const TestCertificate& certificate, const std::string& password);
std::string Pkcs12Of(const TestCertificate& certificate, const std::string& password);

// Writes `bytes` to a file of this name in the test's own folder; its path.
std::string WriteTestFile(const std::string& name, const std::string& bytes);

}  // namespace sluice
