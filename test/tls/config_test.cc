// What DownstreamTlsContext and UpstreamTlsContext may say: where certificates come from, and every
// mistake with its field, file and reason.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "test/tls/tls_fixture.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;

class TlsConfig : public TlsTest {
 protected:
  tls_pb::TlsCertificate& certificate() {
    tls_pb::CommonTlsContext& common = *context_.mutable_common_tls_context();
    return common.tls_certificates_size() > 0 ? *common.mutable_tls_certificates(0)
                                              : *Add(common, server_);
  }
  tls_pb::CertificateValidationContext& verify() {
    certificate();
    return *context_.mutable_common_tls_context()->mutable_validation_context();
  }

  const TestCertificate server_ = MakeCertificate({.common_name = "server"});
  const TestCertificate other_ = MakeCertificate({.common_name = "other"});
  tls_pb::DownstreamTlsContext context_;
  tls_pb::UpstreamTlsContext upstream_;
};

TEST_F(TlsConfig, TakesCertificatesFromEverywhere) {
  certificate().mutable_certificate_chain()->set_filename(WriteTestFile("a.crt", server_.pem));
  certificate().mutable_private_key()->set_filename(WriteTestFile("a.key", server_.key_pem));
  EXPECT_EQ(TryServe(context_), "");
  setenv("SLUICE_TEST_CERTIFICATE", server_.pem.c_str(), 1);
  setenv("SLUICE_TEST_KEY", server_.key_pem.c_str(), 1);
  certificate().mutable_certificate_chain()->set_environment_variable("SLUICE_TEST_CERTIFICATE");
  certificate().mutable_private_key()->set_environment_variable("SLUICE_TEST_KEY");
  EXPECT_EQ(TryServe(context_), "");
  certificate().mutable_certificate_chain()->set_inline_string(server_.pem);
  certificate().mutable_private_key()->set_inline_string(server_.key_pem);
  EXPECT_EQ(TryServe(context_), "");
  EXPECT_TRUE(Dial().connected());
}

TEST_F(TlsConfig, OpensEncryptedKeys) {
  SetInline(*certificate().mutable_private_key(), EncryptedKeyPem(server_, "secret"));
  EXPECT_THAT(TryServe(context_),
              HasSubstr("tls.common_tls_context.tls_certificates[0].private_key: is encrypted, and "
                        "there is no password"));
  certificate().mutable_password()->set_inline_string("wrong");
  EXPECT_THAT(TryServe(context_), HasSubstr("private_key: cannot be decrypted with this password"));
  certificate().mutable_password()->set_inline_string("secret\n");  // as editors leave it
  EXPECT_EQ(TryServe(context_), "");
}

TEST_F(TlsConfig, TakesPkcs12) {
  certificate().Clear();
  SetInline(*certificate().mutable_pkcs12(), Pkcs12Of(server_, "secret"));
  certificate().mutable_password()->set_inline_string("secret");
  EXPECT_EQ(TryServe(context_), "");
  EXPECT_EQ(Dial().peer_common_name(), "server");
  certificate().mutable_password()->set_inline_string("wrong");
  EXPECT_THAT(TryServe(context_), HasSubstr("tls_certificates[0].pkcs12: holds no key and "
                                            "certificate that can be read"));
  SetInline(*certificate().mutable_private_key(), server_.key_pem);
  EXPECT_THAT(TryServe(context_), HasSubstr("pkcs12: stands beside certificate_chain"));
}

TEST_F(TlsConfig, NamesFileFieldAndReason) {
  const std::string missing = ::testing::TempDir() + "/there-is-none.pem";
  certificate().mutable_certificate_chain()->set_filename(missing);
  const std::string errors = TryServe(context_);
  EXPECT_THAT(errors, HasSubstr("tls.common_tls_context.tls_certificates[0].certificate_chain."
                                "filename: "));
  EXPECT_THAT(errors, HasSubstr(missing));
  const std::string bad = WriteTestFile("bad.pem", "-----BEGIN CERTIFICATE-----\nnonsense\n");
  certificate().mutable_certificate_chain()->set_filename(bad);
  EXPECT_THAT(TryServe(context_),
              HasSubstr("certificate_chain: \"" + bad + "\" holds no certificate in PEM form"));
  SetInline(*certificate().mutable_certificate_chain(), server_.key_pem);
  EXPECT_THAT(TryServe(context_), HasSubstr("certificate_chain: holds no certificate"));
}

