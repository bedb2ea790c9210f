// What the tests of secrets that are fetched share: files of them, and contexts that name them.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "test/tls/tls_fixture.h"

namespace sluice {

class SecretsTest : public TlsTest {
 protected:
  SecretsTest() { gate_ = &warm_; }

  static std::string Inline(const std::string& pem) {
    return absl::StrCat("{\"inline_string\": \"", absl::StrReplaceAll(pem, {{"\n", "\\n"}}), "\"}");
  }
  static std::string Resource(const std::string& name, const std::string& fields) {
    return absl::StrCat(
        "{\"@type\": \"type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret\", "
        "\"name\": \"",
        name, "\", ", fields, "}");
  }
  static std::string Identity(const std::string& name, const TestCertificate& certificate) {
    return Resource(
        name, absl::StrCat("\"tls_certificate\": {\"certificate_chain\": ", Inline(certificate.pem),
                           ", \"private_key\": ", Inline(certificate.key_pem), "}"));
  }
  static std::string Trusting(const std::string& name, const TestCertificate& authority) {
    return Resource(
        name,
        absl::StrCat("\"validation_context\": {\"trusted_ca\": ", Inline(authority.pem), "}"));
  }
  // A DiscoveryResponse. JSON is YAML too.
  static std::string Response(const std::vector<std::string>& resources) {
    std::string list;
    for (const std::string& resource : resources) {
      absl::StrAppend(&list, list.empty() ? "" : ", ", resource);
    }
    return absl::StrCat("{\"version_info\": \"1\", \"resources\": [", list, "]}");
  }

  std::string PathOf(const std::string& file) { return absl::StrCat(folder_, file); }
  // A file is moved into place.
  void Move(const std::string& file, const std::string& content) {
    std::filesystem::create_directories(folder_);
    std::ofstream(PathOf(file), std::ios::binary) << content;
    files_.Change(PathOf(file));
    world_.RunUntilIdle();
  }

  void FromFile(tls_pb::SdsSecretConfig& reference, const std::string& name,
                const std::string& file) {
    reference.set_name(name);
    reference.mutable_sds_config()->mutable_path_config_source()->set_path(PathOf(file));
  }
  static void FromControlPlane(tls_pb::SdsSecretConfig& reference, const std::string& name) {
    reference.set_name(name);
    reference.mutable_sds_config()->mutable_ads();
  }
  tls_pb::CommonTlsContext& common() { return *context_.mutable_common_tls_context(); }
  tls_pb::SdsSecretConfig& NewIdentity() {
    return *common().add_tls_certificate_sds_secret_configs();
  }

  int64_t Sds(const std::string& stat) {
    return world_.stats().Value(absl::StrCat("sds.identity.", stat));
  }
  int64_t Updates() {
    return world_.stats().Value(
        "listener.test.server_ssl_socket_factory.ssl_context_update_by_sds");
  }
  int64_t NotReady() {
    return world_.stats().Value(
        "listener.test.server_ssl_socket_factory.downstream_context_secrets_not_ready");
  }

  // One test's own.
  const std::string folder_ =
      absl::StrCat(::testing::TempDir(), "/",
                   ::testing::UnitTest::GetInstance()->current_test_info()->name(), "/");
  WarmGate warm_;
  const TestCertificate old_ = MakeCertificate({.common_name = "old"});
  const TestCertificate new_ = MakeCertificate({.common_name = "new"});
  tls_pb::DownstreamTlsContext context_;
};

}  // namespace sluice
