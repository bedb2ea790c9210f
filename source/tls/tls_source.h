// TlsSource: where the bytes of a certificate, a key or a list come from: a file, which is read
// again when it changes, or the configuration itself. A value.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice {

struct TlsSource {
  std::string filename;  // empty: `bytes` it is
  std::string bytes;
  bool is_set = false;

  // The status names the file and what is wrong with it.
  absl::StatusOr<std::string> Read() const;
};

// The bundle of public authorities that this system has; a file that is not there where it has
// none.
TlsSource SystemRoots();

// What is wrong with the parts of a context, each with the field that holds it, below the message
// of the context: "common_tls_context.tls_certificates[0].private_key".
struct TlsLoadError {
  std::string field;
  std::string message;
  std::string hint;
};
using TlsLoadErrors = std::vector<TlsLoadError>;

}  // namespace sluice
