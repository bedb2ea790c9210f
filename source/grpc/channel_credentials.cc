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

std::vector<grpc::string_ref> NamesIn(const grpc_tls::TlsCustomVerificationCheckRequest& request,
                                      CertificateName::Type type) {
  switch (type) {
    case CertificateName::Type::kDns:
      return request.dns_names();
    case CertificateName::Type::kUri:
      return request.uri_names();
    case CertificateName::Type::kIp:
      return request.ip_names();
  }
  return {};
}

// Envoy's way: not the name that was called, but one of a list must be in the certificate; without
// a list, that the roots vouch for it is enough.
class NameVerifier final : public grpc_tls::ExternalCertificateVerifier {
 public:
  explicit NameVerifier(std::vector<CertificateName> names) : names_(std::move(names)) {}

  bool Verify(grpc_tls::TlsCustomVerificationCheckRequest* request,
              std::function<void(grpc::Status)>, grpc::Status* status) override {
    const bool is_good =
        names_.empty() ||
        std::any_of(names_.begin(), names_.end(), [request](const CertificateName& listed) {
          const std::vector<grpc::string_ref> names = NamesIn(*request, listed.type);
          return std::find(names.begin(), names.end(), grpc::string_ref(listed.text)) !=
                 names.end();
        });
    if (!is_good) {
      *status = grpc::Status(grpc::StatusCode::UNAUTHENTICATED,
                             "the certificate is for none of the names that are asked for");
    }
    return true;  // it is known already
  }
  void Cancel(grpc_tls::TlsCustomVerificationCheckRequest*) override {}

 private:
  const std::vector<CertificateName> names_;
};

}  // namespace

std::shared_ptr<grpc::ChannelCredentials> CredentialsOf(const std::optional<ChannelTls>& tls) {
  if (!tls.has_value()) return grpc::InsecureChannelCredentials();
  std::vector<grpc_tls::IdentityKeyCertPair> identities;
  if (!tls->certificate.empty()) identities.push_back({tls->key, tls->certificate});
  grpc_tls::TlsChannelCredentialsOptions options;
  if (tls->roots.has_value() || !identities.empty()) {
    options.set_certificate_provider(std::make_shared<grpc_tls::StaticDataCertificateProvider>(
        tls->roots.value_or(""), identities));
  }
  // Watched or not, without roots of its own gRPC would take those of its environment.
  if (tls->roots.has_value()) options.watch_root_certs();
  if (!identities.empty()) options.watch_identity_key_cert_pairs();
  options.set_verify_server_certs(tls->roots.has_value());
  if (tls->must_be_host) {
    options.set_certificate_verifier(std::make_shared<grpc_tls::HostNameCertificateVerifier>());
  } else {
    options.set_certificate_verifier(
        grpc_tls::ExternalCertificateVerifier::Create<NameVerifier>(tls->names));
  }
  // That is a call's authority, which says nothing of the server here.
  options.set_check_call_host(false);
  return grpc_tls::TlsCredentials(options);
}

}  // namespace sluice
