#include "source/tls/tls_config.h"

namespace sluice {
namespace {

void AddFile(const TlsSource& source, std::vector<std::string>& files) {
  if (!source.filename.empty()) files.push_back(source.filename);
}

}  // namespace

std::vector<std::string> CommonTlsConfig::Files() const {
  std::vector<std::string> files;
  for (const CertificateConfig& certificate : certificates) {
    for (const TlsSource* source :
         {&certificate.certificate_chain, &certificate.private_key, &certificate.pkcs12,
          &certificate.password, &certificate.ocsp_staple}) {
      AddFile(*source, files);
    }
  }
  if (verify.has_value()) {
    AddFile(verify->trusted_ca, files);
    AddFile(verify->crl, files);
  }
  return files;
}

std::vector<std::string> ServerTlsConfig::Files() const {
  std::vector<std::string> files = common.Files();
  for (const TlsSource& key : ticket_keys) AddFile(key, files);
  return files;
}

}  // namespace sluice
