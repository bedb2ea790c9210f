// What the configuration says of whom a control plane has to be was passed over where gRPC does not
// do it: any certificate was believed. And what gRPC cannot send ended the process.
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "source/config/config_errors.h"
#include "source/config/config_file.h"
#include "source/control/config_source.h"
#include "test/harness/test_certificates.h"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::SizeIs;

class ControlPlaneBelieved : public testing::Test {
 protected:
  // `service`: of ads_config.grpc_services; `cluster`: fields of the cluster "xds".
  std::optional<ApiSource> Read(const std::string& service, const std::string& cluster = "") {
    const std::string yaml = absl::StrCat(
        "node: { id: me, cluster: mine }\nstatic_resources:\n  clusters:\n  - name: xds\n",
        cluster.find("load_assignment") != cluster.npos ? "" : kOneHost,
        absl::StrReplaceAll("\n" + cluster, {{"\n", "\n    "}}),
        "\ndynamic_resources:\n  ads_config:\n    api_type: GRPC\n    grpc_services:\n    - ",
        absl::StrReplaceAll(service, {{"\n- ", "\n    - "}, {"\n", "\n      "}}), "\n");
    SourceLines lines;
    ConfigErrors errors(&lines);
    envoy::config::bootstrap::v3::Bootstrap bootstrap;
    ReadConfigText(yaml, ConfigFormat::kYaml, "test", ConfigLimits(), bootstrap, lines, errors);
    EXPECT_TRUE(errors.empty()) << errors.ToString() << yaml;
    ConfigErrors found;
    auto api = ReadApiSource(bootstrap.dynamic_resources().ads_config(), bootstrap,
                             FieldScope(found, "ads_config"));
    errors_ = found.ToString();
    return api;
  }
  // With TLS: `fields` of UpstreamTlsContext, in YAML of one line.
  std::optional<ApiSource> ReadTls(const std::string& fields) {
    return Read("envoy_grpc: { cluster_name: xds }",
                absl::StrCat("transport_socket:\n  name: tls\n  typed_config: { \"@type\": "
                             "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3."
                             "UpstreamTlsContext, ",
                             fields, " }"));
  }
  std::optional<ApiSource> ReadValidation(const std::string& fields) {
    return ReadTls(absl::StrCat("common_tls_context: { validation_context: { ", fields, " } }"));
  }
  // What the connection is made with.
  ChannelTls Tls(const std::optional<ApiSource>& api) {
    EXPECT_THAT(errors_, IsEmpty());
    if (!api.has_value()) return {};
    const absl::StatusOr<ChannelSpec> spec = api->channel();
    EXPECT_TRUE(spec.ok()) << spec.status();
    return spec.ok() ? spec->tls.value_or(ChannelTls()) : ChannelTls();
  }
  std::string Inline(const std::string& pem) {
    return absl::StrCat("{ inline_string: \"", absl::StrReplaceAll(pem, {{"\n", "\\n"}}), "\" }");
  }
  std::string TrustedCa() { return absl::StrCat("trusted_ca: ", Inline(ca_)); }
  std::string Write(const std::string& secret) {
    const std::string path =
        absl::StrCat(testing::TempDir(), "/",
                     testing::UnitTest::GetInstance()->current_test_info()->name(), ".yaml");
    std::ofstream(path) << "resources:\n- \"@type\": type.googleapis.com/envoy.extensions."
                           "transport_sockets.tls.v3.Secret\n  name: who\n  "
                        << secret << "\n";
    return absl::StrCat("{ name: who, sds_config: { path_config_source: { path: \"", path,
                        "\" } } }");
  }

  static constexpr char kOneHost[] =
      "    load_assignment: { cluster_name: xds, endpoints: [{ lb_endpoints: [{ endpoint: { "
      "address: { socket_address: { address: 10.0.0.1, port_value: 1 } } } }] }] }\n";
  const std::string ca_ = MakeCertificate({.common_name = "ca", .is_authority = true}).pem;
  std::string errors_;
};

// ---- Who is believed.

TEST_F(ControlPlaneBelieved, IsWhomItsAuthorityVouchesForUnderItsNames) {
  const ChannelTls tls = Tls(ReadValidation(
      absl::StrCat(TrustedCa(),
                   ", match_typed_subject_alt_names: [{ san_type: DNS, matcher: { exact: a.test } "
                   "}, { san_type: URI, matcher: { exact: \"spiffe://a\" } }]")));
  EXPECT_EQ(tls.roots, ca_);
  EXPECT_FALSE(tls.must_be_host);
  ASSERT_THAT(tls.names, SizeIs(2));
  EXPECT_EQ(tls.names[0].text, "a.test");
  EXPECT_EQ(tls.names[1].type, CertificateName::Type::kUri);
}

TEST_F(ControlPlaneBelieved, IsNobodyWhereTheRootsOfTheSystemCannotBeRead) {
  const auto api = ReadValidation(
      "system_root_certs: {}, match_typed_subject_alt_names: [{ san_type: DNS, matcher: { exact: "
      "a.test } }]");
  ASSERT_TRUE(api.has_value()) << errors_;
  const absl::StatusOr<ChannelSpec> spec = api->channel();
  if (spec.ok()) {
    EXPECT_THAT(spec->tls->roots.value_or(""), Not(IsEmpty()));
  }
}

