// Files that change under a running proxy: new connections get the new certificate, old ones go on,
// and files that are no good change nothing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "test/tls/tls_fixture.h"

namespace sluice {
namespace {

class Reload : public TlsTest {
 protected:
  void WriteBoth(const TestCertificate& certificate) {
    WriteTestFile("reload.crt", certificate.pem);
    WriteTestFile("reload.key", certificate.key_pem);
  }
  void ServeFiles() {
    WriteBoth(old_);
    tls_pb::TlsCertificate& certificate =
        *context_.mutable_common_tls_context()->add_tls_certificates();
    certificate.mutable_certificate_chain()->set_filename(chain_path_);
    certificate.mutable_private_key()->set_filename(key_path_);
    Serve(context_);
  }

  int64_t Updates() {
    return world_.stats().Value(
        "listener.test.server_ssl_socket_factory.ssl_context_update_by_sds");
  }

  const std::string chain_path_ = ::testing::TempDir() + "/reload.crt";
  const std::string key_path_ = ::testing::TempDir() + "/reload.key";
  const TestCertificate old_ = MakeCertificate({.common_name = "old"});
  const TestCertificate new_ = MakeCertificate({.common_name = "new"});
  tls_pb::DownstreamTlsContext context_;
};

TEST_F(Reload, IsForNewConnectionsAndEndsNone) {
  ServeFiles();
  EXPECT_THAT(files_.watched(), ::testing::ElementsAre(chain_path_, key_path_));
  TlsPeer& first = Dial();
  OurEnd& first_end = end();
  EXPECT_EQ(first.peer_common_name(), "old");
  WriteBoth(new_);
  EXPECT_EQ(Dial().peer_common_name(), "old");  // nobody has noticed yet
  files_.Change(chain_path_);
  files_.Change(key_path_);
  world_.RunUntilIdle();
  EXPECT_EQ(Dial().peer_common_name(), "new");
  first.Send("still");
  world_.RunUntilIdle();
  EXPECT_EQ(first.received(), "<still>");
  EXPECT_EQ(first_end.facts()->local.subject, "CN=old");
  EXPECT_EQ(Updates(), 2);
}

TEST_F(Reload, OfFilesThatAreNoGoodChangesNothing) {
  ServeFiles();
  WriteTestFile("reload.crt", new_.pem);  // the key is still the old one
  files_.Change(chain_path_);
  world_.RunUntilIdle();
  EXPECT_EQ(Stat("context_update_rejected"), 1);
  EXPECT_EQ(Dial().peer_common_name(), "old");
  WriteTestFile("reload.crt", "nonsense");
  files_.Change(chain_path_);
  world_.RunUntilIdle();
  EXPECT_EQ(Stat("context_update_rejected"), 2);
  EXPECT_EQ(Dial().peer_common_name(), "old");
  WriteBoth(new_);
  files_.Change(key_path_);
  world_.RunUntilIdle();
  EXPECT_EQ(Updates(), 1);
  EXPECT_EQ(Dial().peer_common_name(), "new");
}

TEST_F(Reload, InTheMiddleOfAHandshakeIsForTheNext) {
  ServeFiles();
  world_.memory().shape(kAddress).latency = std::chrono::milliseconds(10);
  peers_.push_back(std::make_unique<TlsPeer>(TlsPeer::Role::kClient, world_.memory().Dial(kAddress),
                                             TlsPeerOptions()));
  world_.AdvanceUntil([this] { return !ends_.empty(); }, std::chrono::seconds(1));
  WriteBoth(new_);
  files_.Change(key_path_);
  world_.RunUntilIdle();
  EXPECT_TRUE(peer().connected());
  EXPECT_EQ(peer().peer_common_name(), "old");
  EXPECT_EQ(Dial().peer_common_name(), "new");
}

TEST_F(Reload, WatchesADirectoryToo) {
  context_.mutable_common_tls_context();
  ServeFiles();
  tls_pb::TlsCertificate& certificate =
      *context_.mutable_common_tls_context()->mutable_tls_certificates(0);
  certificate.mutable_watched_directory()->set_path("/watched");
  Serve(context_);
  WriteBoth(new_);
  files_.Change("/watched");
  world_.RunUntilIdle();
  EXPECT_EQ(Dial().peer_common_name(), "new");
  files_.SetMissing("/watched");
  EXPECT_THAT(TryServe(context_),
              ::testing::HasSubstr("\"/watched\" cannot be watched: no such folder"));
}

TEST_F(Reload, OfAnAuthorityCountsForNewHandshakes) {
  const TestCertificate ca = MakeCertificate({.common_name = "ca", .is_authority = true});
  const TestCertificate leaf = MakeCertificate({.common_name = "leaf", .issuer = &ca});
  const std::string path = WriteTestFile("reload.ca", old_.pem);
  Add(*context_.mutable_common_tls_context(), old_);
  context_.mutable_common_tls_context()
      ->mutable_validation_context()
      ->mutable_trusted_ca()
      ->set_filename(path);
  Serve(context_);
  EXPECT_EQ(Dial({.certificate = &leaf}).error(), "TLSV1_ALERT_UNKNOWN_CA");
  WriteTestFile("reload.ca", ca.pem);
  files_.Change(path);
  world_.RunUntilIdle();
  EXPECT_EQ(Dial({.certificate = &leaf}).error(), "");
}

TEST_F(Reload, OfWhatHostsAreShown) {
  WriteBoth(old_);
  tls_pb::UpstreamTlsContext context;
  tls_pb::TlsCertificate& certificate =
      *context.mutable_common_tls_context()->add_tls_certificates();
  certificate.mutable_certificate_chain()->set_filename(chain_path_);
  certificate.mutable_private_key()->set_filename(key_path_);
  EXPECT_EQ(TryDialWith(context), "");
  StartHost({.certificate = &old_, .ask_for_certificate = true});
  Connect();
  EXPECT_EQ(peer().peer_common_name(), "old");
  WriteBoth(new_);
  files_.Change(key_path_);
  world_.RunUntilIdle();
  Connect();
  EXPECT_EQ(peer().peer_common_name(), "new");
}

}  // namespace
}  // namespace sluice
