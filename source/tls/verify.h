// PeerVerifier: whether a peer's certificate is good enough, by a CertificateValidationContext:
// chain to a trusted authority, revocation lists, names, pins. Const once loaded; shared by all
// workers. X.509 structures live for one verification only.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "openssl/pool.h"
#include "openssl/x509.h"
#include "source/base/units.h"
#include "source/tls/san_match.h"
#include "source/tls/tls_source.h"

namespace sluice {

using Sha256 = std::array<uint8_t, 32>;

struct VerifyConfig {
  TlsSource trusted_ca;
  bool system_roots = false;
  TlsSource crl;
  bool crl_of_leaf_only = false;
  std::optional<uint32_t> depth_max;  // of a chain: the leaf does not count, its authority does
  bool allow_expired = false;
  bool accept_untrusted = false;                        // verified, and let in whatever came of it
  std::vector<SanMatch> names;                          // one must match
  bool sent_name_replaces_names = false;                // see PeerNames
  std::vector<Sha256> certificate_hashes, spki_hashes;  // one of either must match
  std::string field;                                    // where it stands, for errors

  bool checks_chain() const { return trusted_ca.is_set || system_roots; }
};

// Of a connection to a host; views live for the call.
struct PeerNames {
  // One more name that the certificate must be for, if not empty.
  absl::string_view wanted;
  // By SNI. Where it may take the place of the configured names, and nothing is wanted, it is the
  // only DNS name that is good enough.
  absl::string_view sent;
};

class PeerVerifier {
 public:
  // Null when anything is wrong; it is in `errors` then.
  static std::unique_ptr<const PeerVerifier> Load(const VerifyConfig& config,
                                                  TlsLoadErrors& errors);

  enum class PeerRole : uint8_t { kClient, kServer };
  enum class Failure : uint8_t { kNone, kChain, kName, kHash };
  struct Verdict {
    Failure failure = Failure::kNone;
    uint8_t alert = 0;   // to send, RFC 8446 section 6.2
    std::string detail;  // "verify cert failed: ..."
  };
  Verdict Verify(const STACK_OF(CRYPTO_BUFFER) * chain, PeerRole role, WallTime now,
                 const PeerNames& peer_names) const;

  bool accept_untrusted() const { return accept_untrusted_; }
  // Whether a certificate that passes has been held against anything.
  bool checks_anything() const { return checks_chain_ || !names_.empty() || has_pins(); }
  // The subjects of the trusted authorities in DER form, for a server's certificate request.
  const std::vector<std::string>& authority_names() const { return authority_names_; }
  // Of the first of them: a bundle has dozens that nobody's chain leads to.
  std::optional<WallTime> first_authority_ends() const { return first_authority_ends_; }
  // Of everything that decides: what was let in by one configuration does not resume under another.
  const std::string& fingerprint() const { return fingerprint_; }

 private:
  PeerVerifier() = default;
  bool LoadAuthorities(const VerifyConfig& config, TlsLoadErrors& errors);
  bool LoadRevocations(const VerifyConfig& config, TlsLoadErrors& errors);
  bool AddPem(const std::string& pem, size_t& certificates, size_t& revocations);
  void MakeFingerprint(const VerifyConfig& config);
  Verdict VerifyChain(X509* leaf, const STACK_OF(CRYPTO_BUFFER) * chain, PeerRole role,
                      WallTime now) const;
  Verdict VerifyNames(const X509* leaf, const PeerNames& peer_names) const;
  bool MatchesPin(const CRYPTO_BUFFER* leaf_der, const X509* leaf) const;
  bool has_pins() const { return !certificate_hashes_.empty() || !spki_hashes_.empty(); }

  bssl::UniquePtr<X509_STORE> store_;
  bool checks_chain_ = false;
  bool allow_expired_ = false;
  bool accept_untrusted_ = false;
  std::optional<uint32_t> depth_max_;
  std::vector<SanMatch> names_;
  bool sent_name_replaces_names_ = false;
  std::vector<Sha256> certificate_hashes_, spki_hashes_;
  std::vector<std::string> authority_names_;
  std::optional<WallTime> first_authority_ends_;
  std::string fingerprint_;
};

}  // namespace sluice
