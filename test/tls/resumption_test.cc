// Sessions that go on: tickets and session ids, keys of tickets, time limits, what ends them.

#include <gtest/gtest.h>

#include <string>

#include "test/tls/tls_fixture.h"

namespace sluice {
namespace {

class Resumption : public TlsTest {
 protected:
  Resumption() { Add(*context_.mutable_common_tls_context(), server_); }
  // A full handshake, and what it leaves for the next.
  bssl::UniquePtr<SSL_SESSION> Begin(TlsPeerOptions options) {
    TlsPeer& client = Dial(options);
    EXPECT_TRUE(client.connected()) << client.error();
    EXPECT_FALSE(client.resumed());
    client.Send("x");  // tickets come with the answer
    world_.RunUntilIdle();
    if (client.sessions().empty()) return nullptr;
    return std::move(client.sessions().back());
  }
  bool Resumes(const bssl::UniquePtr<SSL_SESSION>& session, TlsPeerOptions options) {
    options.resume = session.get();
    TlsPeer& client = Dial(options);
    EXPECT_TRUE(client.connected()) << client.error();
    client.Send("again");
    world_.RunUntilIdle();
    EXPECT_EQ(client.received(), "<again>");
    EXPECT_EQ(end().facts()->resumed, client.resumed());
    return client.resumed();
  }
  void SetTicketKeys(const std::vector<char>& keys) {
    context_.clear_session_ticket_keys();
    for (const char key : keys) {
      SetInline(*context_.mutable_session_ticket_keys()->add_keys(), std::string(80, key));
    }
  }

  const TestCertificate server_ =
      MakeCertificate({.common_name = "server", .sans = {"DNS:a.test"}});
  tls_pb::DownstreamTlsContext context_;
  const TlsPeerOptions tls13_;
  const TlsPeerOptions tls12_ = {.version_max = TLS1_2_VERSION};
};

TEST_F(Resumption, ByTicketsInEitherVersion) {
  Serve(context_);
  for (const TlsPeerOptions& options : {tls12_, tls13_}) {
    const auto session = Begin(options);
    ASSERT_NE(session, nullptr);
    EXPECT_TRUE(Resumes(session, options));
  }
  EXPECT_EQ(Stat("session_reused"), 2);
  EXPECT_EQ(Stat("handshake"), 4);
}

TEST_F(Resumption, BySessionIdWithoutTickets) {
  context_.set_disable_stateless_session_resumption(true);
  Serve(context_);
  EXPECT_EQ(Begin(tls13_), nullptr);  // has tickets only
  const auto session = Begin(tls12_);
  ASSERT_NE(session, nullptr);
  EXPECT_EQ(SSL_SESSION_has_ticket(session.get()), 0);
  EXPECT_TRUE(Resumes(session, tls12_));

  context_.set_disable_stateful_session_resumption(true);
  Serve(context_);
  const auto other = Begin(tls12_);
  EXPECT_TRUE(other == nullptr || !Resumes(other, tls12_));
}

TEST_F(Resumption, AcrossContextsWithTheSameKeys) {
  SetTicketKeys({'a'});
  Serve(context_);
  const auto session12 = Begin(tls12_);
  const auto session13 = Begin(tls13_);
  Serve(context_);  // another process, as it were
  EXPECT_TRUE(Resumes(session12, tls12_));
  EXPECT_TRUE(Resumes(session13, tls13_));
  // Rotated: the old key still opens, and the new one seals.
  SetTicketKeys({'b', 'a'});
  Serve(context_);
  EXPECT_TRUE(Resumes(session12, tls12_));
  TlsPeerOptions options = tls12_;
  options.resume = session12.get();
  TlsPeer& renewed = Dial(options);
  renewed.Send("x");
  world_.RunUntilIdle();
  ASSERT_FALSE(renewed.sessions().empty());
  const auto fresh = std::move(renewed.sessions().back());
  SetTicketKeys({'b'});
  Serve(context_);
  EXPECT_FALSE(Resumes(session12, tls12_));
  EXPECT_TRUE(Resumes(fresh, tls12_));
}

TEST_F(Resumption, OutlivesARenewalOfTheCertificateNotOfItsNames) {
  SetTicketKeys({'a'});
  Serve(context_);
  const auto session = Begin(tls12_);
  tls_pb::CommonTlsContext& common = *context_.mutable_common_tls_context();
  common.clear_tls_certificates();
  Add(common, MakeCertificate({.common_name = "renewed", .sans = {"DNS:a.test"}}));
  Serve(context_);
  EXPECT_TRUE(Resumes(session, tls12_));
  common.clear_tls_certificates();
  Add(common, MakeCertificate({.common_name = "other", .sans = {"DNS:b.test"}}));
  Serve(context_);
  EXPECT_FALSE(Resumes(session, tls12_));
}

TEST_F(Resumption, KeepsTheClientsCertificateUnlessTheRulesChange) {
  const TestCertificate ca = MakeCertificate({.common_name = "ca", .is_authority = true});
  const TestCertificate leaf = MakeCertificate({.common_name = "leaf", .issuer = &ca});
  SetTicketKeys({'a'});
  Trust(*context_.mutable_common_tls_context(), ca);
  context_.mutable_require_client_certificate()->set_value(true);
  Serve(context_);
  for (const uint16_t version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const TlsPeerOptions options = {.version_max = version, .certificate = &leaf};
    const auto session = Begin(options);
    EXPECT_TRUE(Resumes(session, options));
    EXPECT_EQ(end().facts()->peer.subject, "CN=leaf");
    EXPECT_TRUE(end().facts()->peer_validated);
    EXPECT_EQ(end().facts()->peer_chain_pem, leaf.pem);
  }
  const TlsPeerOptions options = {.version_max = TLS1_2_VERSION, .certificate = &leaf};
  const auto session = Begin(options);
  // One more authority: another set of rules.
  const TestCertificate more = MakeCertificate({.common_name = "more", .is_authority = true});
  SetInline(
      *context_.mutable_common_tls_context()->mutable_validation_context()->mutable_trusted_ca(),
      ca.pem + more.pem);
  Serve(context_);
  EXPECT_FALSE(Resumes(session, options));
}

TEST_F(Resumption, IsRefusedWhereClientsAreLetInUntrusted) {
  const TestCertificate ca = MakeCertificate({.common_name = "ca", .is_authority = true});
  Trust(*context_.mutable_common_tls_context(), ca)
      .set_trust_chain_verification(tls_pb::CertificateValidationContext::ACCEPT_UNTRUSTED);
  Serve(context_);
  for (const uint16_t version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const TlsPeerOptions options = {.version_max = version, .certificate = &server_};
    const auto session = Begin(options);
    EXPECT_TRUE(session == nullptr || !Resumes(session, options));
  }
}

TEST_F(Resumption, TellsTheLifetimeOfTickets) {
  context_.mutable_session_timeout()->set_seconds(1234);
  Serve(context_);
  EXPECT_EQ(SSL_SESSION_get_timeout(Begin(tls13_).get()), 1234u);
  EXPECT_EQ(SSL_SESSION_get_ticket_lifetime_hint(Begin(tls12_).get()), 1234u);
}

}  // namespace
}  // namespace sluice
