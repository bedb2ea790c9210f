// Certificates and authorities as named secrets in files (SDS by path): renewed by moving a file
// into place, while connections live.
#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "test/scenario/tls_setup.h"

namespace sluice {
namespace {

constexpr char kType[] = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.";

std::string Inline(const std::string& pem) {
  return absl::StrCat("{\"inline_string\": \"", absl::StrReplaceAll(pem, {{"\n", "\\n"}}), "\"}");
}

class TlsSecrets : public testing::Test {
 protected:
  void Write(const std::string& file, const std::string& resource_fields) {
    std::ofstream(Path(file)) << "{\"resources\": [{\"@type\": \"" << kType << "Secret\", "
                              << resource_fields << "}]}";
  }
  void WriteIdentity(const TestCertificate& certificate) {
    Write("identity.json", absl::StrCat("\"name\": \"identity\", \"tls_certificate\": "
                                        "{\"certificate_chain\": ",
                                        Inline(certificate.pem),
                                        ", \"private_key\": ", Inline(certificate.key_pem), "}"));
  }
  void WriteAuthority(const TestCertificate& authority) {
    Write("authority.json",
          absl::StrCat("\"name\": \"authority\", \"validation_context\": {\"trusted_ca\": ",
                       Inline(authority.pem), "}"));
  }
  void Change(const std::string& file) {
    proxy_->files().Change(Path(file));
    proxy_->Run();
  }
  static std::string Path(const std::string& file) {
    return absl::StrCat(testing::TempDir(), "/tls_secrets_", file);
  }
  static std::string Named(const std::string& name) {
    return absl::StrCat("{ name: ", name, ", sds_config: { resource_api_version: V3, ",
                        "path_config_source: { path: \"", Path(name + ".json"), "\" } } }");
  }
  static std::string Socket(const std::string& context, const std::string& fields) {
    return absl::StrCat("transport_socket:\n  name: tls\n  typed_config:\n    \"@type\": ", kType,
                        context, "\n", fields);
  }
  static std::string Downstream() {
    return Socket("DownstreamTlsContext", absl::StrCat("    common_tls_context:\n      "
                                                       "tls_certificate_sds_secret_configs: [",
                                                       Named("identity"), "]\n"));
  }
  static std::string Upstream() {
    return Socket("UpstreamTlsContext",
                  absl::StrCat("    sni: host.test\n    common_tls_context:\n      "
                               "tls_certificate_sds_secret_configs: [",
                               Named("identity"), "]\n      validation_context_sds_secret_config: ",
                               Named("authority"), "\n"));
  }
  // The status of a request on a connection of its own; 0: there was no answer.
  int Get() {
    H1Client& client = proxy_->Client();
    client.Get("/");
    proxy_->Run();
    return client.responses().empty() ? 0 : client.response(0).status();
  }

  TlsSetup tls_;
  std::unique_ptr<ProxyFixture> proxy_;
};

TEST_F(TlsSecrets, ARenewedCertificateIsForNewConnectionsAndEndsNone) {
  WriteIdentity(tls_.proxy);
  proxy_ = std::make_unique<ProxyFixture>(ProxyFixture::ToUsers(),
                                          ProxyOptions{.filter_chain = Downstream()});
  tls_.LayClients(*proxy_, {"http/1.1"});
  proxy_->Host(H1Answer::Of(200, "hi"));
  H1Client& first = proxy_->Client();
  first.Get("/");
  proxy_->Run();
  EXPECT_EQ(tls_.clients.peer_name, "proxy");
  WriteIdentity(tls_.host);
  Change("identity.json");
  EXPECT_EQ(Get(), 200);
  EXPECT_EQ(tls_.clients.peer_name, "host");
  first.Get("/");
  proxy_->Run();
  EXPECT_EQ(first.response(1).status(), 200);
}

TEST_F(TlsSecrets, AFileThatIsNoGoodLeavesTheOldCertificateInUse) {
  WriteIdentity(tls_.proxy);
  proxy_ = std::make_unique<ProxyFixture>(ProxyFixture::ToUsers(),
                                          ProxyOptions{.filter_chain = Downstream()});
  tls_.LayClients(*proxy_, {"http/1.1"});
  proxy_->Host(H1Answer::Of(200, "hi"));
  Write("identity.json", "\"name\": \"identity\", \"tls_certificate\": {}");
  Change("identity.json");
  EXPECT_EQ(Get(), 200);
  EXPECT_EQ(tls_.clients.peer_name, "proxy");
  EXPECT_EQ(proxy_->Stat("sds.identity.update_rejected"), 1);
  std::ofstream(Path("identity.json")) << "{";
  Change("identity.json");
  EXPECT_EQ(Get(), 200);
  EXPECT_EQ(tls_.clients.peer_name, "proxy");
  EXPECT_EQ(proxy_->Stat("sds.identity.update_failure"), 1);
}

TEST_F(TlsSecrets, HostsAreShownAndHeldAgainstWhatIsInTheFiles) {
  WriteIdentity(tls_.client);
  WriteAuthority(tls_.stranger);
  proxy_ =
      std::make_unique<ProxyFixture>(ProxyFixture::ToUsers(), ProxyOptions{.cluster = Upstream()});
  tls_.LayHost(*proxy_, {"http/1.1"}, TlsSetup::AskClient::kYes);
  proxy_->Host(H1Answer::Of(200, "hi"));
  EXPECT_EQ(Get(), 503);
  WriteAuthority(tls_.authority);
  Change("authority.json");
  EXPECT_EQ(Get(), 200);
  EXPECT_EQ(tls_.hosts.peer_name, "client");
}

// A cluster that lacks what it needs is waited for, as others are whose hosts are not known yet.
TEST_F(TlsSecrets, ListenersOpenWhenTheSecretsOfClustersHaveCome) {
  WriteIdentity(tls_.client);
  std::remove(Path("authority.json").c_str());
  H1Client* early = nullptr;
  ProxyOptions options{.cluster = Upstream()};
  options.before_start = [&](ProxyFixture& proxy) {
    // As the last thing of the start, when all but the secret is there.
    proxy.world().main().loop.Post([&] {
      early = &proxy.Client();
      early->Get("/");
      proxy.world().main().loop.Post([&] {
        WriteAuthority(tls_.authority);
        proxy.files().Change(Path("authority.json"));
      });
    });
  };
  proxy_ = std::make_unique<ProxyFixture>(ProxyFixture::ToUsers(), options);
  tls_.LayHost(*proxy_, {"http/1.1"}, TlsSetup::AskClient::kYes);
  proxy_->Host(H1Answer::Of(200, "hi"));
  ASSERT_NE(early, nullptr);
  EXPECT_TRUE(early->responses().empty());
  EXPECT_EQ(Get(), 200);
  EXPECT_EQ(tls_.hosts.peer_name, "client");
}

}  // namespace
}  // namespace sluice
