#include "source/proxy/forwarding_headers.h"

#include <charconv>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "source/proxy/retry.h"

namespace sluice {
namespace {

// The `index`th address from the right of a comma list, 0 the last; empty where there are not so
// many.
absl::string_view FromTheRight(absl::string_view list, uint32_t index) {
  size_t end = list.size();
  for (;;) {
    const size_t comma = end == 0 ? absl::string_view::npos : list.rfind(',', end - 1);
    const size_t begin = comma == absl::string_view::npos ? 0 : comma + 1;
    if (index == 0) return absl::StripAsciiWhitespace(list.substr(begin, end - begin));
    if (comma == absl::string_view::npos) return {};
    end = comma;
    --index;
  }
}

// Envoy: without use_remote_address the trusted client is the (hops + 1)th from the right; with it,
// the peer itself counts as one hop.
void FindClient(const ForwardingRules& rules, const Address& peer, const Headers& request,
                StreamInfo& info) {
  const absl::string_view forwarded = request.Get(HeaderId::kXForwardedFor);
  if (rules.use_remote_address && rules.xff_trusted_hops == 0) return;
  if (forwarded.empty()) return;
  const uint32_t index =
      rules.use_remote_address ? rules.xff_trusted_hops - 1 : rules.xff_trusted_hops;
  auto address = Address::FromIp(FromTheRight(forwarded, index), 0);
  if (address.ok()) info.remote_address = std::move(*address);
}

// Names that only an edge proxy may set: what a client from outside says under them is not
// believed.
void DropClaims(Headers& request) {
  for (const HeaderId id : {HeaderId::kXEnvoyInternal, HeaderId::kXEnvoyExternalAddress,
                            HeaderId::kXEnvoyDecoratorOperation,
                            HeaderId::kXEnvoyUpstreamRqTimeoutMs, HeaderId::kXEnvoyAttemptCount,
                            HeaderId::kXEnvoyOriginalPath, HeaderId::kXEnvoyOriginalHost}) {
    if (request.Has(id)) request.Remove(id);
  }
}

// Eight hexadecimal digits, the highest first: each gets a byte of a word, and all become text in
// one go.
void WriteHex(uint32_t bits, char* to) {
  constexpr uint64_t kEachByte = 0x0101010101010101;
  uint64_t digits = bits;
  digits = (digits | digits << 16) & 0x0000ffff0000ffff;
  digits = (digits | digits << 8) & 0x00ff00ff00ff00ff;
  digits = (digits | digits << 4) & 0x0f * kEachByte;
  const uint64_t letters = (digits + 6 * kEachByte) >> 4 & kEachByte;  // 1 from 10 on
  const uint64_t text = digits + '0' * kEachByte + ('a' - '0' - 10) * letters;
  for (int i = 0; i < 8; ++i) to[i] = static_cast<char>(text >> (56 - 8 * i));
}

// A version 4 UUID (RFC 9562 section 5.4), 36 bytes.
void WriteUuid(Random& random, char* to) {
  uint64_t high = random.Next(), low = random.Next();
  high = (high & ~uint64_t{0xf000}) | 0x4000;
  low = (low & ~(uint64_t{3} << 62)) | (uint64_t{1} << 63);
  char digits[32];
  WriteHex(static_cast<uint32_t>(high >> 32), digits);
  WriteHex(static_cast<uint32_t>(high), digits + 8);
  WriteHex(static_cast<uint32_t>(low >> 32), digits + 16);
  WriteHex(static_cast<uint32_t>(low), digits + 24);
  std::memcpy(to, digits, 8);
  std::memcpy(to + 9, digits + 8, 4);
  std::memcpy(to + 14, digits + 12, 4);
  std::memcpy(to + 19, digits + 16, 4);
  std::memcpy(to + 24, digits + 20, 12);
  to[8] = to[13] = to[18] = to[23] = '-';
}

void SetRequestId(const ForwardingRules& rules, bool internal, Random& random, Headers& request) {
  if (!rules.generate_request_id) return;
  // At the edge a client's own id is replaced, unless it is to be kept.
  const bool from_outside = rules.use_remote_address && !internal;
  if (request.Has(HeaderId::kXRequestId) && (!from_outside || rules.preserve_external_request_id))
    return;
  constexpr size_t kUuidBytes = 36;
  char* const text = static_cast<char*>(request.arena().Allocate(kUuidBytes, 1));
  WriteUuid(random, text);
  request.SetReference(HeaderId::kXRequestId, {text, kUuidBytes});
}

void AppendPeer(const Address& peer, Headers& request) {
  if (!peer.is_ip()) return;
  char text[Address::kTextBytesMax];
  request.AppendValue(HeaderId::kXForwardedFor, {text, peer.WriteIpText(text)});
}

void SetPort(const DownstreamFacts& downstream, Headers& request) {
  char text[8];
  const auto end = std::to_chars(text, text + sizeof(text), downstream.local_address().port());
  request.Set(HeaderId::kXForwardedPort, {text, static_cast<size_t>(end.ptr - text)});
}

absl::string_view SchemeText(bool secure) {
  return secure ? absl::string_view("https") : absl::string_view("http");
}

}  // namespace

void ApplyForwardingHeaders(const ForwardingRules& rules, const DownstreamFacts& downstream,
                            Random& random, Headers& request, StreamInfo& info) {
  const Address& peer = downstream.remote_address();
  FindClient(rules, peer, request, info);
  const Address& client =
      info.remote_address.family() == Address::Family::kNone ? peer : info.remote_address;
  // Envoy: internal is a request with one trusted address, a private one.
  const bool internal = client.internal();
  // What says how often and how long hosts are asked is heeded from inside only. As Envoy: where
  // the peer's address does not count, inside is who a single, private x-forwarded-for says it is.
  const bool vouched =
      rules.use_remote_address || (info.remote_address.family() != Address::Family::kNone &&
                                   !absl::StrContains(request.Get(HeaderId::kXForwardedFor), ','));
  if (!internal || !vouched) {
    if (HasRetryHeaders(request)) RemoveRetryHeaders(request);
    if (request.Has(HeaderId::kXEnvoyExpectedRqTimeoutMs))
      request.Remove(HeaderId::kXEnvoyExpectedRqTimeoutMs);
  }
  const absl::string_view scheme = SchemeText(downstream.secure);
  if (rules.use_remote_address) {
    if (!internal) DropClaims(request);
    if (!rules.skip_xff_append) AppendPeer(peer, request);
    if (rules.xff_trusted_hops == 0 || !request.Has(HeaderId::kXForwardedProto)) {
      request.SetReference(HeaderId::kXForwardedProto, scheme);
    }
    if (rules.append_x_forwarded_port && !request.Has(HeaderId::kXForwardedPort))
      SetPort(downstream, request);
    if (internal) request.SetReference(HeaderId::kXEnvoyInternal, "true");
  } else if (!request.Has(HeaderId::kXForwardedProto)) {
    request.AddReference(HeaderId::kXForwardedProto, scheme);
  }
  // As Envoy: both, for x-forwarded-proto is how the scheme goes to a host over HTTP/1.
  if (rules.scheme != SchemeRule::kKeep) {
    const absl::string_view forced = SchemeText(rules.scheme == SchemeRule::kHttps);
    request.SetReference(HeaderId::kScheme, forced);
    request.SetReference(HeaderId::kXForwardedProto, forced);
  }
  if (!request.Has(HeaderId::kScheme)) {
    const absl::string_view forwarded = request.Get(HeaderId::kXForwardedProto);
    request.AddReference(HeaderId::kScheme, SchemeText(forwarded == "https"));
  }
  SetRequestId(rules, internal, random, request);
  if (!rules.via.empty()) request.AppendValue(HeaderId::kVia, rules.via);
}

}  // namespace sluice
