// The errors that BoringSSL has queued on this thread, as text in Envoy's form:
// "TLS_error:|268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:TLS_error_end".
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace sluice {

// Takes the errors off the queue. `detail` says more of a certificate that was refused and stands
// behind that error.
std::string TakeTlsErrors(absl::string_view detail = {});

// The same for errors of loading keys and certificates: only the reasons, "BAD_DECRYPT, ...".
std::string TakeTlsReasons();

}  // namespace sluice
