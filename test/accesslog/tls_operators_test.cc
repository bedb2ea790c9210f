#include "source/accesslog/tls_operators.h"

#include <gtest/gtest.h>

#include "source/net/plaintext_socket.h"
#include "test/accesslog/log_sample.h"

namespace sluice {
namespace {

// A plaintext socket that says it has negotiated something.
class SocketWithFacts final : public TransportSocket {
 public:
  Handshake DoHandshake(IoHandle&) override { return Handshake::kDone; }
  IoResult Read(IoHandle&, Buffer&, size_t) override { return {IoResult::State::kAgain}; }
  IoResult Write(IoHandle&, Buffer&) override { return {IoResult::State::kAgain}; }
  void ShutdownWrite(IoHandle&) override {}
  absl::string_view alpn() const override { return facts.alpn; }
  absl::string_view failure_reason() const override { return failure; }
  bool secure() const override { return true; }
  const TlsFacts* tls_facts() override { return &facts; }

  TlsFacts facts;
  std::string failure;
};

TlsFacts SomeFacts(const std::string& who) {
  TlsFacts facts;
  facts.version = "TLSv1.3";
  facts.cipher = "TLS_AES_128_GCM_SHA256";
  facts.session_id = "0a1b";
  facts.server_name = "asked.test";
  facts.peer_presented = true;
  facts.peer = {.subject = "CN=" + who,
                .issuer = "CN=authority",
                .serial_number = "17",
                .sha256 = "256f",
                .sha1 = "1f",
                .dns_names = {who + ".test", "b.test"},
                .uris = {"spiffe://" + who},
                .emails = {"a@b"},
                .ip_addresses = {"10.1.2.3"},
                .other_names = {"other"},
                .not_before = WallTime(std::chrono::seconds(1795233906)),
                .not_after = WallTime(std::chrono::seconds(1795233907)),
                .pem = "PEM =\n"};
  facts.local = {.subject = "CN=proxy", .dns_names = {"p.test", "q.test"}, .uris = {"spiffe://p"}};
  return facts;
}

class TlsOperators : public testing::Test {
 protected:
  std::string Format(absl::string_view format) {
    ConfigErrors errors;
    const auto parsed = LogFormat::Parse(format, FieldScope(errors, "format"));
    if (!parsed.has_value()) return errors.ToString();
    std::string out;
    parsed->Append(sample_.context(), out);
    return out;
  }
  LogSample sample_;
};

TEST_F(TlsOperators, EveryOneIsADashOnPlaintext) {
  DownstreamFacts downstream;
  sample_.info.downstream = &downstream;
  for (const OperatorKind& kind : TlsOperatorKinds()) {
    EXPECT_EQ(Format("%" + std::string(kind.name) + "%"), "-") << kind.name;
  }
}

TEST_F(TlsOperators, WhatTheClientHasShown) {
  SocketWithFacts socket;
  socket.facts = SomeFacts("client");
  DownstreamFacts downstream;
  downstream.transport = &socket;
  sample_.info.downstream = &downstream;
  EXPECT_EQ(Format("%DOWNSTREAM_TLS_VERSION% %DOWNSTREAM_TLS_CIPHER% %DOWNSTREAM_TLS_SESSION_ID% "
                   "%REQUESTED_SERVER_NAME%"),
            "TLSv1.3 TLS_AES_128_GCM_SHA256 0a1b asked.test");
  EXPECT_EQ(Format("%DOWNSTREAM_PEER_SUBJECT% %DOWNSTREAM_PEER_ISSUER% %DOWNSTREAM_PEER_SERIAL% "
                   "%DOWNSTREAM_PEER_FINGERPRINT_256% %DOWNSTREAM_PEER_FINGERPRINT_1%"),
            "CN=client CN=authority 17 256f 1f");
  EXPECT_EQ(Format("%DOWNSTREAM_PEER_DNS_SAN% %DOWNSTREAM_PEER_URI_SAN% "
                   "%DOWNSTREAM_PEER_EMAIL_SAN% %DOWNSTREAM_PEER_IP_SAN% "
                   "%DOWNSTREAM_PEER_OTHERNAME_SAN%"),
            "client.test,b.test spiffe://client a@b 10.1.2.3 other");
  EXPECT_EQ(Format("%DOWNSTREAM_PEER_CERT_V_START(%s)% %DOWNSTREAM_PEER_CERT_V_END%"),
            "1795233906 2026-11-21T04:05:07.000Z");
  EXPECT_EQ(Format("%DOWNSTREAM_PEER_CERT%"), "PEM%20%3D%0A");
  EXPECT_EQ(Format("%DOWNSTREAM_LOCAL_SUBJECT% %DOWNSTREAM_LOCAL_DNS_SAN% "
                   "%DOWNSTREAM_LOCAL_URI_SAN% %DOWNSTREAM_LOCAL_EMAIL_SAN%"),
            "CN=proxy p.test,q.test spiffe://p -");
  EXPECT_EQ(Format("%UPSTREAM_TLS_VERSION% %DOWNSTREAM_TRANSPORT_FAILURE_REASON%"), "- -");
  socket.failure = "TLS_error: bad thing";
  EXPECT_EQ(Format("%DOWNSTREAM_TRANSPORT_FAILURE_REASON%"), "TLS_error:_bad_thing");
}

TEST_F(TlsOperators, WhatTheUpstreamHasShown) {
  sample_.info.upstream_tls = std::make_shared<const TlsFacts>(SomeFacts("host"));
  EXPECT_EQ(Format("%UPSTREAM_TLS_VERSION% %UPSTREAM_TLS_CIPHER% %UPSTREAM_TLS_SESSION_ID%"),
            "TLSv1.3 TLS_AES_128_GCM_SHA256 0a1b");
  EXPECT_EQ(Format("%UPSTREAM_PEER_SUBJECT% %UPSTREAM_PEER_ISSUER% %UPSTREAM_PEER_CERT%"),
            "CN=host CN=authority PEM%20%3D%0A");
  EXPECT_EQ(Format("%DOWNSTREAM_TLS_VERSION%"), "-");
}

TEST_F(TlsOperators, ANameThatAListenerFilterSawNeedsNoHandshake) {
  AcceptedFacts accepted;
  accepted.server_name = "peeked.test";
  accepted.remote_address = *Address::FromIp("192.0.2.1", 7);
  accepted.local_address = *Address::FromIp("192.0.2.2", 8);
  DownstreamFacts downstream;
  downstream.accepted = std::make_unique<const AcceptedFacts>(accepted);
  sample_.info.downstream = &downstream;
  EXPECT_EQ(Format("%REQUESTED_SERVER_NAME%"), "peeked.test");
}

TEST_F(TlsOperators, OfAServerNameOnlyWhatAHostNameMayHaveIsShown) {
  AcceptedFacts accepted;
  accepted.server_name = "a-1.test\r\nx-admin: yes\x7f\xff";
  DownstreamFacts downstream;
  downstream.accepted = std::make_unique<const AcceptedFacts>(accepted);
  sample_.info.downstream = &downstream;
  EXPECT_EQ(Format("%REQUESTED_SERVER_NAME%"), "a-1.test__x-admin__yes__");
}

}  // namespace
}  // namespace sluice