TEST_F(TlsConfig, RefusesKeysThatCannotServe) {
  const std::string path = WriteTestFile("other.key", other_.key_pem);
  certificate().mutable_private_key()->set_filename(path);
  EXPECT_THAT(TryServe(context_),
              HasSubstr("tls.common_tls_context.tls_certificates[0].private_key: \"" + path +
                        "\" is not the key of the certificate"));
  SetInline(*certificate().mutable_private_key(), server_.pem);
  EXPECT_THAT(TryServe(context_), HasSubstr("private_key: holds no private key in PEM form"));
  const auto refused = [this](TestKey kind) {
    const TestCertificate weak = MakeCertificate({.common_name = "weak", .key = kind});
    SetInline(*certificate().mutable_certificate_chain(), weak.pem);
    SetInline(*certificate().mutable_private_key(), weak.key_pem);
    return TryServe(context_);
  };
  EXPECT_THAT(refused(TestKey::kRsa1024), HasSubstr("is an RSA key of 1024 bits"));
  EXPECT_THAT(refused(TestKey::kP224), HasSubstr("is no RSA key, no ECDSA key on"));
}

TEST_F(TlsConfig, ReportsAllMistakesAtOnce) {
  certificate().mutable_private_key()->set_inline_string("no key");
  Add(*context_.mutable_common_tls_context(), other_)
      ->mutable_certificate_chain()
      ->set_inline_string("no certificate");
  auto& params = *context_.mutable_common_tls_context()->mutable_tls_params();
  params.add_cipher_suites("ECDHE-RSA-AES128-GCM-SHA256");
  params.add_cipher_suites("NO-SUCH-SUITE");
  params.add_ecdh_curves("P-257");
  params.add_signature_algorithms("nonsense");
  const std::string errors = TryServe(context_);
  EXPECT_THAT(errors, HasSubstr("tls_certificates[0].private_key: "));
  EXPECT_THAT(errors, HasSubstr("tls_certificates[1].certificate_chain: "));
  EXPECT_THAT(errors, HasSubstr("tls.common_tls_context.tls_params.cipher_suites: names no cipher "
                                "suites of BoringSSL: NO-SUCH-SUITE"));
  EXPECT_THAT(errors, HasSubstr("tls_params.ecdh_curves: names no curves of BoringSSL: P-257"));
  EXPECT_THAT(errors, HasSubstr("tls_params.signature_algorithms: "));
}

TEST_F(TlsConfig, NeedsACertificateToServe) {
  EXPECT_THAT(TryServe(context_),
              HasSubstr("tls.common_tls_context.tls_certificates: is required"));
  certificate().clear_private_key();
  EXPECT_THAT(TryServe(context_), HasSubstr("tls_certificates[0].private_key: is required"));
  certificate();
  context_.mutable_common_tls_context()->clear_tls_certificates();
  certificate();
  context_.mutable_common_tls_context()->mutable_tls_params()->set_tls_minimum_protocol_version(
      tls_pb::TlsParameters::TLSv1_3);
  context_.mutable_common_tls_context()->mutable_tls_params()->set_tls_maximum_protocol_version(
      tls_pb::TlsParameters::TLSv1_2);
  EXPECT_THAT(TryServe(context_), HasSubstr("tls_minimum_protocol_version: is above the maximum"));
}

TEST_F(TlsConfig, RefusesRulesThatWouldProveNothing) {
  verify().add_verify_certificate_hash(std::string(64, 'g'));
  verify().add_verify_certificate_spki(std::string(44, '!'));
  auto& name = *verify().add_match_typed_subject_alt_names();
  name.set_san_type(tls_pb::SubjectAltNameMatcher::OTHER_NAME);
  name.mutable_matcher()->mutable_safe_regex()->set_regex("(");
  SetInline(*verify().mutable_crl(), "x");
  const std::string errors = TryServe(context_);
  const std::string field = "tls.common_tls_context.validation_context.";
  EXPECT_THAT(errors, HasSubstr(field + "verify_certificate_hash[0]: is not a SHA-256"));
  EXPECT_THAT(errors, HasSubstr(field + "verify_certificate_spki[0]: is not a SHA-256"));
  EXPECT_THAT(errors, HasSubstr(field + "match_typed_subject_alt_names[0].oid: is required"));
  EXPECT_THAT(errors, HasSubstr(field + "match_typed_subject_alt_names[0].matcher.safe_regex"));
  EXPECT_THAT(errors, HasSubstr(field + "match_typed_subject_alt_names: needs trusted_ca"));
  EXPECT_THAT(errors, HasSubstr(field + "crl: needs trusted_ca"));
}

TEST_F(TlsConfig, RefusesAuthoritiesAndListsThatAreNone) {
  SetInline(*verify().mutable_trusted_ca(), server_.key_pem);
  EXPECT_THAT(TryServe(context_), HasSubstr("tls.common_tls_context.validation_context.trusted_ca: "
                                            "holds no certificate in PEM form"));
  SetInline(*verify().mutable_trusted_ca(), server_.pem);
  SetInline(*verify().mutable_crl(), server_.pem);
  EXPECT_THAT(TryServe(context_), HasSubstr("validation_context.crl: holds no revocation list"));
  verify().mutable_crl()->set_filename("/there/is/none");
  EXPECT_THAT(TryServe(context_), HasSubstr("validation_context.crl.filename: "));
}

