// The header of the PROXY protocol: what is found ends where it says, is found at no earlier byte,
// and says the same written anew; what is refused stays refused whatever follows. The first byte
// chooses the versions that are looked for.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "source/extensions/listener/proxy_protocol/proxy_header.h"

namespace sluice {
namespace {

using State = ProxyHeader::State;

void Require(bool condition) {
  if (!condition) std::abort();
}

bool Same(const ProxyHeader& a, const ProxyHeader& b) {
  return a.state == b.state && a.source == b.source && a.destination == b.destination &&
         a.tlvs == b.tlvs && (a.state != State::kFound || a.bytes == b.bytes);
}

void CheckFound(absl::string_view bytes, const ProxyHeader& header, ProxyVersions versions) {
  Require(header.bytes <= bytes.size() && header.bytes <= kProxyHeaderBytesMax);
  Require(Same(ReadProxyHeader(bytes.substr(0, header.bytes), versions), header));
  size_t tlv_bytes = 0;
  for (absl::string_view tlvs = header.tlvs; !tlvs.empty();) {
    tlv_bytes += 3 + TakeProxyTlv(tlvs).value.size();
  }
  Require(tlv_bytes == header.tlvs.size());
  if (header.source.family() == Address::Family::kNone) return;
  Require(header.source.is_ip() && header.source.family() == header.destination.family());
  const std::string anew =
      absl::StrCat("PROXY ", header.source.family() == Address::Family::kIpv4 ? "TCP4 " : "TCP6 ",
                   header.source.ip_text(), " ", header.destination.ip_text(), " ",
                   header.source.port(), " ", header.destination.port(), "\r\n");
  const ProxyHeader again = ReadProxyHeader(anew);
  Require(again.state == State::kFound && again.bytes == anew.size());
  Require(again.source == header.source && again.destination == header.destination);
}

void Check(absl::string_view bytes, ProxyVersions versions) {
  const ProxyHeader header = ReadProxyHeader(bytes, versions);
  switch (header.state) {
    case State::kFound:
      CheckFound(bytes, header, versions);
      break;
    case State::kNeedMore:
      Require(header.bytes > bytes.size() && header.bytes <= kProxyHeaderBytesMax);
      break;
    case State::kNone:
    case State::kMalformed:
      Require(Same(ReadProxyHeader(absl::StrCat(bytes, "\r\nmore"), versions), header));
      break;
  }
  // At every byte: more is wanted until it is decided, and then for good.
  const size_t decided = header.state == State::kFound ? header.bytes : bytes.size();
  for (size_t cut = 0; cut < std::min<size_t>(decided, 300); ++cut) {
    const ProxyHeader early = ReadProxyHeader(bytes.substr(0, cut), versions);
    Require(early.state == State::kNeedMore || Same(early, header));
    Require(early.state != State::kFound);
  }
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const absl::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  sluice::Check(bytes, {.v1 = (data[0] & 1) == 0, .v2 = (data[0] & 2) == 0});
  return 0;
}
