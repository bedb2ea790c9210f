#include "source/tls/tls_error.h"

#include "absl/strings/str_cat.h"
#include "openssl/err.h"
#include "openssl/ssl.h"

namespace sluice {
namespace {

absl::string_view TextOr(const char* text, absl::string_view otherwise) {
  return text == nullptr ? otherwise : absl::string_view(text);
}

}  // namespace

std::string TakeTlsErrors(absl::string_view detail) {
  std::string text;
  while (const uint32_t error = ERR_get_error()) {
    absl::StrAppend(&text, text.empty() ? "TLS_error:|" : "|", error, ":",
                    TextOr(ERR_lib_error_string(error), "unknown library"), ":",
                    TextOr(ERR_func_error_string(error), "unknown function"), ":",
                    TextOr(ERR_reason_error_string(error), "unknown reason"));
    if (!detail.empty() && ERR_GET_LIB(error) == ERR_LIB_SSL &&
        ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
      absl::StrAppend(&text, ":", detail);
    }
  }
  if (!text.empty()) absl::StrAppend(&text, ":TLS_error_end");
  return text;
}

std::string TakeTlsReasons() {
  std::string text;
  while (const uint32_t error = ERR_get_error()) {
    absl::StrAppend(&text, text.empty() ? "" : ", ",
                    TextOr(ERR_reason_error_string(error), "unknown reason"));
  }
  return text;
}

}  // namespace sluice