TEST_F(TlsConfig, TakesPinsWithAndWithoutColons) {
  std::string colons;
  const std::string digits = other_.Sha256Hex();
  for (size_t i = 0; i < digits.size(); i += 2) {
    absl::StrAppend(&colons, i == 0 ? "" : ":", digits.substr(i, 2));
  }
  verify().add_verify_certificate_hash(colons);
  EXPECT_EQ(TryServe(context_), "");
  EXPECT_EQ(Dial({.certificate = &other_}).error(), "");
}

TEST_F(TlsConfig, WantsTicketKeysOfTheRightSize) {
  certificate();
  SetInline(*context_.mutable_session_ticket_keys()->add_keys(), std::string(80, 'k'));
  SetInline(*context_.mutable_session_ticket_keys()->add_keys(), std::string(48, 'k'));
  EXPECT_THAT(TryServe(context_),
              HasSubstr("tls.session_ticket_keys.keys[1]: must hold 80 bytes, holds 48"));
}

TEST_F(TlsConfig, FindsStaticSecrets) {
  tls_pb::Secret identity, rules, keys;
  SetInline(*identity.mutable_tls_certificate()->mutable_certificate_chain(), server_.pem);
  SetInline(*identity.mutable_tls_certificate()->mutable_private_key(), server_.key_pem);
  SetInline(*rules.mutable_validation_context()->mutable_trusted_ca(), other_.pem);
  SetInline(*keys.mutable_session_ticket_keys()->add_keys(), std::string(80, 'k'));
  identity.set_name("identity");
  rules.set_name("rules");
  keys.set_name("keys");
  for (const tls_pb::Secret* secret : {&identity, &rules, &keys}) secrets_.AddStatic(*secret);
  tls_pb::CommonTlsContext& common = *context_.mutable_common_tls_context();
  common.add_tls_certificate_sds_secret_configs()->set_name("identity");
  common.mutable_validation_context_sds_secret_config()->set_name("rules");
  context_.mutable_session_ticket_keys_sds_secret_config()->set_name("keys");
  EXPECT_EQ(TryServe(context_), "");
  EXPECT_EQ(Dial().peer_common_name(), "server");
  EXPECT_EQ(Dial({.certificate = &server_}).error(), "TLSV1_ALERT_UNKNOWN_CA");

  // Both: what the secret says is added to the defaults.
  auto& combined = *common.mutable_combined_validation_context();
  combined.mutable_default_validation_context()->add_verify_certificate_hash(server_.Sha256Hex());
  combined.mutable_validation_context_sds_secret_config()->set_name("rules");
  EXPECT_EQ(TryServe(context_), "");
  EXPECT_EQ(Dial({.certificate = &other_}).error(), "SSLV3_ALERT_BAD_CERTIFICATE");

  common.mutable_tls_certificate_sds_secret_configs(0)->set_name("nobody");
  common.add_tls_certificate_sds_secret_configs()->set_name("rules");
  auto& remote = *common.add_tls_certificate_sds_secret_configs();
  remote.set_name("identity");
  remote.mutable_sds_config()->mutable_ads();
  const std::string errors = TryServe(context_);
  EXPECT_THAT(errors, HasSubstr("tls_certificate_sds_secret_configs[0].name: names no secret: "
                                "\"nobody\""));
  EXPECT_THAT(errors, HasSubstr("tls_certificate_sds_secret_configs[1].name: names a secret that "
                                "holds no tls_certificate"));
  EXPECT_THAT(errors, HasSubstr("tls_certificate_sds_secret_configs[2].sds_config: is not "
                                "supported"));
}

TEST_F(TlsConfig, OfHostsHasLimits) {
  EXPECT_EQ(TryDialWith(upstream_), "");
  upstream_.set_allow_renegotiation(true);
  upstream_.set_sni(std::string(256, 'a'));
  Add(*upstream_.mutable_common_tls_context(), server_);
  Add(*upstream_.mutable_common_tls_context(), other_);
  const std::string errors = TryDialWith(upstream_);
  EXPECT_THAT(errors, HasSubstr("tls.allow_renegotiation: is refused"));
  EXPECT_THAT(errors, HasSubstr("tls.sni: is no server name"));
  EXPECT_THAT(errors, HasSubstr("tls.common_tls_context.tls_certificates: has more than one"));
}

TEST_F(TlsConfig, TrustsTheSystem) {
  upstream_.mutable_common_tls_context()->mutable_validation_context()->mutable_system_root_certs();
  // Where there is a bundle; else the field says that there is none.
  const std::string errors = TryDialWith(upstream_);
  EXPECT_TRUE(errors.empty() || absl::StrContains(errors, "system_root_certs")) << errors;
}

}  // namespace
}  // namespace sluice
