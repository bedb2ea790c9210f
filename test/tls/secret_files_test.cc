// Secrets in files (SDS by path): contexts wait for them, new connections get what was moved into
// place, and what is no good leaves the old in use.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "google/protobuf/text_format.h"
#include "test/tls/secrets_fixture.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SecretFiles : public SecretsTest {
 protected:
  void ServeIdentity(const std::string& file = "sds.yaml") {
    FromFile(NewIdentity(), "identity", file);
    Serve(context_);
  }
};

TEST_F(SecretFiles, AreReadInEveryNotation) {
  const std::string json = Response({Identity("identity", old_)});
  const std::string text = absl::StrCat(
      "resources { [type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret] { name: "
      "'identity' tls_certificate { certificate_chain { inline_string: '",
      absl::StrReplaceAll(old_.pem, {{"\n", "\\n"}}), "' } private_key { inline_string: '",
      absl::StrReplaceAll(old_.key_pem, {{"\n", "\\n"}}), "' } } } }");
  for (const auto& [file, content] : std::vector<std::pair<std::string, std::string>>{
           {"sds.yaml", json}, {"sds.json", json}, {"sds.pb_text", text}}) {
    context_.Clear();
    Move(file, content);
    ServeIdentity(file);
    EXPECT_TRUE(warm_.open()) << file;
    EXPECT_EQ(Dial().peer_common_name(), "old") << file;
  }
}

TEST_F(SecretFiles, AreReadByTheDeprecatedFieldAndInResources) {
  Move("sds.json", Response({absl::StrCat(
                       "{\"@type\": \"type.googleapis.com/envoy.service.discovery.v3.Resource\", "
                       "\"name\": \"identity\", \"resource\": ",
                       Identity("identity", old_), "}")}));
  tls_pb::SdsSecretConfig& reference = NewIdentity();
  reference.set_name("identity");
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      absl::StrCat("path: '", PathOf("sds.json"), "'"), reference.mutable_sds_config()));
  Serve(context_);
  EXPECT_EQ(Dial().peer_common_name(), "old");
}

TEST_F(SecretFiles, AreWaitedFor) {
  ServeIdentity();
  EXPECT_THAT(warm_.missing(), ElementsAre("secret identity"));
  EXPECT_EQ(Sds("update_failure"), 1);
  Move("sds.yaml", Response({Identity("identity", old_)}));
  EXPECT_TRUE(warm_.open());
  EXPECT_EQ(Dial().peer_common_name(), "old");
  EXPECT_EQ(NotReady(), 0);
  EXPECT_EQ(Sds("update_success"), 1);
  EXPECT_EQ(Sds("update_attempt"), 2);
  EXPECT_EQ(Updates(), 1);
  EXPECT_GT(Sds("update_time"), 0);
}

TEST_F(SecretFiles, AreNotWaitedForWhereNothingCanWait) {
  gate_ = nullptr;
  FromFile(NewIdentity(), "identity", "sds.yaml");
  EXPECT_THAT(TryServe(context_),
              HasSubstr("tls.common_tls_context.tls_certificate_sds_secret_configs[0].sds_config: "
                        "has no such secret yet"));
  Move("sds.yaml", Response({Identity("identity", old_)}));
  EXPECT_EQ(TryServe(context_), "");
}

