// Handshakes of accepted connections: versions, suites, curves, which certificate, ALPN, and
// clients that are none.

#include <gtest/gtest.h>

#include <string>

#include "test/tls/tls_fixture.h"

namespace sluice {
namespace {

using ::testing::TestWithParam;

class Handshakes : public TlsTest {
 protected:
  const TestCertificate ecdsa_ =
      MakeCertificate({.common_name = "ecdsa", .sans = {"DNS:a.test", "DNS:*.wild.test"}});
  const TestCertificate rsa_ =
      MakeCertificate({.common_name = "rsa", .sans = {"DNS:a.test"}, .key = TestKey::kRsa2048});
};

TEST_F(Handshakes, AgreeOnTls13AndCarryBytesBothWays) {
  ServeWith(ecdsa_);
  TlsPeer& client = Dial({.server_name = "a.test"});
  ASSERT_TRUE(client.connected()) << client.error();
  EXPECT_EQ(client.version(), "TLSv1.3");
  client.Send("hello");
  world_.RunUntilIdle();
  EXPECT_EQ(client.received(), "<hello>");
  EXPECT_TRUE(end().connected);
  EXPECT_TRUE(end().connection->transport().secure());
  EXPECT_EQ(Stat("handshake"), 1);
  EXPECT_EQ(Stat("versions.TLSv1.3"), 1);
  EXPECT_EQ(Stat("curves.X25519"), 1);
  EXPECT_EQ(Stat(absl::StrCat("ciphers.", client.cipher())), 1);
  EXPECT_EQ(Stat("no_certificate"), 1);
  EXPECT_EQ(Stat("connection_error"), 0);
  EXPECT_EQ(Stat("session_reused"), 0);
}

TEST_F(Handshakes, KeepToTheVersionsOfTheContext) {
  tls_pb::DownstreamTlsContext context;
  Add(*context.mutable_common_tls_context(), ecdsa_);
  Serve(context);
  EXPECT_EQ(Dial({.version_max = TLS1_2_VERSION}).version(), "TLSv1.2");
  EXPECT_EQ(Dial({.version_max = TLS1_1_VERSION}).error(), "TLSV1_ALERT_PROTOCOL_VERSION");
  EXPECT_EQ(end().cause, CloseCause::kHandshakeFailed);
  EXPECT_EQ(end().failure,
            "TLS_error:|268435696:SSL routines:OPENSSL_internal:UNSUPPORTED_PROTOCOL:"
            "TLS_error_end");
  EXPECT_EQ(Stat("connection_error"), 1);

  auto& params = *context.mutable_common_tls_context()->mutable_tls_params();
  params.set_tls_minimum_protocol_version(tls_pb::TlsParameters::TLSv1_0);
  params.set_tls_maximum_protocol_version(tls_pb::TlsParameters::TLSv1_1);
  params.add_cipher_suites("ECDHE-ECDSA-AES128-SHA");
  Serve(context);
  EXPECT_EQ(Dial().version(), "TLSv1.1");
  EXPECT_EQ(Dial({.version_max = TLS1_VERSION}).version(), "TLSv1");
  EXPECT_EQ(Dial({.version_min = TLS1_2_VERSION}).error(), "TLSV1_ALERT_PROTOCOL_VERSION");

  params.set_tls_maximum_protocol_version(tls_pb::TlsParameters::TLS_AUTO);
  params.set_tls_minimum_protocol_version(tls_pb::TlsParameters::TLSv1_3);
  Serve(context);
  EXPECT_EQ(Dial().version(), "TLSv1.3");
  EXPECT_EQ(Dial({.version_max = TLS1_2_VERSION}).error(), "TLSV1_ALERT_PROTOCOL_VERSION");
}

TEST_F(Handshakes, PreferTheSuitesAndCurvesOfTheContext) {
  tls_pb::DownstreamTlsContext context;
  Add(*context.mutable_common_tls_context(), ecdsa_);
  auto& params = *context.mutable_common_tls_context()->mutable_tls_params();
  params.add_cipher_suites("ECDHE-ECDSA-AES256-GCM-SHA384");
  params.add_cipher_suites("ECDHE-ECDSA-AES128-GCM-SHA256");
  params.add_ecdh_curves("P-384");
  params.add_ecdh_curves("P-256");
  Serve(context);
  const TlsPeerOptions tls12 = {.version_max = TLS1_2_VERSION, .curves = "P-256:P-384"};
  TlsPeer& client = Dial(tls12);
  EXPECT_EQ(client.cipher(), "ECDHE-ECDSA-AES256-GCM-SHA384");
  EXPECT_EQ(client.curve(), "P-384");
  EXPECT_EQ(Stat("ciphers.ECDHE-ECDSA-AES256-GCM-SHA384"), 1);
  EXPECT_EQ(Stat("curves.P-384"), 1);
  EXPECT_EQ(
      Dial({.version_max = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"}).cipher(),
      "ECDHE-ECDSA-AES128-GCM-SHA256");
  EXPECT_EQ(
      Dial({.version_max = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305"}).error(),
      "SSLV3_ALERT_HANDSHAKE_FAILURE");
  EXPECT_EQ(Dial({.curves = "X25519"}).error(), "SSLV3_ALERT_HANDSHAKE_FAILURE");
}

TEST_F(Handshakes, GiveRsaToThoseWhoCannotVerifyEcdsa) {
  tls_pb::DownstreamTlsContext context;
  Add(*context.mutable_common_tls_context(), rsa_);
  Add(*context.mutable_common_tls_context(), ecdsa_);
  Serve(context);
  for (const uint16_t version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    EXPECT_EQ(Dial({.server_name = "a.test", .version_max = version}).peer_common_name(), "ecdsa");
    EXPECT_EQ(Dial({.server_name = "a.test",
                    .version_max = version,
                    .signature_algorithms = "rsa_pss_rsae_sha256"})
                  .peer_common_name(),
              "rsa");
  }
  EXPECT_EQ(Dial({.server_name = "a.test",
                  .version_max = TLS1_2_VERSION,
                  .ciphers = "ECDHE-RSA-AES128-GCM-SHA256"})
                .peer_common_name(),
            "rsa");
  EXPECT_EQ(Dial({.server_name = "a.test", .version_max = TLS1_2_VERSION, .curves = "X25519"})
                .peer_common_name(),
            "rsa");
  // Without a name every certificate is a candidate.
  EXPECT_EQ(Dial().peer_common_name(), "ecdsa");
}

TEST_F(Handshakes, GiveEd25519ToThoseWhoSayTheyKnowIt) {
  const TestCertificate ed25519 =
      MakeCertificate({.common_name = "ed25519", .sans = {"DNS:a.test"}, .key = TestKey::kEd25519});
  tls_pb::DownstreamTlsContext context;
  Add(*context.mutable_common_tls_context(), ed25519);
  Add(*context.mutable_common_tls_context(), rsa_);
  Serve(context);
  for (const uint16_t version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    EXPECT_EQ(Dial({.server_name = "a.test", .version_max = version}).peer_common_name(), "rsa");
    EXPECT_EQ(Dial({.server_name = "a.test",
                    .version_max = version,
                    .signature_algorithms = "ed25519:rsa_pss_rsae_sha256"})
                  .peer_common_name(),
              "ed25519");
  }
  EXPECT_EQ(Dial({.server_name = "a.test",
                  .version_max = TLS1_2_VERSION,
                  .ciphers = "ECDHE-RSA-AES128-GCM-SHA256",
                  .signature_algorithms = "ed25519:rsa_pss_rsae_sha256"})
                .peer_common_name(),
            "rsa");
}

TEST_F(Handshakes, ChooseTheCertificateByServerName) {
  const TestCertificate first = MakeCertificate({.common_name = "first.test"});
  const TestCertificate exact =
      MakeCertificate({.common_name = "exact", .sans = {"DNS:b.wild.test"}});
  tls_pb::DownstreamTlsContext context;
  for (const TestCertificate* certificate : {&first, &ecdsa_, &exact}) {
    Add(*context.mutable_common_tls_context(), *certificate);
  }
  Serve(context);
  EXPECT_EQ(Dial({.server_name = "first.test"}).peer_common_name(), "first.test");
  EXPECT_EQ(Dial({.server_name = "A.TEST"}).peer_common_name(), "ecdsa");
  EXPECT_EQ(Dial({.server_name = "x.wild.test"}).peer_common_name(), "ecdsa");
  EXPECT_EQ(Dial({.server_name = "b.wild.test"}).peer_common_name(), "exact");
  // A wildcard is one label; what none is for gets the first.
  EXPECT_EQ(Dial({.server_name = "x.y.wild.test"}).peer_common_name(), "first.test");
  EXPECT_EQ(Dial({.server_name = "wild.test"}).peer_common_name(), "first.test");
  EXPECT_EQ(Dial({.server_name = "unknown"}).peer_common_name(), "first.test");
}

TEST_F(Handshakes, ScanAllCertificatesForAnUnknownNameIfToldSo) {
  const TestCertificate other = MakeCertificate(
      {.common_name = "other", .sans = {"DNS:other.test"}, .key = TestKey::kRsa2048});
  tls_pb::DownstreamTlsContext context;
  Add(*context.mutable_common_tls_context(), other);
  Add(*context.mutable_common_tls_context(), ecdsa_);
  Serve(context);
  EXPECT_EQ(Dial({.server_name = "unknown"}).peer_common_name(), "other");
  context.mutable_full_scan_certs_on_sni_mismatch()->set_value(true);
  Serve(context);
  EXPECT_EQ(Dial({.server_name = "unknown"}).peer_common_name(), "ecdsa");
}

TEST_F(Handshakes, AgreeOnTheFirstOfOurProtocols) {
  ServeWith(ecdsa_, {"h2", "http/1.1"});
  EXPECT_EQ(Dial({.alpn = {"http/1.1", "h2"}}).alpn(), "h2");
  EXPECT_EQ(end().connection->transport().alpn(), "h2");
  EXPECT_EQ(Dial({.alpn = {"http/1.1"}}).alpn(), "http/1.1");
  // No overlap, and none offered: the connection goes on without.
  TlsPeer& stranger = Dial({.alpn = {"spdy/3"}});
  EXPECT_TRUE(stranger.connected());
  EXPECT_EQ(stranger.alpn(), "");
  EXPECT_EQ(end().connection->transport().alpn(), "");
  EXPECT_TRUE(Dial().connected());
}

TEST_F(Handshakes, OfWhoSpeaksHttpAreRefused) {
  ServeWith(ecdsa_);
  auto raw = world_.memory().Dial(kAddress);
  raw->Send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  world_.RunUntilIdle();
  EXPECT_EQ(end().cause, CloseCause::kHandshakeFailed);
  EXPECT_EQ(end().failure,
            "TLS_error:|268435612:SSL routines:OPENSSL_internal:HTTP_REQUEST:TLS_error_end");
  EXPECT_EQ(Stat("connection_error"), 1);
  ends_.clear();
}

TEST_F(Handshakes, ThatEndInTheMiddleAreNoErrorsOfTls) {
  ServeWith(ecdsa_);
  for (const bool reset : {false, true}) {
    auto raw = world_.memory().Dial(kAddress);
    raw->Send(absl::string_view("\x16\x03\x01\x02\x00\x01", 6));
    world_.RunUntilIdle();
    if (reset) {
      raw->Reset();
    } else {
      raw->SendFin();
    }
    world_.RunUntilIdle();
    EXPECT_EQ(end().cause, CloseCause::kHandshakeFailed);
    EXPECT_EQ(end().failure, "");
    ends_.clear();
  }
  EXPECT_EQ(Stat("connection_error"), 0);
}

// What a client sends up to its first request, as bytes, without it.
std::string HelloOf(SimWorld& world, const Address& nowhere) {
  std::string hello;
  std::unique_ptr<MemoryPeer> server;
  world.memory().Serve(nowhere,
                       [&](std::unique_ptr<MemoryPeer> peer) { server = std::move(peer); });
  {
    TlsPeer client(TlsPeer::Role::kClient, world.memory().Dial(nowhere),
                   {.server_name = "a.test", .alpn = {"h2", "http/1.1"}});
    world.RunUntilIdle();
    hello = server->Take();
  }
  server.reset();
  world.RunUntilIdle();
  world.memory().StopServing(nowhere);
  return hello;
}

TEST_F(Handshakes, CutAtEveryByteFailQuietly) {
  ServeWith(ecdsa_);
  const std::string hello = HelloOf(world_, kHost);
  ASSERT_GT(hello.size(), 100u);
  for (size_t cut = 0; cut < hello.size(); ++cut) {
    auto raw = world_.memory().Dial(kAddress);
    raw->Send(absl::string_view(hello).substr(0, cut));
    world_.RunUntilIdle();
    EXPECT_FALSE(end().connected);
    EXPECT_FALSE(end().closed);
    raw->SendFin();
    world_.RunUntilIdle();
    EXPECT_TRUE(end().closed) << cut;
    EXPECT_EQ(raw->received(), "") << cut;
    ends_.clear();
  }
  EXPECT_EQ(Stat("connection_error"), 0);
}

TEST_F(Handshakes, WithEveryByteWrongInTurnDisturbNobody) {
  ServeWith(ecdsa_);
  const std::string hello = HelloOf(world_, kHost);
  for (size_t at = 0; at < hello.size(); ++at) {
    std::string wrong = hello;
    wrong[at] = static_cast<char>(wrong[at] ^ 0x55);
    auto raw = world_.memory().Dial(kAddress);
    raw->Send(wrong);
    raw->SendFin();
    world_.RunUntilIdle();
    EXPECT_TRUE(end().closed) << at;
    EXPECT_FALSE(end().connected) << at;
    ends_.clear();
  }
  EXPECT_TRUE(Dial().connected());
}

TEST_F(Handshakes, InPiecesOfOneByteSucceed) {
  ServeWith(ecdsa_, {"h2"});
  LinkShape& shape = world_.memory().shape(kAddress);
  shape.read_bytes_max = 1;
  shape.write_bytes_max = 1;
  for (const uint16_t version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsPeer& client = Dial({.alpn = {"h2"}, .version_max = version});
    ASSERT_TRUE(client.connected()) << client.error();
    client.Send("slow");
    world_.RunUntilIdle();
    EXPECT_EQ(end().received, "slow");
    // Each byte was answered as it came.
    EXPECT_FALSE(client.received().empty());
    EXPECT_EQ(client.error(), "");
  }
}

TEST_F(Handshakes, TellTheFactsOnDemand) {
  ServeWith(ecdsa_, {"h2"});
  TlsPeer& client = Dial({.server_name = "a.test", .alpn = {"h2"}});
  const TlsFacts* facts = end().facts();
  ASSERT_NE(facts, nullptr);
  EXPECT_EQ(facts->version, "TLSv1.3");
  EXPECT_EQ(facts->cipher, client.cipher());
  EXPECT_EQ(facts->server_name, "a.test");
  EXPECT_EQ(facts->alpn, "h2");
  EXPECT_FALSE(facts->resumed);
  EXPECT_FALSE(facts->peer_presented);
  EXPECT_FALSE(facts->peer_validated);
  EXPECT_EQ(facts->peer.subject, "");
  EXPECT_EQ(facts->local.subject, "CN=ecdsa");
  EXPECT_EQ(facts->local.sha256, ecdsa_.Sha256Hex());
  EXPECT_EQ(facts->local.pem, ecdsa_.pem);
  EXPECT_EQ(facts->local.dns_names, (std::vector<std::string>{"a.test", "*.wild.test"}));
  EXPECT_EQ(end().facts(), facts);
}

}  // namespace
}  // namespace sluice
