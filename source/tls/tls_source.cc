#include "source/tls/tls_source.h"

#include "source/config/bounded_file.h"

namespace sluice {
namespace {

// Bundles of all public authorities are about 250 KiB; revocation lists may be longer.
constexpr size_t kFileBytesMax = 16 << 20;

// Where distributions keep the bundle of public authorities.
constexpr const char* kSystemBundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Alpine
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Fedora, RHEL
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",  // openSUSE
    "/etc/ssl/cert.pem",       // BSDs
};

}  // namespace

absl::StatusOr<std::string> TlsSource::Read() const {
  if (filename.empty()) return bytes;
  std::string content;
  const absl::Status status = ReadBoundedFile(filename, kFileBytesMax, content);
  if (!status.ok()) return status;
  return content;
}

TlsSource SystemRoots() {
  TlsSource source;
  for (const char* bundle : kSystemBundles) {
    source = {.filename = bundle, .is_set = true};
    if (source.Read().ok()) break;
  }
  return source;
}

}  // namespace sluice
