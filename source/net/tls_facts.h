// TlsFacts: what one TLS connection has negotiated and who its ends said they are, for logs,
// forwarded headers and matching. Plain values; gathered once, when first asked for, and const from
// then on. Owned by its transport socket.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "source/base/units.h"

namespace sluice {

// One certificate. Texts as Envoy prints them: names by RFC 2253, digests and serial number in
// lower-case hexadecimal without separators.
struct CertificateFacts {
  std::string subject, issuer, serial_number;
  std::string sha256, sha1;                                                     // of the DER form
  std::vector<std::string> dns_names, uris, emails, ip_addresses, other_names;  // subjectAltName
  WallTime not_before{}, not_after{};
  std::string pem;  // the whole certificate; not URL-encoded
};

struct TlsFacts {
  std::string version;  // "TLSv1.3"
  std::string cipher;   // OpenSSL's name: "TLS_AES_128_GCM_SHA256"
  std::string server_name;
  std::string alpn;
  std::string session_id;  // hexadecimal; empty where there is none
  bool resumed = false;
  bool peer_presented = false;  // a certificate
  bool peer_validated = false;
  CertificateFacts peer;  // empty where not presented
  CertificateFacts local;
  std::string peer_chain_pem;  // leaf first
};

// As Envoy writes a PEM text into headers and logs: what its alphabet has outside of RFC 3986's
// unreserved characters, and the ends of lines, become %XX.
void AppendUrlEncodedPem(absl::string_view pem, std::string& out);

}  // namespace sluice
