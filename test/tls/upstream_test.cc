// TLS to hosts: names sent and verified, our certificate, sessions.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "test/tls/tls_fixture.h"

namespace sluice {
namespace {

class Upstream : public TlsTest {
 protected:
  void Use(const tls_pb::UpstreamTlsContext& context) { EXPECT_EQ(TryDialWith(context), ""); }

  const TestCertificate ca_ = MakeCertificate({.common_name = "ca", .is_authority = true});
  const TestCertificate host_ = MakeCertificate(
      {.common_name = "host", .sans = {"DNS:host.test", "IP:10.0.0.2"}, .issuer = &ca_});
  tls_pb::UpstreamTlsContext context_;
  tls_pb::CommonTlsContext& common_ = *context_.mutable_common_tls_context();
};

TEST_F(Upstream, SendsTheConfiguredNameAndOffersProtocols) {
  context_.set_sni("configured.test");
  common_.add_alpn_protocols("h2");
  common_.add_alpn_protocols("http/1.1");
  Use(context_);
  StartHost({.alpn = {"http/1.1"}, .certificate = &host_});
  OurEnd& ours = Connect();
  ASSERT_TRUE(ours.connected) << ours.failure;
  EXPECT_STREQ(SSL_get_servername(peer().ssl(), TLSEXT_NAMETYPE_host_name), "configured.test");
  EXPECT_EQ(ours.connection->transport().alpn(), "http/1.1");
  EXPECT_EQ(ours.facts()->alpn, "http/1.1");
  EXPECT_EQ(ours.facts()->peer.subject, "CN=host");
  EXPECT_FALSE(ours.facts()->peer_validated);  // nothing says what is good
  ours.answer = nullptr;
  ours.Write("ping");
  world_.RunUntilIdle();
  EXPECT_EQ(peer().received(), "ping");
  peer().Send("pong");
  world_.RunUntilIdle();
  EXPECT_EQ(ours.received, "pong");
  EXPECT_EQ(HostStat("handshake"), 1);
}

TEST_F(Upstream, PrefersTheRequestsNameAndSendsNoAddresses) {
  context_.set_sni("configured.test");
  Use(context_);
  StartHost({.certificate = &host_});
  ASSERT_TRUE(Connect("asked.test").connected);
  EXPECT_STREQ(SSL_get_servername(peer().ssl(), TLSEXT_NAMETYPE_host_name), "asked.test");
  for (const char* address : {"10.0.0.2", "2001:db8::1"}) {
    ASSERT_TRUE(Connect(address).connected);
    EXPECT_EQ(SSL_get_servername(peer().ssl(), TLSEXT_NAMETYPE_host_name), nullptr);
  }
}

TEST_F(Upstream, VerifiesHosts) {
  Trust(common_, ca_);
  Use(context_);
  StartHost({.certificate = &host_});
  EXPECT_TRUE(Connect().connected);
  EXPECT_TRUE(end().facts()->peer_validated);
  EXPECT_TRUE(Connect("", "host.test").connected);
  EXPECT_TRUE(Connect("", "10.0.0.2").connected);
  OurEnd& wrong = Connect("", "other.test");
  EXPECT_EQ(wrong.cause, CloseCause::kHandshakeFailed);
  EXPECT_THAT(wrong.failure, ::testing::HasSubstr("verify SAN list"));
  EXPECT_EQ(HostStat("fail_verify_san"), 1);
  const TestCertificate stranger = MakeCertificate({.common_name = "stranger"});
  StartHost({.certificate = &stranger});
  OurEnd& refused = Connect();
  EXPECT_EQ(refused.cause, CloseCause::kHandshakeFailed);
  EXPECT_THAT(refused.failure, ::testing::HasSubstr("CERTIFICATE_VERIFY_FAILED"));
  EXPECT_EQ(peer().error(), "TLSV1_ALERT_UNKNOWN_CA");
  EXPECT_EQ(HostStat("fail_verify_error"), 1);
  EXPECT_EQ(HostStat("connection_error"), 0);
}

TEST_F(Upstream, SendsTheHostsOwnNameIfToldSo) {
  context_.set_sni("configured.test");
  context_.set_auto_host_sni(true);
  Use(context_);
  StartHost({.certificate = &host_});
  const auto name_sent = [this](absl::string_view of_request) {
    EXPECT_TRUE(Connect(of_request).connected);
    return std::string(SSL_get_servername(peer().ssl(), TLSEXT_NAMETYPE_host_name));
  };
  EXPECT_EQ(name_sent(""), "configured.test");  // the host has no name
  host_name_ = "endpoint.test";
  EXPECT_EQ(name_sent(""), "endpoint.test");
  EXPECT_EQ(name_sent("asked.test"), "asked.test");
}

TEST_F(Upstream, HoldsTheCertificateAgainstTheNameSentIfToldSo) {
  auto& matcher = *Trust(common_, ca_).add_match_typed_subject_alt_names();
  matcher.set_san_type(tls_pb::SubjectAltNameMatcher::DNS);
  matcher.mutable_matcher()->set_exact("configured.test");
  context_.set_auto_sni_san_validation(true);
  Use(context_);
  StartHost({.certificate = &host_});
  // In place of what is configured.
  EXPECT_TRUE(Connect("host.test").connected);
  EXPECT_TRUE(end().facts()->peer_validated);
  OurEnd& other = Connect("other.test");
  EXPECT_THAT(other.failure, ::testing::HasSubstr("verify SAN list"));
  EXPECT_EQ(HostStat("fail_verify_san"), 1);
  // Without a name, what is configured counts; an address is not sent as one.
  EXPECT_FALSE(Connect("").connected);
  EXPECT_FALSE(Connect("10.0.0.2").connected);
  EXPECT_EQ(HostStat("fail_verify_san"), 3);
}

TEST_F(Upstream, HoldsTheCertificateAgainstTheRequestsNameFirst) {
  Trust(common_, ca_);
  context_.set_auto_sni_san_validation(true);
  Use(context_);
  StartHost({.certificate = &host_});
  EXPECT_TRUE(Connect("other.test", "host.test").connected);
  EXPECT_FALSE(Connect("host.test", "other.test").connected);
}

TEST_F(Upstream, HoldsNoUriAgainstTheNameSent) {
  const TestCertificate uri =
      MakeCertificate({.common_name = "uri", .sans = {"URI:host.test"}, .issuer = &ca_});
  Trust(common_, ca_);
  context_.set_auto_sni_san_validation(true);
  Use(context_);
  StartHost({.certificate = &uri});
  EXPECT_FALSE(Connect("host.test").connected);
}

TEST_F(Upstream, DoesNotHoldNamesAgainstAnyonesCertificate) {
  context_.set_auto_sni_san_validation(true);
  EXPECT_THAT(TryDialWith(context_),
              ::testing::HasSubstr("auto_sni_san_validation: needs a trusted authority"));
}

TEST_F(Upstream, PresentsItsCertificateWhereAsked) {
  const TestCertificate ours = MakeCertificate({.common_name = "sluice"});
  Add(common_, ours);
  Use(context_);
  StartHost({.certificate = &host_, .ask_for_certificate = true});
  ASSERT_TRUE(Connect().connected);
  EXPECT_EQ(peer().peer_common_name(), "sluice");
  EXPECT_EQ(end().facts()->local.subject, "CN=sluice");
}

TEST_F(Upstream, KnowsEd25519OnBothSides) {
  const TestCertificate theirs = MakeCertificate(
      {.common_name = "host", .sans = {"DNS:host.test"}, .key = TestKey::kEd25519, .issuer = &ca_});
  const TestCertificate ours = MakeCertificate({.common_name = "sluice", .key = TestKey::kEd25519});
  Add(common_, ours);
  Trust(common_, ca_);
  Use(context_);
  for (const uint16_t version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    StartHost({.version_max = version,
               .signature_algorithms = "ed25519",
               .certificate = &theirs,
               .ask_for_certificate = true});
    ASSERT_TRUE(Connect("", "host.test").connected);
    EXPECT_EQ(peer().peer_common_name(), "sluice");
  }
  EXPECT_EQ(HostStat("sigalgs.ed25519"), 2);
}

TEST_F(Upstream, SpeaksTls12ToThoseWhoDo) {
  Use(context_);
  StartHost({.version_max = TLS1_2_VERSION, .certificate = &host_});
  ASSERT_TRUE(Connect().connected);
  EXPECT_EQ(end().facts()->version, "TLSv1.2");
  StartHost({.version_max = TLS1_1_VERSION, .certificate = &host_});
  EXPECT_EQ(Connect().cause, CloseCause::kHandshakeFailed);
  EXPECT_EQ(HostStat("connection_error"), 1);
}

class Sessions : public Upstream {
 protected:
  Sessions() { server_ = TlsPeer::MakeContext(TlsPeer::Role::kServer, {.certificate = &host_}); }
  bool ConnectAndTalk(absl::string_view name = "", absl::string_view verify = "") {
    OurEnd& end = Connect(name, verify);
    EXPECT_TRUE(end.connected) << end.failure;
    end.answer = nullptr;
    peer().Send("hello");  // and the tickets with it
    world_.RunUntilIdle();
    EXPECT_EQ(end.received, "hello");
    return end.facts()->resumed;
  }
  bssl::UniquePtr<SSL_CTX> server_;
};

TEST_F(Sessions, AreReusedWithTheSameHost) {
  Use(context_);
  StartHost({.context = server_.get()});
  EXPECT_FALSE(ConnectAndTalk());
  EXPECT_TRUE(ConnectAndTalk());
  EXPECT_TRUE(ConnectAndTalk());
  EXPECT_EQ(HostStat("session_reused"), 2);
}

TEST_F(Sessions, AreNotSharedBetweenNames) {
  Trust(common_, ca_);
  Use(context_);
  StartHost({.context = server_.get()});
  EXPECT_FALSE(ConnectAndTalk("a.test"));
  EXPECT_FALSE(ConnectAndTalk("b.test"));
  EXPECT_FALSE(ConnectAndTalk("a.test", "host.test"));
  EXPECT_TRUE(ConnectAndTalk("a.test"));
  EXPECT_TRUE(ConnectAndTalk("a.test", "host.test"));
  EXPECT_TRUE(end().facts()->peer_validated);
}

TEST_F(Sessions, AreNotKeptIfToldSo) {
  context_.mutable_max_session_keys()->set_value(0);
  Use(context_);
  StartHost({.context = server_.get()});
  EXPECT_FALSE(ConnectAndTalk());
  EXPECT_FALSE(ConnectAndTalk());
}

TEST_F(Sessions, AreNotKeptWithHostsLetInUntrusted) {
  const TestCertificate other = MakeCertificate({.common_name = "other", .is_authority = true});
  Trust(common_, other)
      .set_trust_chain_verification(tls_pb::CertificateValidationContext::ACCEPT_UNTRUSTED);
  Use(context_);
  StartHost({.context = server_.get()});
  EXPECT_FALSE(ConnectAndTalk());
  EXPECT_FALSE(end().facts()->peer_validated);
  EXPECT_FALSE(ConnectAndTalk());
}

TEST_F(Sessions, OfTls12AreReused) {
  Use(context_);
  server_ = TlsPeer::MakeContext(TlsPeer::Role::kServer,
                                 {.version_max = TLS1_2_VERSION, .certificate = &host_});
  StartHost({.context = server_.get()});
  EXPECT_FALSE(ConnectAndTalk());
  EXPECT_TRUE(ConnectAndTalk());
  EXPECT_TRUE(ConnectAndTalk());
}

}  // namespace
}  // namespace sluice
