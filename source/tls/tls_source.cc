#include "source/tls/tls_source.h"

#include "source/config/bounded_file.h"

namespace sluice {
namespace {

// Bundles of all public authorities are about 250 KiB; revocation lists may be longer.
constexpr size_t kFileBytesMax = 16 << 20;

}  // namespace

absl::StatusOr<std::string> TlsSource::Read() const {
  if (filename.empty()) return bytes;
  std::string content;
  const absl::Status status = ReadBoundedFile(filename, kFileBytesMax, content);
  if (!status.ok()) return status;
  return content;
}

}  // namespace sluice
