#include "source/proxy/client_cert_header.h"

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

// A control character in a name of a certificate must not end the header it is put into (RFC 9110
// section 5.5); everything else stands as it is, as Envoy does it.
void AppendName(absl::string_view name, std::string& out) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
}

// Starts the next "Key=" of the element that begins at `start`.
void BeginPair(absl::string_view key, size_t start, std::string& out) {
  if (out.size() > start) out += ';';
  out.append(key.data(), key.size());
}

void AppendPem(absl::string_view key, absl::string_view pem, size_t start, std::string& out) {
  if (pem.empty()) return;
  BeginPair(key, start, out);
  out += '"';
  AppendUrlEncodedPem(pem, out);
  out += '"';
}

void AppendNames(absl::string_view key, const std::vector<std::string>& names, size_t start,
                 std::string& out) {
  for (const std::string& name : names) {
    BeginPair(key, start, out);
    AppendName(name, out);
  }
}

void AppendElement(const ClientCertRules& rules, const TlsFacts& facts, std::string& out) {
  const size_t start = out.size();
  AppendNames("By=", facts.local.uris, start, out);
  if (!facts.peer.sha256.empty()) {
    BeginPair("Hash=", start, out);
    out += facts.peer.sha256;
  }
  if (rules.cert) AppendPem("Cert=", facts.peer.pem, start, out);
  if (rules.chain) AppendPem("Chain=", facts.peer_chain_pem, start, out);
  // Envoy says these two of every certificate, even where it has none.
  if (rules.subject) {
    BeginPair("Subject=\"", start, out);
    AppendName(facts.peer.subject, out);
    out += '"';
  }
  if (rules.uri) {
    if (facts.peer.uris.empty()) BeginPair("URI=", start, out);
    AppendNames("URI=", facts.peer.uris, start, out);
  }
  if (rules.dns) AppendNames("DNS=", facts.peer.dns_names, start, out);
}

}  // namespace

void ApplyClientCertHeader(const ClientCertRules& rules, const TlsFacts* facts,
                           std::string& scratch, Headers& request) {
  constexpr HeaderId kId = HeaderId::kXForwardedClientCert;
  if (rules.mode == ForwardClientCert::kAlwaysForwardOnly) return;
  const bool proven = facts != nullptr && facts->peer_presented;
  if (rules.mode == ForwardClientCert::kSanitize || !proven) {
    if (request.Has(kId)) request.Remove(kId);
    return;
  }
  if (rules.mode == ForwardClientCert::kForwardOnly) return;
  scratch.clear();
  if (rules.mode == ForwardClientCert::kAppendForward) {
    // Several fields of one name are one list (RFC 9110 section 5.3).
    for (const Header& header : request) {
      if (header.id == kId && !header.value.empty()) absl::StrAppend(&scratch, header.value, ",");
    }
  }
  AppendElement(rules, *facts, scratch);
  request.Set(kId, scratch);
}

}  // namespace sluice