TEST_F(ControlPlaneBelieved, IsNobodyWhereTheRootsAreEmpty) {
  const std::string path = absl::StrCat(testing::TempDir(), "/empty.pem");
  std::ofstream(path) << "\n";
  const auto api = ReadValidation(absl::StrCat("trusted_ca: { filename: \"", path, "\" }"));
  ASSERT_TRUE(api.has_value()) << errors_;
  EXPECT_THAT(std::string(api->channel().status().message()),
              HasSubstr("empty.pem holds no certificate in PEM form"));
}

TEST_F(ControlPlaneBelieved, RevocationListsBesideTheRootsAreRefused) {
  const auto api = ReadValidation(absl::StrCat(
      "trusted_ca: ", Inline(ca_ + "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n")));
  ASSERT_TRUE(api.has_value()) << errors_;
  EXPECT_THAT(std::string(api->channel().status().message()), HasSubstr("revocation list"));
}

TEST_F(ControlPlaneBelieved, EveryFieldThatNobodyHearsIsRefusedByItsPath) {
  const std::string hash(64, 'a');
  const std::string with_ca = absl::StrCat(TrustedCa(), ", ");
  const struct {
    std::string fields, path;
  } kOfValidation[] = {
      {absl::StrCat("verify_certificate_hash: [\"", hash, "\"]"), "verify_certificate_hash"},
      {with_ca + "verify_certificate_spki: [\"AAAA\"]", "verify_certificate_spki"},
      {with_ca + "crl: { inline_string: x }", "crl"},
      {with_ca + "only_verify_leaf_cert_crl: true", "only_verify_leaf_cert_crl"},
      {with_ca + "max_verify_depth: 1", "max_verify_depth"},
      {with_ca + "allow_expired_certificate: true", "allow_expired_certificate"},
      {with_ca + "trust_chain_verification: ACCEPT_UNTRUSTED", "trust_chain_verification"},
      {with_ca + "system_root_certs: {}", "system_root_certs"},
      {with_ca + "match_typed_subject_alt_names: [{ san_type: DNS, matcher: { exact: a, "
                 "ignore_case: true } }]",
       "match_typed_subject_alt_names[0].matcher.ignore_case"},
      {with_ca + "match_typed_subject_alt_names: [{ san_type: DNS, matcher: { prefix: a } }]",
       "match_typed_subject_alt_names[0].matcher"},
      {with_ca + "match_typed_subject_alt_names: [{ san_type: EMAIL, matcher: { exact: a } }]",
       "match_typed_subject_alt_names[0].san_type"},
      {with_ca + "match_typed_subject_alt_names: [{ san_type: DNS, oid: \"1.2\", matcher: { exact: "
                 "a } }]",
       "match_typed_subject_alt_names[0].oid"},
  };
  for (const auto& [fields, path] : kOfValidation) {
    EXPECT_FALSE(ReadValidation(fields).has_value()) << fields;
    EXPECT_THAT(errors_,
                HasSubstr(absl::StrCat("static_resources.clusters[0].transport_socket.typed_config."
                                       "common_tls_context.validation_context.",
                                       path, ": ")));
  }
  const struct {
    const char *fields, *path;
  } kOfContext[] = {
      {"auto_host_sni: true", "auto_host_sni"},
      {"enforce_rsa_key_usage: true", "enforce_rsa_key_usage"},
      {"max_session_keys: 0", "max_session_keys"},
      {"auto_sni_san_validation: true", "auto_sni_san_validation"},
      {"common_tls_context: { tls_params: { tls_minimum_protocol_version: TLSv1_3 } }",
       "common_tls_context.tls_params.tls_minimum_protocol_version"},
      {"common_tls_context: { tls_params: { cipher_suites: [a] } }",
       "common_tls_context.tls_params.cipher_suites"},
      {"common_tls_context: { alpn_protocols: [http/1.1] }", "common_tls_context.alpn_protocols"},
      {"common_tls_context: { tls_certificates: [{ certificate_chain: { inline_string: x }, "
       "private_key: { inline_string: x }, password: { inline_string: x } }] }",
       "common_tls_context.tls_certificates[0].password"},
      {"common_tls_context: { validation_context: { match_typed_subject_alt_names: [{ san_type: "
       "DNS, matcher: { exact: a } }] } }",
       "common_tls_context.validation_context"},
  };
  for (const auto& [fields, path] : kOfContext) {
    EXPECT_FALSE(ReadTls(fields).has_value()) << fields;
    EXPECT_THAT(errors_,
                HasSubstr(absl::StrCat(
                    "static_resources.clusters[0].transport_socket.typed_config.", path, ": ")));
  }
}

