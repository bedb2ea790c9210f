#include "source/tls/verify.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "openssl/bio.h"
#include "openssl/err.h"
#include "openssl/mem.h"
#include "openssl/pem.h"
#include "openssl/sha.h"
#include "openssl/ssl.h"
#include "openssl/x509.h"
#include "source/tls/asn1_time.h"
#include "source/tls/certificate.h"
#include "source/tls/tls_error.h"

namespace sluice {
namespace {

int PassOverDates(int ok, X509_STORE_CTX* context) {
  const int error = X509_STORE_CTX_get_error(context);
  const bool is_date =
      error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID;
  if (ok == 0 && is_date) {
    X509_STORE_CTX_set_error(context, X509_V_OK);
    return 1;
  }
  return ok;
}

Sha256 Digest(const uint8_t* bytes, size_t size) {
  Sha256 digest;
  SHA256(bytes, size, digest.data());
  return digest;
}

bool Contains(const std::vector<Sha256>& digests, const Sha256& digest) {
  return std::find(digests.begin(), digests.end(), digest) != digests.end();
}

std::string SubjectDer(X509* certificate) {
  uint8_t* der = nullptr;
  const int size = i2d_X509_NAME(X509_get_subject_name(certificate), &der);
  if (size <= 0) return "";
  const bssl::UniquePtr<uint8_t> owned(der);
  return std::string(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
}

TlsLoadError Unreadable(const TlsSource& source, const std::string& field,
                        const absl::Status& status) {
  return {source.filename.empty() ? field : absl::StrCat(field, ".filename"),
          std::string(status.message()), ""};
}

TlsLoadError Unusable(const TlsSource& source, const std::string& field,
                      absl::string_view problem) {
  const std::string reasons = TakeTlsReasons();
  return {field,
          absl::StrCat(source.filename.empty() ? "" : absl::StrCat("\"", source.filename, "\" "),
                       problem, reasons.empty() ? "" : absl::StrCat(" (", reasons, ")")),
          ""};
}

}  // namespace

std::unique_ptr<const PeerVerifier> PeerVerifier::Load(const VerifyConfig& config,
                                                       TlsLoadErrors& errors) {
  ERR_clear_error();
  std::unique_ptr<PeerVerifier> verifier(new PeerVerifier);
  verifier->store_.reset(X509_STORE_new());
  // An authority that is configured is trusted, be it a root or not.
  X509_STORE_set_flags(verifier->store_.get(), X509_V_FLAG_PARTIAL_CHAIN);
  verifier->checks_chain_ = config.checks_chain();
  verifier->allow_expired_ = config.allow_expired;
  verifier->accept_untrusted_ = config.accept_untrusted;
  verifier->depth_max_ = config.depth_max;
  verifier->names_ = config.names;
  verifier->sent_name_replaces_names_ = config.sent_name_replaces_names;
  verifier->certificate_hashes_ = config.certificate_hashes;
  verifier->spki_hashes_ = config.spki_hashes;
  if (!verifier->LoadAuthorities(config, errors)) return nullptr;
  if (config.crl.is_set && !verifier->LoadRevocations(config, errors)) return nullptr;
  verifier->MakeFingerprint(config);
  return verifier;
}

// Certificates and revocation lists of a PEM text, in any order. False where a part is broken.
bool PeerVerifier::AddPem(const std::string& pem, size_t& certificates, size_t& revocations) {
  const bssl::UniquePtr<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const bssl::UniquePtr<STACK_OF(X509_INFO)> parts(
      PEM_X509_INFO_read_bio(bio.get(), nullptr, nullptr, nullptr));
  if (parts == nullptr) return false;
  for (const X509_INFO* part : parts.get()) {
    if (part->x509 != nullptr) {
      X509_STORE_add_cert(store_.get(), part->x509);
      if (authority_names_.empty()) {
        first_authority_ends_ = WallTimeOf(X509_get0_notAfter(part->x509));
      }
      authority_names_.push_back(SubjectDer(part->x509));
      ++certificates;
    }
    if (part->crl != nullptr) {
      X509_STORE_add_crl(store_.get(), part->crl);
      ++revocations;
    }
  }
  ERR_clear_error();
  absl::StrAppend(&fingerprint_, pem.size(), ":", pem);
  return true;
}

bool PeerVerifier::LoadAuthorities(const VerifyConfig& config, TlsLoadErrors& errors) {
  TlsSource source = config.trusted_ca;
  std::string field = absl::StrCat(config.field, ".trusted_ca");
  if (!source.is_set && config.system_roots) {
    field = absl::StrCat(config.field, ".system_root_certs");
    source = SystemRoots();
  }
  if (!source.is_set) return true;
  const absl::StatusOr<std::string> pem = source.Read();
  if (!pem.ok()) {
    errors.push_back(Unreadable(source, field, pem.status()));
    return false;
  }
  size_t certificates = 0;
  size_t revocations = 0;
  if (!AddPem(*pem, certificates, revocations) || certificates == 0) {
    errors.push_back(Unusable(source, field, "holds no certificate in PEM form"));
    return false;
  }
  if (revocations > 0) {
    X509_STORE_set_flags(store_.get(), X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  }
  return true;
}

bool PeerVerifier::LoadRevocations(const VerifyConfig& config, TlsLoadErrors& errors) {
  const std::string field = absl::StrCat(config.field, ".crl");
  const absl::StatusOr<std::string> pem = config.crl.Read();
  if (!pem.ok()) {
    errors.push_back(Unreadable(config.crl, field, pem.status()));
    return false;
  }
  size_t certificates = 0;
  size_t revocations = 0;
  if (!AddPem(*pem, certificates, revocations) || revocations == 0 || certificates > 0) {
    errors.push_back(Unusable(config.crl, field, "holds no revocation list in PEM form"));
    return false;
  }
  X509_STORE_set_flags(store_.get(), config.crl_of_leaf_only
                                         ? X509_V_FLAG_CRL_CHECK
                                         : X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  return true;
}

void PeerVerifier::MakeFingerprint(const VerifyConfig& config) {
  std::string all = std::move(fingerprint_);
  absl::StrAppend(&all, "|", config.crl_of_leaf_only, config.allow_expired, config.accept_untrusted,
                  config.system_roots, config.depth_max.value_or(1000));
  for (const SanMatch& name : names_) {
    absl::StrAppend(&all, "|", static_cast<int>(name.type), static_cast<int>(name.how),
                    static_cast<int>(name.letter_case), name.oid, ":", name.text);
  }
  for (const auto* hashes : {&certificate_hashes_, &spki_hashes_}) {
    absl::StrAppend(&all, "|");
    for (const Sha256& hash : *hashes) all.append(hash.begin(), hash.end());
  }
  const Sha256 digest = Digest(reinterpret_cast<const uint8_t*>(all.data()), all.size());
  fingerprint_.assign(digest.begin(), digest.end());
}

PeerVerifier::Verdict PeerVerifier::Verify(const STACK_OF(CRYPTO_BUFFER) * chain, PeerRole role,
                                           WallTime now, const PeerNames& peer_names) const {
  const CRYPTO_BUFFER* leaf_der = sk_CRYPTO_BUFFER_value(chain, 0);
  const bssl::UniquePtr<X509> leaf = ParseDer(leaf_der);
  if (leaf == nullptr) {
    ERR_clear_error();
    return {Failure::kChain, SSL_AD_BAD_CERTIFICATE, "verify cert failed: it cannot be read"};
  }
  if (checks_chain_) {
    Verdict verdict = VerifyChain(leaf.get(), chain, role, now);
    if (verdict.failure != Failure::kNone) return verdict;
  }
  Verdict verdict = VerifyNames(leaf.get(), peer_names);
  if (verdict.failure != Failure::kNone) return verdict;
  if (has_pins() && !MatchesPin(leaf_der, leaf.get())) {
    return {Failure::kHash, SSL_AD_BAD_CERTIFICATE,
            "verify cert failed: cert hash and spki matcher"};
  }
  return {};
}

PeerVerifier::Verdict PeerVerifier::VerifyChain(X509* leaf, const STACK_OF(CRYPTO_BUFFER) * chain,
                                                PeerRole role, WallTime now) const {
  const bssl::UniquePtr<STACK_OF(X509)> others(sk_X509_new_null());
  for (size_t i = 1; i < sk_CRYPTO_BUFFER_num(chain); ++i) {
    bssl::UniquePtr<X509> other = ParseDer(sk_CRYPTO_BUFFER_value(chain, i));
    if (other != nullptr) bssl::PushToStack(others.get(), std::move(other));
  }
  const bssl::UniquePtr<X509_STORE_CTX> context(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(context.get(), store_.get(), leaf, others.get()) != 1) {
    ERR_clear_error();
    return {Failure::kChain, SSL_AD_INTERNAL_ERROR, "verify cert failed: out of memory"};
  }
  X509_STORE_CTX_set_default(context.get(),
                             role == PeerRole::kClient ? "ssl_client" : "ssl_server");
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(param, PosixSeconds(now));
  if (depth_max_.has_value()) X509_VERIFY_PARAM_set_depth(param, static_cast<int>(*depth_max_));
  if (allow_expired_) X509_STORE_CTX_set_verify_cb(context.get(), &PassOverDates);
  const bool good = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  if (good) return {};
  const int error = X509_STORE_CTX_get_error(context.get());
  return {Failure::kChain, static_cast<uint8_t>(SSL_alert_from_verify_result(error)),
          absl::StrCat("verify cert failed: X509_verify_cert: certificate verification error at "
                       "depth ",
                       X509_STORE_CTX_get_error_depth(context.get()), ": ",
                       X509_verify_cert_error_string(error))};
}

PeerVerifier::Verdict PeerVerifier::VerifyNames(const X509* leaf,
                                                const PeerNames& peer_names) const {
  const absl::string_view wanted_name = peer_names.wanted;
  const bool only_sent_name =
      sent_name_replaces_names_ && wanted_name.empty() && !peer_names.sent.empty();
  if (names_.empty() && wanted_name.empty() && !only_sent_name) return {};
  const std::vector<SubjectAltName> names = SubjectAltNamesOf(leaf);
  const auto fails = [] {
    return Verdict{Failure::kName, SSL_AD_BAD_CERTIFICATE, "verify cert failed: verify SAN list"};
  };
  if (only_sent_name) {
    const bool good = std::any_of(names.begin(), names.end(), [&](const auto& name) {
      return name.type == SanType::kDns && DnsNameMatches(name.value, peer_names.sent);
    });
    return good ? Verdict() : fails();
  }
  if (!wanted_name.empty() && std::none_of(names.begin(), names.end(), [&](const auto& name) {
        return NameIsFor(name, wanted_name);
      })) {
    return fails();
  }
  if (names_.empty()) return {};
  for (const SubjectAltName& name : names) {
    for (const SanMatch& match : names_) {
      if (match.Matches(name)) return {};
    }
  }
  return fails();
}

bool PeerVerifier::MatchesPin(const CRYPTO_BUFFER* leaf_der, const X509* leaf) const {
  if (!certificate_hashes_.empty() &&
      Contains(certificate_hashes_,
               Digest(CRYPTO_BUFFER_data(leaf_der), CRYPTO_BUFFER_len(leaf_der)))) {
    return true;
  }
  if (spki_hashes_.empty()) return false;
  uint8_t* spki = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(leaf), &spki);
  if (size <= 0) return false;
  const bssl::UniquePtr<uint8_t> owned(spki);
  return Contains(spki_hashes_, Digest(spki, static_cast<size_t>(size)));
}

}  // namespace sluice
