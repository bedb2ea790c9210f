// The names in a certificate, as texts: for choosing it by server name, for holding it against
// matchers, for logs. Pure.
#pragma once

#include <string>
#include <vector>

#include "openssl/base.h"

namespace sluice {

enum class SanType : uint8_t { kEmail, kDns, kUri, kIpAddress, kOtherName };

struct SubjectAltName {
  SanType type;
  std::string value;  // an address as text; of another name its string's bytes
  std::string oid;    // of another name: "1.3.6.1.4.1.311.20.2.3"
};

// In the certificate's order; types that no one can match (directory names, ...) are left out.
std::vector<SubjectAltName> SubjectAltNamesOf(const X509* certificate);

// DNS names of the subjectAltName, else the subject's common name; in lower case.
std::vector<std::string> ServerNamesOf(const X509* certificate);

// RFC 2253: "CN=a,O=b".
std::string NameText(const X509_NAME* name);

}  // namespace sluice
