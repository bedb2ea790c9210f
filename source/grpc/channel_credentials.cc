#include "source/grpc/channel_credentials.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "grpcpp/security/tls_certificate_provider.h"
#include "grpcpp/security/tls_certificate_verifier.h"
#include "grpcpp/security/tls_credentials_options.h"

namespace sluice {
namespace {

namespace grpc_tls = grpc::experimental;

// Envoy's way: not the name that was called, but one of a list must be in the certificate; without
// a list, that the roots vouch for it is enough.
class NameVerifier final : public grpc_tls::ExternalCertificateVerifier {
 public:
  explicit NameVerifier(std::vector<std::string> names) : names_(std::move(names)) {}

  bool Verify(grpc_tls::TlsCustomVerificationCheckRequest* request,
              std::function<void(grpc::Status)>, grpc::Status* status) override {
    const auto is_listed = [this](grpc::string_ref name) {
      return std::any_of(names_.begin(), names_.end(),
                         [&](const std::string& listed) { return name == listed; });
    };
    bool is_good = names_.empty();
    for (const auto& of_certificate :
         {request->dns_names(), request->uri_names(), request->ip_names()}) {
      is_good |= std::any_of(of_certificate.begin(), of_certificate.end(), is_listed);
    }
    if (!is_good) {
      *status = grpc::Status(grpc::StatusCode::UNAUTHENTICATED,
                             "the certificate is for none of the names that are asked for");
    }
    return true;  // it is known already
  }
  void Cancel(grpc_tls::TlsCustomVerificationCheckRequest*) override {}

 private:
  const std::vector<std::string> names_;
};

}  // namespace

std::shared_ptr<grpc::ChannelCredentials> CredentialsOf(const std::optional<ChannelTls>& tls) {
  if (!tls.has_value()) return grpc::InsecureChannelCredentials();
  std::vector<grpc_tls::IdentityKeyCertPair> identities;
  if (!tls->certificate.empty()) identities.push_back({tls->key, tls->certificate});
  grpc_tls::TlsChannelCredentialsOptions options;
  if (!tls->roots.empty() || !identities.empty()) {
    options.set_certificate_provider(
        std::make_shared<grpc_tls::StaticDataCertificateProvider>(tls->roots, identities));
  }
  if (!tls->roots.empty()) options.watch_root_certs();
  if (!identities.empty()) options.watch_identity_key_cert_pairs();
  options.set_verify_server_certs(!tls->roots.empty());
  options.set_certificate_verifier(
      grpc_tls::ExternalCertificateVerifier::Create<NameVerifier>(tls->names));
  options.set_check_call_host(false);
  return grpc_tls::TlsCredentials(options);
}

}  // namespace sluice
