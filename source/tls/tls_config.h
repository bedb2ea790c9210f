// TlsConfig: what DownstreamTlsContext and UpstreamTlsContext say, as plain values with Envoy's
// defaults. Files are named, not read: a context is built from the same value again when they
// change.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "source/base/units.h"
#include "source/tls/certificate.h"
#include "source/tls/verify.h"

namespace sluice {

struct TlsParams {
  uint16_t version_min = 0x0303;  // TLS 1.2
  uint16_t version_max = 0x0304;  // TLS 1.3
  // Colon-separated lists in BoringSSL's notation. Suites are those up to TLS 1.2, as 1.3 has all
  // of its own.
  std::string cipher_suites =
      "[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-CHACHA20-POLY1305]:"
      "[ECDHE-RSA-AES128-GCM-SHA256|ECDHE-RSA-CHACHA20-POLY1305]:"
      "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
  std::string curves = "X25519:P-256";
  std::string signature_algorithms;  // empty: BoringSSL's
};

struct CommonTlsConfig {
  std::string field = "common_tls_context";  // where it stands, for errors
  TlsParams params;
  std::vector<CertificateConfig> certificates;
  std::vector<std::string> alpn;  // in order of preference
  std::optional<VerifyConfig> verify;
  // Watched in place of the files that are named beside them.
  std::vector<std::string> watched_directories;

  // Every file that a context is made of.
  std::vector<std::string> Files() const;
};

enum class OcspPolicy : uint8_t { kLenient, kStrict, kMustStaple };

struct ServerTlsConfig {
  CommonTlsConfig common;
  bool require_client_certificate = false;
  bool stateless_resumption = true;    // tickets
  bool stateful_resumption = true;     // session ids, up to TLS 1.2
  std::vector<TlsSource> ticket_keys;  // empty: BoringSSL's own, new every two days
  std::string ticket_keys_field;
  std::optional<Duration> session_timeout;
  OcspPolicy ocsp_policy = OcspPolicy::kLenient;
  bool full_scan_on_name_mismatch = false;

  std::vector<std::string> Files() const;
};

struct ClientTlsConfig {
  CommonTlsConfig common;
  std::string server_name;
  bool host_name_first = false;   // the host's own name is sent, where it has one
  uint32_t session_keys_max = 1;  // kept for each host and server name; 0: no resumption
  bool enforce_rsa_key_usage = false;
};

}  // namespace sluice
