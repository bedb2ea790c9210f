#include "source/extensions/listener/proxy_protocol/proxy_header.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"

namespace sluice {
namespace {

using State = ProxyHeader::State;

constexpr absl::string_view kV1Signature = "PROXY ";
constexpr size_t kV1BytesMax = 107;  // section 2.1: the longest there is, with its CRLF
constexpr absl::string_view kV2Signature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr size_t kV2FixedBytes = 16;
constexpr size_t kTlvFixedBytes = 3;

ProxyHeader Malformed(ProxyVersion version) {
  return {.state = State::kMalformed, .version = version};
}

// Whether one is the beginning of the other.
bool Agree(absl::string_view bytes, absl::string_view signature) {
  const size_t n = std::min(bytes.size(), signature.size());
  return bytes.substr(0, n) == signature.substr(0, n);
}

// ---- Version 1: a line of text.

absl::string_view TakeWord(absl::string_view& line) {
  const size_t end = std::min(line.find(' '), line.size());
  const absl::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

// Decimal, without leading zeros: section 2.1.
std::optional<uint16_t> ReadPort(absl::string_view text) {
  uint32_t port = 0;
  if (text.empty() || text.size() > 5 || (text[0] == '0' && text.size() > 1)) return std::nullopt;
  if (text.find_first_not_of("0123456789") != absl::string_view::npos) return std::nullopt;
  if (!absl::SimpleAtoi(text, &port) || port > 65535) return std::nullopt;
  return static_cast<uint16_t>(port);
}

// "TCP4 192.0.2.1 198.51.100.1 5000 443", without the signature and the line's end.
bool ReadV1Line(absl::string_view line, ProxyHeader& header) {
  const absl::string_view protocol = TakeWord(line);
  if (protocol == "UNKNOWN") return true;  // whatever follows
  if (absl::EndsWith(line, " ")) return false;
  if (protocol != "TCP4" && protocol != "TCP6") return false;
  const absl::string_view source = TakeWord(line), destination = TakeWord(line);
  const std::optional<uint16_t> source_port = ReadPort(TakeWord(line));
  const std::optional<uint16_t> destination_port = ReadPort(TakeWord(line));
  if (!source_port.has_value() || !destination_port.has_value() || !line.empty()) return false;
  auto from = Address::FromIp(source, *source_port);
  auto to = Address::FromIp(destination, *destination_port);
  const auto family = protocol == "TCP4" ? Address::Family::kIpv4 : Address::Family::kIpv6;
  if (!from.ok() || !to.ok() || from->family() != family || to->family() != family) return false;
  header.source = std::move(*from);
  header.destination = std::move(*to);
  return true;
}

ProxyHeader ReadV1(absl::string_view bytes) {
  const size_t feed = bytes.substr(0, kV1BytesMax).find('\n');
  if (feed == absl::string_view::npos) {
    if (bytes.size() >= kV1BytesMax) return Malformed(ProxyVersion::kV1);
    return {.state = State::kNeedMore, .version = ProxyVersion::kV1, .bytes = bytes.size() + 1};
  }
  absl::string_view line = bytes.substr(kV1Signature.size(), feed - kV1Signature.size());
  ProxyHeader header = {.state = State::kFound, .version = ProxyVersion::kV1, .bytes = feed + 1};
  // A carriage return within the line is in none of its words.
  if (!absl::ConsumeSuffix(&line, "\r") || absl::StrContains(line, '\r') ||
      !ReadV1Line(line, header)) {
    return Malformed(ProxyVersion::kV1);
  }
  return header;
}

// ---- Version 2: binary.

uint16_t ReadUint16(absl::string_view bytes, size_t at) {
  return static_cast<uint16_t>(static_cast<uint8_t>(bytes[at]) << 8 |
                               static_cast<uint8_t>(bytes[at + 1]));
}

Address Ipv4(absl::string_view bytes, size_t address_at, size_t port_at) {
  sockaddr_in from = {};
  from.sin_family = AF_INET;
  from.sin_port = htons(ReadUint16(bytes, port_at));
  std::memcpy(&from.sin_addr, bytes.data() + address_at, sizeof(from.sin_addr));
  return Address::FromSockaddr(reinterpret_cast<const sockaddr*>(&from), sizeof(from));
}

Address Ipv6(absl::string_view bytes, size_t address_at, size_t port_at) {
  sockaddr_in6 from = {};
  from.sin6_family = AF_INET6;
  from.sin6_port = htons(ReadUint16(bytes, port_at));
  std::memcpy(&from.sin6_addr, bytes.data() + address_at, sizeof(from.sin6_addr));
  return Address::FromSockaddr(reinterpret_cast<const sockaddr*>(&from), sizeof(from));
}

bool WellFormed(absl::string_view tlvs) {
  while (!tlvs.empty()) {
    if (tlvs.size() < kTlvFixedBytes) return false;
    const size_t bytes = kTlvFixedBytes + ReadUint16(tlvs, 1);
    if (tlvs.size() < bytes) return false;
    tlvs.remove_prefix(bytes);
  }
  return true;
}

// What follows the fixed part, of a header with the PROXY command.
bool ReadV2Body(uint8_t family_and_transport, absl::string_view body, ProxyHeader& header) {
  const int family = family_and_transport >> 4, transport = family_and_transport & 0xf;
  if (family > 3 || transport > 2) return false;
  // UNSPEC: "the receiver should ignore address information". Nobody can tell where it ends.
  if (family == 0 || transport == 0) return true;
  size_t address_bytes = 0;
  if (family == 1 && body.size() >= 12) {
    address_bytes = 12;
    header.source = Ipv4(body, 0, 8);
    header.destination = Ipv4(body, 4, 10);
  } else if (family == 2 && body.size() >= 36) {
    address_bytes = 36;
    header.source = Ipv6(body, 0, 32);
    header.destination = Ipv6(body, 16, 34);
  } else {
    return false;  // too short, or a Unix socket: as Envoy, not supported
  }
  header.tlvs = body.substr(address_bytes);
  return WellFormed(header.tlvs);
}

ProxyHeader ReadV2(absl::string_view bytes) {
  if (bytes.size() > 12) {
    const uint8_t version_and_command = static_cast<uint8_t>(bytes[12]);
    if (version_and_command != 0x20 && version_and_command != 0x21) {
      return Malformed(ProxyVersion::kV2);
    }
  }
  if (bytes.size() < kV2FixedBytes) {
    return {.state = State::kNeedMore, .version = ProxyVersion::kV2, .bytes = kV2FixedBytes};
  }
  const size_t whole = kV2FixedBytes + ReadUint16(bytes, 14);
  if (whole > kProxyHeaderBytesMax) return Malformed(ProxyVersion::kV2);
  if (bytes.size() < whole) {
    return {.state = State::kNeedMore, .version = ProxyVersion::kV2, .bytes = whole};
  }
  ProxyHeader header = {.state = State::kFound, .version = ProxyVersion::kV2, .bytes = whole};
  // LOCAL: the proxy speaks for itself, as in health checks; what follows is to be skipped.
  if (bytes[12] == 0x20) return header;
  const absl::string_view body = bytes.substr(kV2FixedBytes, whole - kV2FixedBytes);
  if (!ReadV2Body(static_cast<uint8_t>(bytes[13]), body, header)) {
    return Malformed(ProxyVersion::kV2);
  }
  return header;
}

}  // namespace

ProxyHeader ReadProxyHeader(absl::string_view bytes, ProxyVersions versions) {
  if (versions.v1 && Agree(bytes, kV1Signature)) {
    if (bytes.size() >= kV1Signature.size()) return ReadV1(bytes);
    return {.state = State::kNeedMore, .version = ProxyVersion::kV1, .bytes = kV1Signature.size()};
  }
  if (versions.v2 && Agree(bytes, kV2Signature)) {
    if (bytes.size() >= kV2Signature.size()) return ReadV2(bytes);
    return {.state = State::kNeedMore, .version = ProxyVersion::kV2, .bytes = kV2Signature.size()};
  }
  return {.state = State::kNone};
}

ProxyTlvView TakeProxyTlv(absl::string_view& tlvs) {
  const size_t length = ReadUint16(tlvs, 1);
  const ProxyTlvView first = {static_cast<uint8_t>(tlvs[0]), tlvs.substr(kTlvFixedBytes, length)};
  tlvs.remove_prefix(kTlvFixedBytes + length);
  return first;
}

}  // namespace sluice
