#include "source/net/tls_facts.h"

namespace sluice {

void AppendUrlEncodedPem(absl::string_view pem, std::string& out) {
  for (const char c : pem) {
    switch (c) {
      case '\n':
        out += "%0A";
        break;
      case ' ':
        out += "%20";
        break;
      case '+':
        out += "%2B";
        break;
      case '/':
        out += "%2F";
        break;
      case '=':
        out += "%3D";
        break;
      default:
        out += c;
    }
  }
}

}  // namespace sluice
