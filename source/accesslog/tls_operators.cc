#include "source/accesslog/tls_operators.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace sluice {
namespace {

using Op = FormatOperator;
using Context = FormatContext;

bool AppendNonEmpty(absl::string_view text, std::string& out) {
  out.append(text.data(), text.size());
  return !text.empty();
}

// Envoy: all names of a kind, with commas between them.
bool AppendList(const std::vector<std::string>& names, std::string& out) {
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += ',';
    out += names[i];
  }
  return !names.empty();
}

const TlsFacts* Downstream(const Context& context) {
  return context.info.downstream == nullptr ? nullptr : context.info.downstream->tls();
}
const TlsFacts* Upstream(const Context& context) { return context.info.upstream_tls.get(); }

using FactsOf = const TlsFacts* (*)(const Context&);
constexpr auto kPeer = &TlsFacts::peer;
constexpr auto kLocal = &TlsFacts::local;

template <FactsOf Of, auto Field>
bool TextOp(const Op&, const Context& context, std::string& out) {
  const TlsFacts* const facts = Of(context);
  return facts != nullptr && AppendNonEmpty(facts->*Field, out);
}

template <FactsOf Of, auto Whose, auto Field>
bool CertificateOp(const Op&, const Context& context, std::string& out) {
  const TlsFacts* const facts = Of(context);
  return facts != nullptr && AppendNonEmpty(facts->*Whose.*Field, out);
}

template <FactsOf Of, auto Whose, auto Field>
bool NamesOp(const Op&, const Context& context, std::string& out) {
  const TlsFacts* const facts = Of(context);
  return facts != nullptr && AppendList(facts->*Whose.*Field, out);
}

template <FactsOf Of>
bool PeerPemOp(const Op&, const Context& context, std::string& out) {
  const TlsFacts* const facts = Of(context);
  if (facts == nullptr) return false;
  AppendUrlEncodedPem(facts->peer.pem, out);
  return !facts->peer.pem.empty();
}

template <auto Field>
bool PeerTimeOp(const Op& op, const Context& context, std::string& out) {
  const TlsFacts* const facts = Downstream(context);
  if (facts == nullptr || !facts->peer_presented) return false;
  op.time->Append(facts->peer.*Field, out);
  return true;
}

// TLS takes any bytes for a name (RFC 6066 section 3 has them checked by nobody), and this text may
// end up in a line of a log or of a request: what no host name has is "_", as in Envoy.
bool RequestedServerNameOp(const Op&, const Context& context, std::string& out) {
  const DownstreamFacts* const downstream = context.info.downstream;
  if (downstream == nullptr) return false;
  const absl::string_view name = downstream->server_name();
  for (const char c : name) out += absl::ascii_isalnum(c) || c == '-' || c == '.' ? c : '_';
  return !name.empty();
}

// A line's fields are kept apart by spaces, so that in this text there are none.
bool DownstreamFailureOp(const Op&, const Context& context, std::string& out) {
  const DownstreamFacts* const downstream = context.info.downstream;
  if (downstream == nullptr || downstream->transport == nullptr) return false;
  const size_t start = out.size();
  const bool any = AppendNonEmpty(downstream->transport->failure_reason(), out);
  std::replace(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), ' ', '_');
  return any;
}

using Certificate = CertificateFacts;
constexpr auto kNone = OperatorArgument::kNone;
constexpr auto kTime = OperatorArgument::kTime;
constexpr bool kText = false;

