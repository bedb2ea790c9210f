// Secrets that are fetched, whatever their source: what may name them, who waits, who is told, and
// whom a bad one concerns. The source here is the test itself.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "test/tls/secrets_fixture.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class Secrets : public SecretsTest {
 protected:
  Secrets() {
    secrets_.AttachControlPlane(
        [this](const envoy::config::core::v3::ConfigSource& from,
               const SecretKey& key) -> absl::StatusOr<std::unique_ptr<SecretFetch>> {
          if (!from.has_ads()) return absl::InvalidArgumentError("is no source of this test's");
          return std::make_unique<Fetch>(wanted_, key);
        });
  }

  ~Secrets() override {
    server_factory_.reset();
    client_factory_.reset();
  }

  absl::Status Set(const std::string& name, const tls_pb::Secret& secret) {
    const absl::Status status =
        secrets_.Set(wanted_.at(name), std::make_shared<const tls_pb::Secret>(secret));
    world_.RunUntilIdle();
    return status;
  }
  static tls_pb::Secret IdentityOf(const TestCertificate& certificate) {
    tls_pb::Secret secret;
    SetInline(*secret.mutable_tls_certificate()->mutable_certificate_chain(), certificate.pem);
    SetInline(*secret.mutable_tls_certificate()->mutable_private_key(), certificate.key_pem);
    return secret;
  }
  static tls_pb::Secret TrustIn(const TestCertificate& authority) {
    tls_pb::Secret secret;
    SetInline(*secret.mutable_validation_context()->mutable_trusted_ca(), authority.pem);
    return secret;
  }
  std::vector<std::string> wanted() const {
    std::vector<std::string> names;
    for (const auto& [name, key] : wanted_) names.push_back(name);
    return names;
  }

 private:
  class Fetch final : public SecretFetch {
   public:
    Fetch(std::map<std::string, SecretKey>& wanted, const SecretKey& key)
        : wanted_(wanted), name_(key.name) {
      EXPECT_TRUE(wanted_.emplace(name_, key).second) << "asked for twice: " << name_;
    }
    ~Fetch() override { wanted_.erase(name_); }

   private:
    std::map<std::string, SecretKey>& wanted_;
    const std::string name_;
  };

 protected:
  std::map<std::string, SecretKey> wanted_;  // by name
};

TEST_F(Secrets, AreAskedForAsLongAsSomebodyNamesThem) {
  FromControlPlane(NewIdentity(), "identity");
  Serve(context_);
  EXPECT_THAT(wanted(), ElementsAre("identity"));
  std::unique_ptr<const ServerTransportFactory> other = std::move(server_factory_);
  Serve(context_);  // the same fetch serves both
  server_factory_.reset();
  EXPECT_THAT(wanted(), ElementsAre("identity"));
  other.reset();
  EXPECT_THAT(wanted(), ElementsAre());
}

TEST_F(Secrets, AreAllWaitedFor) {
  FromControlPlane(NewIdentity(), "identity");
  FromControlPlane(*common().mutable_validation_context_sds_secret_config(), "rules");
  FromControlPlane(*context_.mutable_session_ticket_keys_sds_secret_config(), "keys");
  Serve(context_);
  EXPECT_THAT(warm_.missing(), ElementsAre("secret identity", "secret rules", "secret keys"));
  EXPECT_TRUE(Set("identity", IdentityOf(old_)).ok());
  EXPECT_TRUE(Set("rules", TrustIn(new_)).ok());
  EXPECT_THAT(warm_.missing(), ElementsAre("secret keys"));
  Dial();
  EXPECT_EQ(NotReady(), 1);
  tls_pb::Secret keys;
  SetInline(*keys.mutable_session_ticket_keys()->add_keys(), std::string(80, 'k'));
  EXPECT_TRUE(Set("keys", keys).ok());
  EXPECT_TRUE(warm_.open());
  EXPECT_EQ(Dial({.certificate = &new_}).peer_common_name(), "old");
  EXPECT_EQ(Dial({.certificate = &old_}).error(), "TLSV1_ALERT_UNKNOWN_CA");
}

