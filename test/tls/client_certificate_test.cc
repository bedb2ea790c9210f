// Certificates that clients present: asked for, required, held against authorities, dates,
// revocation lists, names and pins; and what is told of them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "test/tls/tls_fixture.h"

namespace sluice {
namespace {

constexpr char kRefused[] =
    "TLS_error:|268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:";

class ClientCertificates : public TlsTest {
 protected:
  ClientCertificates() {
    Add(common_, server_);
    verify_ = &Trust(common_, ca_);
  }
  // What the client is told; empty: it was let in.
  std::string Try(const TestCertificate* certificate) {
    TlsPeer& client = Dial({.certificate = certificate});
    return client.error();
  }
  TestCertificate Leaf(TestCertificateOptions options) {
    if (options.issuer == nullptr) options.issuer = &ca_;
    return MakeCertificate(options);
  }

  const TestCertificate server_ = MakeCertificate({.common_name = "server"});
  const TestCertificate ca_ = MakeCertificate({.common_name = "ca", .is_authority = true});
  const TestCertificate leaf_ = MakeCertificate(
      {.common_name = "leaf",
       .sans = {"DNS:client.test", "DNS:*.wild.test", "URI:spiffe://td/client",
                "email:me@client.test", "IP:10.1.2.3", "otherName:1.2.3.4;UTF8:other"},
       .issuer = &ca_});
  tls_pb::DownstreamTlsContext context_;
  tls_pb::CommonTlsContext& common_ = *context_.mutable_common_tls_context();
  tls_pb::CertificateValidationContext* verify_ = nullptr;
};

TEST_F(ClientCertificates, AreAskedForAndVerified) {
  Serve(context_);
  EXPECT_EQ(Try(&leaf_), "");
  const TlsFacts* facts = end().facts();
  ASSERT_NE(facts, nullptr);
  EXPECT_TRUE(facts->peer_presented);
  EXPECT_TRUE(facts->peer_validated);
  EXPECT_EQ(facts->peer.subject, "CN=leaf");
  EXPECT_EQ(facts->peer.issuer, "CN=ca");
  EXPECT_EQ(facts->peer.sha256, leaf_.Sha256Hex());
  EXPECT_EQ(facts->peer.pem, leaf_.pem);
  EXPECT_EQ(facts->peer_chain_pem, leaf_.pem);
  EXPECT_EQ(facts->peer.dns_names, (std::vector<std::string>{"client.test", "*.wild.test"}));
  EXPECT_EQ(facts->peer.uris, (std::vector<std::string>{"spiffe://td/client"}));
  EXPECT_EQ(facts->peer.emails, (std::vector<std::string>{"me@client.test"}));
  EXPECT_EQ(facts->peer.ip_addresses, (std::vector<std::string>{"10.1.2.3"}));
  EXPECT_EQ(facts->peer.other_names, (std::vector<std::string>{"other"}));
  EXPECT_EQ(facts->peer.not_after, WallTime(std::chrono::seconds(k2040)));
  EXPECT_EQ(Stat("no_certificate"), 0);
  EXPECT_EQ(Stat("sigalgs.ecdsa_secp256r1_sha256"), 1);
}

TEST_F(ClientCertificates, MayBeMissingUnlessRequired) {
  Serve(context_);
  EXPECT_EQ(Try(nullptr), "");
  EXPECT_TRUE(end().connected);
  EXPECT_FALSE(end().facts()->peer_presented);
  EXPECT_FALSE(end().facts()->peer_validated);
  EXPECT_EQ(Stat("no_certificate"), 1);

  context_.mutable_require_client_certificate()->set_value(true);
  Serve(context_);
  EXPECT_EQ(Try(nullptr), "TLSV1_ALERT_CERTIFICATE_REQUIRED");
  EXPECT_EQ(end().cause, CloseCause::kHandshakeFailed);
  EXPECT_EQ(end().failure,
            "TLS_error:|268435648:SSL routines:OPENSSL_internal:"
            "PEER_DID_NOT_RETURN_A_CERTIFICATE:TLS_error_end");
  EXPECT_EQ(Stat("fail_verify_no_cert"), 1);
  EXPECT_EQ(Stat("connection_error"), 0);
  EXPECT_EQ(Try(&leaf_), "");
}

TEST_F(ClientCertificates, OfAnotherAuthorityAreRefused) {
  Serve(context_);
  const TestCertificate other = MakeCertificate({.common_name = "other ca", .is_authority = true});
  const TestCertificate leaf = MakeCertificate({.issuer = &other});
  EXPECT_EQ(Try(&leaf), "TLSV1_ALERT_UNKNOWN_CA");
  EXPECT_EQ(end().failure,
            absl::StrCat(kRefused,
                         "verify cert failed: X509_verify_cert: certificate verification error at "
                         "depth 0: unable to get local issuer certificate:TLS_error_end"));
  EXPECT_EQ(Try(&server_), "TLSV1_ALERT_UNKNOWN_CA");  // signed by itself
  EXPECT_EQ(Stat("fail_verify_error"), 2);
  EXPECT_EQ(Stat("connection_error"), 0);
  EXPECT_EQ(Stat("handshake"), 0);
}

TEST_F(ClientCertificates, OutsideTheirDatesAreRefusedUnlessToldOtherwise) {
  Serve(context_);
  // The world's clock stands in January 2026.
  const TestCertificate expired = Leaf({.not_after = k2025});
  const TestCertificate early = Leaf({.not_before = k2030});
  EXPECT_EQ(Try(&expired), "SSLV3_ALERT_CERTIFICATE_EXPIRED");
  EXPECT_THAT(end().failure, ::testing::HasSubstr("certificate has expired"));
  EXPECT_EQ(Try(&early), "SSLV3_ALERT_CERTIFICATE_EXPIRED");
  EXPECT_THAT(end().failure, ::testing::HasSubstr("certificate is not yet valid"));
  EXPECT_EQ(Stat("fail_verify_error"), 2);
  verify_->set_allow_expired_certificate(true);
  Serve(context_);
  EXPECT_EQ(Try(&expired), "");
  EXPECT_EQ(Try(&early), "");
  EXPECT_EQ(Try(&server_), "TLSV1_ALERT_UNKNOWN_CA");
}

TEST_F(ClientCertificates, ThatAreRevokedAreRefused) {
  const TestCertificate revoked = Leaf({.common_name = "revoked"});
  SetInline(*verify_->mutable_crl(), MakeRevocations(ca_, {revoked.serial}));
  Serve(context_);
  EXPECT_EQ(Try(&leaf_), "");
  EXPECT_EQ(Try(&revoked), "SSLV3_ALERT_CERTIFICATE_REVOKED");
  EXPECT_EQ(Stat("fail_verify_error"), 1);
}

TEST_F(ClientCertificates, NeedAListOfEachIssuerUnlessOnlyTheLeafCounts) {
  const TestCertificate middle =
      MakeCertificate({.common_name = "middle", .issuer = &ca_, .is_authority = true});
  const TestCertificate deep = MakeCertificate({.common_name = "deep", .issuer = &middle});
  SetInline(*verify_->mutable_crl(), MakeRevocations(middle, {}));
  Serve(context_);
  EXPECT_EQ(Try(&deep), "TLSV1_ALERT_UNKNOWN_CA");  // of `middle` nothing is known
  verify_->set_only_verify_leaf_cert_crl(true);
  Serve(context_);
  EXPECT_EQ(Try(&deep), "");
}

TEST_F(ClientCertificates, MayBeAsDeepAsAllowed) {
  const TestCertificate middle =
      MakeCertificate({.common_name = "middle", .issuer = &ca_, .is_authority = true});
  const TestCertificate low =
      MakeCertificate({.common_name = "low", .issuer = &middle, .is_authority = true});
  const TestCertificate deep = MakeCertificate({.common_name = "deep", .issuer = &low});
  const TestCertificate one = MakeCertificate({.common_name = "one", .issuer = &middle});
  // The leaf does not count, its authority does.
  const std::vector<const TestCertificate*> by_depth = {&leaf_, &one, &deep};
  for (uint32_t depth = 1; depth <= by_depth.size(); ++depth) {
    verify_->mutable_max_verify_depth()->set_value(depth);
    Serve(context_);
    for (uint32_t i = 0; i < by_depth.size(); ++i) {
      EXPECT_EQ(Try(by_depth[i]) == "", i < depth) << i << " " << depth;
    }
  }
}

TEST_F(ClientCertificates, ArePinnedByDigestOfEither) {
  const TestCertificate other = Leaf({.common_name = "unpinned"});
  verify_->add_verify_certificate_hash(leaf_.Sha256Hex());
  Serve(context_);
  EXPECT_EQ(Try(&leaf_), "");
  EXPECT_TRUE(end().facts()->peer_validated);
  EXPECT_EQ(Try(&other), "SSLV3_ALERT_BAD_CERTIFICATE");
  EXPECT_EQ(Stat("fail_verify_cert_hash"), 1);
  verify_->add_verify_certificate_spki(other.SpkiSha256Base64());
  Serve(context_);
  EXPECT_EQ(Try(&other), "");
  EXPECT_EQ(Try(&leaf_), "");
  // Pins alone do, without an authority.
  verify_->clear_trusted_ca();
  Serve(context_);
  EXPECT_EQ(Try(&other), "");
  EXPECT_EQ(Try(&server_), "SSLV3_ALERT_BAD_CERTIFICATE");
}

TEST_F(ClientCertificates, MustHaveOneOfTheNames) {
  using Matcher = tls_pb::SubjectAltNameMatcher;
  const auto tries = [this](Matcher::SanType type, auto set) {
    verify_->clear_match_typed_subject_alt_names();
    Matcher& matcher = *verify_->add_match_typed_subject_alt_names();
    matcher.set_san_type(type);
    if (type == Matcher::OTHER_NAME) matcher.set_oid("1.2.3.4");
    set(*matcher.mutable_matcher());
    Serve(context_);
    return Try(&leaf_) == "";
  };
  const auto exact = [](const std::string& text) {
    return [text](auto& matcher) { matcher.set_exact(text); };
  };
  EXPECT_TRUE(tries(Matcher::DNS, exact("client.test")));
  EXPECT_TRUE(tries(Matcher::DNS, exact("CLIENT.test")));
  EXPECT_TRUE(tries(Matcher::DNS, exact("any.wild.test")));
  EXPECT_FALSE(tries(Matcher::DNS, exact("a.b.wild.test")));
  EXPECT_FALSE(tries(Matcher::DNS, exact("wild.test")));
  EXPECT_FALSE(tries(Matcher::URI, exact("client.test")));
  EXPECT_TRUE(tries(Matcher::URI, exact("spiffe://td/client")));
  EXPECT_FALSE(tries(Matcher::URI, exact("spiffe://TD/client")));
  EXPECT_TRUE(tries(Matcher::EMAIL, exact("me@client.test")));
  EXPECT_TRUE(tries(Matcher::IP_ADDRESS, exact("10.1.2.3")));
  EXPECT_FALSE(tries(Matcher::IP_ADDRESS, exact("10.1.2.4")));
  EXPECT_TRUE(tries(Matcher::OTHER_NAME, exact("other")));
  EXPECT_TRUE(tries(Matcher::URI, [](auto& m) { m.set_prefix("spiffe://td/"); }));
  EXPECT_FALSE(tries(Matcher::URI, [](auto& m) { m.set_prefix("spiffe://TD/"); }));
  EXPECT_TRUE(tries(Matcher::URI, [](auto& m) {
    m.set_prefix("spiffe://TD/");
    m.set_ignore_case(true);
  }));
  EXPECT_TRUE(tries(Matcher::URI, [](auto& m) { m.set_suffix("/client"); }));
  EXPECT_TRUE(tries(Matcher::URI, [](auto& m) { m.set_contains("//td/"); }));
  EXPECT_TRUE(tries(Matcher::URI,
                    [](auto& m) { m.mutable_safe_regex()->set_regex("spiffe://[^/]+/c.*"); }));
  EXPECT_FALSE(tries(Matcher::URI, [](auto& m) { m.mutable_safe_regex()->set_regex("spiffe"); }));
  EXPECT_EQ(Stat("fail_verify_san"), 7);
  EXPECT_EQ(end().failure,
            absl::StrCat(kRefused, "verify cert failed: verify SAN list", ":TLS_error_end"));
}

TEST_F(ClientCertificates, ThatAreUntrustedAreLetInIfToldSo) {
  verify_->set_trust_chain_verification(tls_pb::CertificateValidationContext::ACCEPT_UNTRUSTED);
  Serve(context_);
  EXPECT_EQ(Try(&server_), "");
  EXPECT_TRUE(end().connected);
  EXPECT_TRUE(end().facts()->peer_presented);
  EXPECT_FALSE(end().facts()->peer_validated);
  EXPECT_EQ(Stat("fail_verify_error"), 1);
  EXPECT_EQ(Try(&leaf_), "");
  EXPECT_TRUE(end().facts()->peer_validated);
}

TEST_F(ClientCertificates, AreOnlyAskedForWithoutAnyRule) {
  tls_pb::DownstreamTlsContext context;
  Add(*context.mutable_common_tls_context(), server_);
  context.mutable_require_client_certificate()->set_value(true);
  Serve(context);
  EXPECT_EQ(Try(nullptr), "TLSV1_ALERT_CERTIFICATE_REQUIRED");
  EXPECT_EQ(Try(&leaf_), "");
  EXPECT_FALSE(end().facts()->peer_validated);
}

TEST_F(ClientCertificates, AreVerifiedUpToTls12AsWell) {
  Serve(context_);
  const TestCertificate expired = Leaf({.not_after = k2025});
  TlsPeer& client = Dial({.version_max = TLS1_2_VERSION, .certificate = &expired});
  EXPECT_FALSE(client.connected());
  EXPECT_EQ(client.error(), "SSLV3_ALERT_CERTIFICATE_EXPIRED");
  EXPECT_TRUE(Dial({.version_max = TLS1_2_VERSION, .certificate = &leaf_}).connected());
  EXPECT_TRUE(end().facts()->peer_validated);
}

}  // namespace
}  // namespace sluice