TEST_F(SecretFiles, AreNotWaitedForLongerThanTheirTime) {
  ServeIdentity();
  world_.Advance(std::chrono::milliseconds(14'999));
  EXPECT_FALSE(warm_.open());
  world_.Advance(std::chrono::milliseconds(1));
  EXPECT_TRUE(warm_.open());
  EXPECT_EQ(Sds("init_fetch_timeout"), 1);
  // As there is no certificate, connections are closed; later ones are served.
  Dial();
  EXPECT_TRUE(end().closed);
  EXPECT_EQ(end().failure, "TLS error: Secret is not supplied by SDS");
  EXPECT_EQ(NotReady(), 1);
  Move("sds.yaml", Response({Identity("identity", old_)}));
  EXPECT_EQ(Dial().peer_common_name(), "old");
  EXPECT_EQ(NotReady(), 1);
}

TEST_F(SecretFiles, HaveTheTimeThatTheSourceGives) {
  FromFile(NewIdentity(), "identity", "sds.yaml");
  auto& timeout = *common()
                       .mutable_tls_certificate_sds_secret_configs(0)
                       ->mutable_sds_config()
                       ->mutable_initial_fetch_timeout();
  timeout.set_seconds(0);
  Serve(context_);
  world_.Advance(std::chrono::hours(24));
  EXPECT_FALSE(warm_.open());
  timeout.set_seconds(1);
  Serve(context_);  // the first is gone with its need
  world_.Advance(std::chrono::milliseconds(999));
  EXPECT_FALSE(warm_.open());
  world_.Advance(std::chrono::milliseconds(1));
  EXPECT_TRUE(warm_.open());
}

TEST_F(SecretFiles, ThatChangeAreForNewConnections) {
  Move("sds.yaml", Response({Identity("identity", old_)}));
  ServeIdentity();
  TlsPeer& first = Dial();
  Move("sds.yaml", Response({Identity("identity", new_)}));
  EXPECT_EQ(Dial().peer_common_name(), "new");
  first.Send("still");
  world_.RunUntilIdle();
  EXPECT_EQ(first.received(), "<still>");
  EXPECT_EQ(Updates(), 1);
}

TEST_F(SecretFiles, WithTheSameSecretMakeNothingAgain) {
  Move("sds.yaml", Response({Identity("identity", old_)}));
  ServeIdentity();
  Move("sds.yaml", Response({Identity("identity", old_), Identity("another", new_)}));
  EXPECT_EQ(Updates(), 0);
  EXPECT_EQ(Sds("update_success"), 2);
}

TEST_F(SecretFiles, ThatAreNoGoodLeaveTheOldInUse) {
  Move("sds.yaml", Response({Identity("identity", old_)}));
  ServeIdentity();
  const std::string mixed = Resource(
      "identity", absl::StrCat("\"tls_certificate\": {\"certificate_chain\": ", Inline(new_.pem),
                               ", \"private_key\": ", Inline(old_.key_pem), "}"));
  const std::string empty = Resource("identity", "\"tls_certificate\": {}");
  for (const std::string& content :
       {std::string("resources: ["), std::string(""), Response({}),
        Response({Identity("another", new_)}), Response({"{\"name\": \"identity\"}"}),
        Response({Resource("identity", "\"tls_certificate\": {\"chain\": {}}")})}) {
    Move("sds.yaml", content);
    EXPECT_EQ(Dial().peer_common_name(), "old") << content;
  }
  EXPECT_EQ(Sds("update_failure"), 6);
  EXPECT_EQ(Sds("update_rejected"), 0);
  for (const std::string& resource : {mixed, empty, Trusting("identity", new_)}) {
    Move("sds.yaml", Response({resource}));
    EXPECT_EQ(Dial().peer_common_name(), "old") << resource;
  }
  EXPECT_EQ(Sds("update_rejected"), 3);
  Move("sds.yaml", Response({Identity("identity", new_)}));
  EXPECT_EQ(Dial().peer_common_name(), "new");
}

TEST_F(SecretFiles, AreJudgedSecretBySecret) {
  const std::string bad = Resource("another", "\"tls_certificate\": {\"chain\": {}}");
  Move("sds.yaml", Response({bad, Identity("identity", old_)}));
  ServeIdentity();
  EXPECT_EQ(Dial().peer_common_name(), "old");
  Move("sds.yaml", Response({bad, Identity("identity", new_)}));
  EXPECT_EQ(Dial().peer_common_name(), "new");
}

TEST_F(SecretFiles, AreReadAgainWhenTheWatchedDirectoryChanges) {
  Move("sds.yaml", Response({Identity("identity", old_)}));
  FromFile(NewIdentity(), "identity", "sds.yaml");
  common()
      .mutable_tls_certificate_sds_secret_configs(0)
      ->mutable_sds_config()
      ->mutable_path_config_source()
      ->mutable_watched_directory()
      ->set_path("/mounted");
  Serve(context_);
  EXPECT_THAT(files_.watched(), ElementsAre("/mounted"));
  Move("sds.yaml", Response({Identity("identity", new_)}));
  EXPECT_EQ(Dial().peer_common_name(), "old");
  files_.Change("/mounted");
  world_.RunUntilIdle();
  EXPECT_EQ(Dial().peer_common_name(), "new");
  server_factory_.reset();
  EXPECT_THAT(files_.watched(), ElementsAre());
  files_.SetMissing("/mounted");
  EXPECT_THAT(TryServe(context_),
              HasSubstr("[0].sds_config: \"/mounted\" cannot be watched: no such folder"));
}

// The files that a secret names are watched, until it names others.
TEST_F(SecretFiles, MayNameFiles) {
  const auto naming = [this](const std::string& certificate) {
    return Response({Resource(
        "identity", absl::StrCat("\"tls_certificate\": {\"certificate_chain\": {\"filename\": \"",
                                 PathOf(certificate), ".crt\"}, \"private_key\": {\"filename\": \"",
                                 PathOf(certificate), ".key\"}}"))});
  };
  const auto write = [this](const std::string& file, const TestCertificate& certificate) {
    Move(file + ".key", certificate.key_pem);
    Move(file + ".crt", certificate.pem);
  };
  write("a", old_);
  Move("sds.yaml", naming("a"));
  ServeIdentity();
  EXPECT_EQ(Dial().peer_common_name(), "old");
  write("a", new_);
  EXPECT_EQ(Dial().peer_common_name(), "new");
  write("b", old_);
  Move("sds.yaml", naming("b"));
  EXPECT_EQ(Dial().peer_common_name(), "old");
  EXPECT_THAT(files_.watched(), ::testing::UnorderedElementsAre(PathOf("sds.yaml"), PathOf("b.crt"),
                                                                PathOf("b.key")));
}

}  // namespace
}  // namespace sluice