TEST_F(Secrets, OfAuthoritiesChangeForNewHandshakes) {
  Add(common(), old_);
  FromControlPlane(*common().mutable_validation_context_sds_secret_config(), "rules");
  context_.mutable_require_client_certificate()->set_value(true);
  Serve(context_);
  EXPECT_TRUE(Set("rules", TrustIn(old_)).ok());
  EXPECT_EQ(Dial({.certificate = &old_}).error(), "");
  EXPECT_TRUE(Set("rules", TrustIn(new_)).ok());
  EXPECT_EQ(Dial({.certificate = &old_}).error(), "TLSV1_ALERT_UNKNOWN_CA");
  EXPECT_EQ(Dial({.certificate = &new_}).error(), "");
}

// What the secret says is added to the defaults, and may need them.
TEST_F(Secrets, CombineWithDefaults) {
  Add(common(), old_);
  auto& combined = *common().mutable_combined_validation_context();
  SetInline(*combined.mutable_default_validation_context()->mutable_trusted_ca(), new_.pem);
  FromControlPlane(*combined.mutable_validation_context_sds_secret_config(), "rules");
  Serve(context_);
  tls_pb::Secret rules;
  auto& name = *rules.mutable_validation_context()->add_match_typed_subject_alt_names();
  name.set_san_type(tls_pb::SubjectAltNameMatcher::DNS);
  name.mutable_matcher()->set_exact("client.test");
  EXPECT_TRUE(Set("rules", rules).ok());
  EXPECT_EQ(Dial({.certificate = &new_}).error(), "SSLV3_ALERT_BAD_CERTIFICATE");
  rules.mutable_validation_context()->clear_match_typed_subject_alt_names();
  EXPECT_TRUE(Set("rules", rules).ok());
  EXPECT_EQ(Dial({.certificate = &new_}).error(), "");
}

TEST_F(Secrets, OfTicketKeysChange) {
  Add(common(), old_);
  FromControlPlane(*context_.mutable_session_ticket_keys_sds_secret_config(), "keys");
  Serve(context_);
  tls_pb::Secret keys;
  SetInline(*keys.mutable_session_ticket_keys()->add_keys(), std::string(80, 'a'));
  EXPECT_TRUE(Set("keys", keys).ok());
  TlsPeer& first = Dial();
  first.Send("x");
  world_.RunUntilIdle();
  ASSERT_FALSE(first.sessions().empty());
  SSL_SESSION* const session = first.sessions().back().get();
  // The old key still opens; a new one alone does not.
  keys.mutable_session_ticket_keys()->clear_keys();
  SetInline(*keys.mutable_session_ticket_keys()->add_keys(), std::string(80, 'b'));
  SetInline(*keys.mutable_session_ticket_keys()->add_keys(), std::string(80, 'a'));
  EXPECT_TRUE(Set("keys", keys).ok());
  EXPECT_TRUE(Dial({.resume = session}).resumed());
  keys.mutable_session_ticket_keys()->mutable_keys()->RemoveLast();
  EXPECT_TRUE(Set("keys", keys).ok());
  EXPECT_FALSE(Dial({.resume = session}).resumed());
  SetInline(*keys.mutable_session_ticket_keys()->mutable_keys(0), "short");
  EXPECT_THAT(std::string(Set("keys", keys).message()), HasSubstr("must hold 80 bytes"));
}

TEST_F(Secrets, OfOursAreShownToHosts) {
  tls_pb::UpstreamTlsContext context;
  tls_pb::CommonTlsContext& common = *context.mutable_common_tls_context();
  FromControlPlane(*common.add_tls_certificate_sds_secret_configs(), "identity");
  FromControlPlane(*common.mutable_validation_context_sds_secret_config(), "rules");
  context.set_auto_sni_san_validation(true);
  EXPECT_EQ(TryDialWith(context), "");
  EXPECT_THAT(warm_.missing(), ElementsAre("secret identity", "secret rules"));
  StartHost({.certificate = &old_, .ask_for_certificate = true});
  EXPECT_TRUE(Connect().closed);
  EXPECT_EQ(end().failure, "TLS error: Secret is not supplied by SDS");
  EXPECT_EQ(world_.stats().Value(
                "cluster.test.client_ssl_socket_factory.upstream_context_secrets_not_ready"),
            1);
  EXPECT_TRUE(Set("identity", IdentityOf(new_)).ok());
  EXPECT_TRUE(Set("rules", TrustIn(old_)).ok());
  EXPECT_TRUE(warm_.open());
  EXPECT_TRUE(Connect().connected);
  EXPECT_EQ(peer().peer_common_name(), "new");
  EXPECT_EQ(
      world_.stats().Value("cluster.test.client_ssl_socket_factory.ssl_context_update_by_sds"), 1);
}

