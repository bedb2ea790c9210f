// Who the client proved to be: x-forwarded-client-cert, logs, and who is turned away.
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/h2_peer.h"
#include "test/scenario/tls_setup.h"

namespace sluice {
namespace {

using std::chrono::seconds;
using Lines = std::vector<std::string>;

class MutualTls : public testing::Test {
 protected:
  void Start(const std::string& manager, const std::string& log,
             const std::string& require = "require_client_certificate: true") {
    proxy_ = std::make_unique<ProxyFixture>(
        ProxyFixture::ToUsers(),
        ProxyOptions{.manager = manager,
                     .filter_chain = tls_.Downstream(require, tls_.Trust()),
                     .log = log});
    host_ = &proxy_->Host(H1Answer::Of(200, "hi"));
  }

  TlsSetup tls_;
  std::unique_ptr<ProxyFixture> proxy_;
  H1Server* host_ = nullptr;
};

TEST_F(MutualTls, TheHostIsToldWhoTheClientIs) {
  Start(
      "forward_client_cert_details: SANITIZE_SET\n"
      "set_current_client_cert_details: { subject: true, uri: true, dns: true }",
      "%DOWNSTREAM_PEER_SUBJECT% %DOWNSTREAM_PEER_URI_SAN% %DOWNSTREAM_PEER_FINGERPRINT_256%");
  tls_.LayClients(*proxy_, {"http/1.1"}, &tls_.client);
  H1Client& client = proxy_->Client();
  client.Get("/", {"x-forwarded-client-cert: By=liar"});
  proxy_->Run();
  EXPECT_EQ(client.response(0).status(), 200);
  EXPECT_EQ(host_->request(0).header("x-forwarded-client-cert"),
            absl::StrCat("By=spiffe://proxy;Hash=", tls_.client.Sha256Hex(),
                         ";Subject=\"CN=client\";URI=spiffe://client;DNS=client.test"));
  EXPECT_EQ(proxy_->LogLines(),
            Lines{absl::StrCat("CN=client spiffe://client ", tls_.client.Sha256Hex())});
}

TEST_F(MutualTls, ByDefaultNothingIsForwarded) {
  Start("", "%RESPONSE_CODE%");
  tls_.LayClients(*proxy_, {"http/1.1"}, &tls_.client);
  H1Client& client = proxy_->Client();
  client.Get("/", {"x-forwarded-client-cert: By=liar"});
  proxy_->Run();
  EXPECT_EQ(host_->request(0).header("x-forwarded-client-cert"), std::nullopt);
}

TEST_F(MutualTls, AClientWithoutACertificateIsTurnedAway) {
  Start("", "%RESPONSE_CODE%");
  tls_.LayClients(*proxy_, {"http/1.1"});
  H1Client& client = proxy_->Client();
  client.Get("/");
  proxy_->Advance(seconds(2));
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_TRUE(client.responses().empty());
  EXPECT_TRUE(host_->requests().empty());
}

TEST_F(MutualTls, SoIsOneWithSomebodyElses) {
  Start("", "%RESPONSE_CODE%");
  tls_.LayClients(*proxy_, {"http/1.1"}, &tls_.stranger);
  H1Client& client = proxy_->Client();
  client.Get("/");
  proxy_->Advance(seconds(2));
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_TRUE(host_->requests().empty());
}

TEST_F(MutualTls, ACertificateMayBeOptional) {
  Start("forward_client_cert_details: APPEND_FORWARD", "%DOWNSTREAM_PEER_SUBJECT%",
        "require_client_certificate: false");
  tls_.LayClients(*proxy_, {"http/1.1"});
  H1Client& client = proxy_->Client();
  client.Get("/", {"x-forwarded-client-cert: By=liar"});
  proxy_->Run();
  EXPECT_EQ(client.response(0).status(), 200);
  EXPECT_EQ(host_->request(0).header("x-forwarded-client-cert"), std::nullopt);
  EXPECT_EQ(proxy_->LogLines(), Lines{"-"});
}

TEST_F(MutualTls, TheProxyShowsItsOwnToAHostThatAsks) {
  proxy_ = std::make_unique<ProxyFixture>(
      ProxyFixture::ToUsers(),
      ProxyOptions{.cluster = tls_.Upstream("sni: host.test", TlsSetup::Show(tls_.client))});
  tls_.LayHost(*proxy_, {}, TlsSetup::AskClient::kYes);
  proxy_->Host(H1Answer::Of(200, "hi"));
  H1Client& client = proxy_->Client();
  client.Get("/");
  proxy_->Run();
  EXPECT_EQ(client.response(0).status(), 200);
  EXPECT_EQ(tls_.hosts.peer_name, "client");
}

}  // namespace
}  // namespace sluice