// clang-format off
constexpr OperatorKind kKinds[] = {
    {"DOWNSTREAM_LOCAL_DNS_SAN", kNone, kText, NamesOp<Downstream, kLocal, &Certificate::dns_names>},
    {"DOWNSTREAM_LOCAL_EMAIL_SAN", kNone, kText, NamesOp<Downstream, kLocal, &Certificate::emails>},
    {"DOWNSTREAM_LOCAL_IP_SAN", kNone, kText, NamesOp<Downstream, kLocal, &Certificate::ip_addresses>},
    {"DOWNSTREAM_LOCAL_OTHERNAME_SAN", kNone, kText, NamesOp<Downstream, kLocal, &Certificate::other_names>},
    {"DOWNSTREAM_LOCAL_SUBJECT", kNone, kText, CertificateOp<Downstream, kLocal, &Certificate::subject>},
    {"DOWNSTREAM_LOCAL_URI_SAN", kNone, kText, NamesOp<Downstream, kLocal, &Certificate::uris>},
    {"DOWNSTREAM_PEER_CERT", kNone, kText, PeerPemOp<Downstream>},
    {"DOWNSTREAM_PEER_CERT_V_END", kTime, kText, PeerTimeOp<&Certificate::not_after>},
    {"DOWNSTREAM_PEER_CERT_V_START", kTime, kText, PeerTimeOp<&Certificate::not_before>},
    {"DOWNSTREAM_PEER_DNS_SAN", kNone, kText, NamesOp<Downstream, kPeer, &Certificate::dns_names>},
    {"DOWNSTREAM_PEER_EMAIL_SAN", kNone, kText, NamesOp<Downstream, kPeer, &Certificate::emails>},
    {"DOWNSTREAM_PEER_FINGERPRINT_1", kNone, kText, CertificateOp<Downstream, kPeer, &Certificate::sha1>},
    {"DOWNSTREAM_PEER_FINGERPRINT_256", kNone, kText, CertificateOp<Downstream, kPeer, &Certificate::sha256>},
    {"DOWNSTREAM_PEER_IP_SAN", kNone, kText, NamesOp<Downstream, kPeer, &Certificate::ip_addresses>},
    {"DOWNSTREAM_PEER_ISSUER", kNone, kText, CertificateOp<Downstream, kPeer, &Certificate::issuer>},
    {"DOWNSTREAM_PEER_OTHERNAME_SAN", kNone, kText, NamesOp<Downstream, kPeer, &Certificate::other_names>},
    {"DOWNSTREAM_PEER_SERIAL", kNone, kText, CertificateOp<Downstream, kPeer, &Certificate::serial_number>},
    {"DOWNSTREAM_PEER_SUBJECT", kNone, kText, CertificateOp<Downstream, kPeer, &Certificate::subject>},
    {"DOWNSTREAM_PEER_URI_SAN", kNone, kText, NamesOp<Downstream, kPeer, &Certificate::uris>},
    {"DOWNSTREAM_TLS_CIPHER", kNone, kText, TextOp<Downstream, &TlsFacts::cipher>},
    {"DOWNSTREAM_TLS_SESSION_ID", kNone, kText, TextOp<Downstream, &TlsFacts::session_id>},
    {"DOWNSTREAM_TLS_VERSION", kNone, kText, TextOp<Downstream, &TlsFacts::version>},
    {"DOWNSTREAM_TRANSPORT_FAILURE_REASON", kNone, kText, DownstreamFailureOp},
    {"REQUESTED_SERVER_NAME", kNone, kText, RequestedServerNameOp},
    {"UPSTREAM_PEER_CERT", kNone, kText, PeerPemOp<Upstream>},
    {"UPSTREAM_PEER_ISSUER", kNone, kText, CertificateOp<Upstream, kPeer, &Certificate::issuer>},
    {"UPSTREAM_PEER_SUBJECT", kNone, kText, CertificateOp<Upstream, kPeer, &Certificate::subject>},
    {"UPSTREAM_TLS_CIPHER", kNone, kText, TextOp<Upstream, &TlsFacts::cipher>},
    {"UPSTREAM_TLS_SESSION_ID", kNone, kText, TextOp<Upstream, &TlsFacts::session_id>},
    {"UPSTREAM_TLS_VERSION", kNone, kText, TextOp<Upstream, &TlsFacts::version>},
};
// clang-format on

}  // namespace

absl::Span<const OperatorKind> TlsOperatorKinds() { return kKinds; }

}  // namespace sluice