TEST_F(Secrets, ThatAreNoGoodSaySoByName) {
  FromControlPlane(NewIdentity(), "identity");
  Serve(context_);
  tls_pb::Secret mixed = IdentityOf(old_);
  SetInline(*mixed.mutable_tls_certificate()->mutable_private_key(), new_.key_pem);
  const std::string message(Set("identity", mixed).message());
  EXPECT_THAT(message, HasSubstr("secret \"identity\": tls_certificate.private_key"));
  EXPECT_FALSE(warm_.open());
  EXPECT_EQ(Sds("update_rejected"), 1);
  EXPECT_FALSE(Set("identity", tls_pb::Secret()).ok());
  EXPECT_TRUE(Set("identity", IdentityOf(new_)).ok());
  EXPECT_EQ(Dial().peer_common_name(), "new");
}

TEST_F(Secrets, ThatOneUserCannotUseAreGoodForTheOthers) {
  FromControlPlane(NewIdentity(), "identity");
  Serve(context_);
  std::unique_ptr<const ServerTransportFactory> lenient = std::move(server_factory_);
  context_.set_ocsp_staple_policy(tls_pb::DownstreamTlsContext::MUST_STAPLE);
  Serve(context_);
  tls_pb::Secret stapled = IdentityOf(old_);
  SetInline(*stapled.mutable_tls_certificate()->mutable_ocsp_staple(),
            MakeOcspResponse(old_, k2020, k2040));
  EXPECT_TRUE(Set("identity", stapled).ok());
  EXPECT_THAT(std::string(Set("identity", IdentityOf(new_)).message()),
              HasSubstr("ocsp_staple: is required"));
  EXPECT_EQ(Dial().peer_common_name(), "old");
  server_factory_.swap(lenient);
  EXPECT_EQ(Dial().peer_common_name(), "new");
}

TEST_F(Secrets, ThatFailOrGoLeaveTheOldInUse) {
  FromControlPlane(NewIdentity(), "identity");
  Serve(context_);
  EXPECT_TRUE(Set("identity", IdentityOf(old_)).ok());
  secrets_.Fail(wanted_.at("identity"), "the stream broke");
  EXPECT_EQ(Sds("update_failure"), 1);
  EXPECT_EQ(Dial().peer_common_name(), "old");
  secrets_.Remove(wanted_.at("identity"));
  EXPECT_EQ(Dial().peer_common_name(), "old");
  // Who comes now waits for it.
  std::unique_ptr<const ServerTransportFactory> first = std::move(server_factory_);
  Serve(context_);
  EXPECT_FALSE(warm_.open());
  EXPECT_TRUE(Set("identity", IdentityOf(new_)).ok());
  EXPECT_TRUE(warm_.open());
  EXPECT_EQ(Dial().peer_common_name(), "new");
}

TEST_F(Secrets, LeaveMistakesBesideThemToBeFoundAtOnce) {
  FromControlPlane(*common().mutable_validation_context_sds_secret_config(), "rules");
  tls_pb::TlsCertificate& certificate = *Add(common(), old_);
  SetInline(*certificate.mutable_private_key(), new_.key_pem);
  EXPECT_THAT(TryServe(context_),
              HasSubstr("tls.common_tls_context.tls_certificates[0].private_key"));
  EXPECT_THAT(wanted(), ElementsAre());
  EXPECT_TRUE(warm_.open());
}

TEST_F(Secrets, OfASourceThatCannotBeAreRefused) {
  tls_pb::SdsSecretConfig& reference = NewIdentity();
  reference.set_name("identity");
  reference.mutable_sds_config()->mutable_self();
  EXPECT_THAT(TryServe(context_), HasSubstr("[0].sds_config: is no source of this test's"));
}

TEST_F(Secrets, MayOutliveTheirStore) {
  auto store = std::make_unique<SecretStore>(world_.main(), files_, world_.stats());
  FromFile(NewIdentity(), "identity", "sds.yaml");
  ConfigErrors errors;
  const FieldScope scope(errors);
  TlsParts parts{.secrets = *store,
                 .world = World(),
                 .stats = world_.stats(),
                 .stat_prefix = "listener.test.",
                 .gate = gate_};
  auto factory = ParseServerTls(context_, parts, scope);
  ASSERT_NE(factory, nullptr) << errors.ToString();
  store.reset();
  EXPECT_THAT(files_.watched(), ElementsAre());
  factory.reset();
}

}  // namespace
}  // namespace sluice