TEST_F(ControlPlaneBelieved, ASecretInAFileIsHeldToTheSame) {
  const auto read = [this](const std::string& secret) {
    const auto api = ReadTls(absl::StrCat(
        "common_tls_context: { validation_context_sds_secret_config: ", Write(secret), " }"));
    EXPECT_TRUE(api.has_value()) << errors_;
    return api.has_value() ? std::string(api->channel().status().message()) : errors_;
  };
  EXPECT_THAT(read(absl::StrCat("validation_context: { ", TrustedCa(), " }")), IsEmpty());
  EXPECT_THAT(read(absl::StrCat("validation_context: { ", TrustedCa(), ", max_verify_depth: 1 }")),
              HasSubstr("validation_context.max_verify_depth: has no effect"));
  EXPECT_THAT(read("validation_context: {}"),
              HasSubstr("validation_context.trusted_ca: is required"));
}

TEST_F(ControlPlaneBelieved, IsTheHostThatIsNamedBySniWhereThatIsToBeValidated) {
  const ChannelTls tls = Tls(ReadTls(absl::StrCat(
      "sni: a.test, auto_sni_san_validation: true, common_tls_context: { validation_context: { ",
      TrustedCa(), " } }")));
  EXPECT_TRUE(tls.must_be_host);
  EXPECT_EQ(tls.sni, "a.test");
  EXPECT_EQ(tls.roots, ca_);
}

TEST_F(ControlPlaneBelieved, ByGoogleGrpcIsTheHostOfItsTarget) {
  const ChannelTls tls = Tls(Read(absl::StrCat(
      "google_grpc: { target_uri: \"a.test:1\", stat_prefix: x, channel_credentials: { "
      "ssl_credentials: { root_certs: ",
      Inline(ca_), " } } }")));
  EXPECT_TRUE(tls.must_be_host);
  EXPECT_EQ(tls.roots, ca_);
  const auto of_system = Read(
      "google_grpc: { target_uri: \"a.test:1\", stat_prefix: x, channel_credentials: { "
      "ssl_credentials: {} } }");
  ASSERT_TRUE(of_system.has_value()) << errors_;
  const absl::StatusOr<ChannelSpec> spec = of_system->channel();
  if (spec.ok()) {
    EXPECT_TRUE(spec->tls->must_be_host);
    EXPECT_THAT(spec->tls->roots.value_or(""), Not(IsEmpty()));
  }
}

// ---- What is sent.

TEST_F(ControlPlaneBelieved, MetadataIsAsGrpcTakesIt) {
  const auto api = Read(
      "envoy_grpc: { cluster_name: xds }\ninitial_metadata: [{ key: Authorization, value: \"a b\" "
      "}]");
  ASSERT_TRUE(api.has_value()) << errors_;
  const absl::StatusOr<ChannelSpec> spec = api->channel();
  ASSERT_TRUE(spec.ok());
  EXPECT_THAT(spec->metadata, ElementsAre(Pair("authorization", "a b")));
  for (const char* bad : {"{ key: \"a b\", value: x }", "{ key: \"a:\", value: x }",
                          "{ key: \"\\u00e4\", value: x }"}) {
    Read(absl::StrCat("envoy_grpc: { cluster_name: xds }\ninitial_metadata: [", bad, "]"));
    EXPECT_THAT(errors_, HasSubstr("ads_config.grpc_services[0].initial_metadata[0].key: "));
  }
  for (const char* bad :
       {"{ key: a, value: \"\\u00e4\" }", "{ key: a, value: \"%START_TIME%\" }"}) {
    Read(absl::StrCat("envoy_grpc: { cluster_name: xds }\ninitial_metadata: [", bad, "]"));
    EXPECT_THAT(errors_, HasSubstr("ads_config.grpc_services[0].initial_metadata[0].value: "));
  }
}

// ---- Where it is.

TEST_F(ControlPlaneBelieved, HostsThatAreNotConnectedToAreRefused) {
  const auto of = [](const char* first, const char* second) {
    const auto endpoint = [](const char* host) {
      return absl::StrCat("{ endpoint: { address: { socket_address: { address: \"", host,
                          "\", port_value: 1 } } } }");
    };
    return absl::StrCat("load_assignment: { cluster_name: xds, endpoints: [{ lb_endpoints: [",
                        endpoint(first), ", ", endpoint(second), "] }] }");
  };
  const auto api = Read("envoy_grpc: { cluster_name: xds }", of("10.0.0.1", "10.0.0.2"));
  ASSERT_TRUE(api.has_value()) << errors_;
  EXPECT_EQ(api->channel()->target, "ipv4:10.0.0.1:1,10.0.0.2:1");
  for (const auto& [first, second] :
       {std::pair("a.test", "b.test"), std::pair("10.0.0.1", "b.test"),
        std::pair("10.0.0.1", "::1")}) {
    Read("envoy_grpc: { cluster_name: xds }", of(first, second));
    EXPECT_THAT(errors_, HasSubstr("static_resources.clusters[0].load_assignment.endpoints[0]."
                                   "lb_endpoints[1]: is not connected to"));
  }
}

TEST_F(ControlPlaneBelieved, ASecondServiceIsRefused) {
  Read("envoy_grpc: { cluster_name: xds }\n- envoy_grpc: { cluster_name: xds }");
  EXPECT_THAT(errors_, HasSubstr("ads_config.grpc_services[1]: is not spoken to"));
}

}  // namespace
}  // namespace sluice
