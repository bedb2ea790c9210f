#include "source/net/address.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "source/base/check.h"

namespace sluice {
namespace {

constexpr size_t kUnixPathBytesMax = sizeof(sockaddr_un::sun_path) - 1;
static_assert(Address::kTextBytesMax > kUnixPathBytesMax);
static_assert(Address::kTextBytesMax > INET6_ADDRSTRLEN + sizeof("[]:65535"));

uint8_t Byte(absl::string_view bytes, size_t at) { return static_cast<uint8_t>(bytes[at]); }

// The IPv4 address inside of ::ffff:0:0/96, else the bytes themselves.
absl::string_view Unmapped(absl::string_view ip) {
  constexpr char kMapped[] = "\0\0\0\0\0\0\0\0\0\0\xff\xff";
  if (ip.size() == 16 && std::memcmp(ip.data(), kMapped, 12) == 0) return ip.substr(12);
  return ip;
}

bool LoopbackIp(absl::string_view ip) {
  if (ip.size() == 4) return Byte(ip, 0) == 127;
  constexpr char kOne[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return ip.size() == 16 && std::memcmp(ip.data(), kOne, 16) == 0;
}

char* Put(char* to, absl::string_view text) {
  return std::copy(text.begin(), text.end(), to);  // an empty text may have no address to copy from
}

// As inet_ntop does, which takes its time over it; every request may have its
// client's address written.
size_t WriteIpv4(absl::string_view ip, char* to) {
  char* at = to;
  for (size_t i = 0; i < 4; ++i) {
    if (i > 0) *at++ = '.';
    const unsigned byte = Byte(ip, i);
    if (byte >= 100) *at++ = static_cast<char>('0' + byte / 100);
    if (byte >= 10) *at++ = static_cast<char>('0' + byte / 10 % 10);
    *at++ = static_cast<char>('0' + byte % 10);
  }
  return at - to;
}

}  // namespace

Address::Address(const Address& other) : any_(other.any_) {
  if (family() == Family::kUnix) any_.local.path = new std::string(other.path());
}

Address Address::OfPath(std::string path) {
  Address address;
  address.any_.local = {AF_UNIX, new std::string(std::move(path))};
  return address;
}

absl::StatusOr<Address> Address::FromIp(absl::string_view ip, uint16_t port) {
  char text[INET6_ADDRSTRLEN];
  Address address;
  // A terminated copy; what does not fit is no address.
  if (ip.size() < sizeof(text) && ip.find('\0') == absl::string_view::npos) {
    *Put(text, ip) = '\0';
    if (inet_pton(AF_INET, text, &address.any_.v4.sin_addr) == 1) {
      address.any_.v4.sin_family = AF_INET;
      address.any_.v4.sin_port = htons(port);
      return address;
    }
    if (inet_pton(AF_INET6, text, &address.any_.v6.sin6_addr) == 1) {
      address.any_.v6.sin6_family = AF_INET6;
      address.any_.v6.sin6_port = htons(port);
      return address;
    }
  }
  return absl::InvalidArgumentError(absl::StrCat("malformed IP address: '", ip, "'"));
}

absl::StatusOr<Address> Address::FromUnixPath(absl::string_view path) {
  if (path.empty()) return absl::InvalidArgumentError("a Unix socket needs a path");
  if (path.size() > kUnixPathBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("path of a Unix socket exceeds ", kUnixPathBytesMax, " bytes: '", path, "'"));
  }
  if (path.find('\0') != absl::string_view::npos) {
    return absl::InvalidArgumentError("path of a Unix socket contains a NUL");
  }
  return OfPath(std::string(path));
}

Address Address::FromSockaddr(const sockaddr* from, socklen_t length) {
  Address address;
  if (from->sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    std::memcpy(&address.any_.v4, from, sizeof(sockaddr_in));
  } else if (from->sa_family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    std::memcpy(&address.any_.v6, from, sizeof(sockaddr_in6));
  } else if (from->sa_family == AF_UNIX) {
    const char* path = reinterpret_cast<const sockaddr_un*>(from)->sun_path;
    size_t bytes = length - std::min<size_t>(length, offsetof(sockaddr_un, sun_path));
    std::string text;
    if (bytes > 0 && path[0] == '\0') {
      text = absl::StrCat("@", absl::string_view(path + 1, bytes - 1));
    } else {
      text.assign(path, strnlen(path, bytes));
    }
    return OfPath(std::move(text));
  }
  return address;
}

uint16_t Address::port() const { return is_ip() ? ntohs(any_.v4.sin_port) : 0; }

Address Address::WithPort(uint16_t port) const {
  // The two families have their port in one place.
  static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
  Address changed(*this);
  if (is_ip()) changed.any_.v4.sin_port = htons(port);
  return changed;
}

absl::string_view Address::ip_bytes() const {
  if (family() == Family::kIpv4) return {reinterpret_cast<const char*>(&any_.v4.sin_addr), 4};
  if (family() == Family::kIpv6) return {reinterpret_cast<const char*>(&any_.v6.sin6_addr), 16};
  return {};
}

bool Address::loopback() const { return LoopbackIp(Unmapped(ip_bytes())); }

bool Address::internal() const {
  const absl::string_view ip = Unmapped(ip_bytes());
  if (ip.empty()) return false;
  if (LoopbackIp(ip)) return true;
  const uint8_t first = Byte(ip, 0), second = Byte(ip, 1);
  if (ip.size() == 4) {
    return first == 10 || (first == 172 && (second & 0xf0) == 16) ||
           (first == 192 && second == 168) || (first == 169 && second == 254);
  }
  return (first & 0xfe) == 0xfc || (first == 0xfe && (second & 0xc0) == 0x80);
}

size_t Address::WriteIpText(char* to) const {
  if (!is_ip()) return WriteText(to);
  if (family() == Family::kIpv4) return WriteIpv4(ip_bytes(), to);
  SLUICE_CHECK(inet_ntop(any_.v4.sin_family, ip_bytes().data(), to, kTextBytesMax) != nullptr);
  return std::strlen(to);
}

size_t Address::WriteText(char* to) const {
  if (!is_ip()) return Put(to, path()) - to;
  char* at = to;
  if (family() == Family::kIpv6) *at++ = '[';
  at += WriteIpText(at);
  if (family() == Family::kIpv6) *at++ = ']';
  *at++ = ':';
  return Put(at, absl::AlphaNum(port()).Piece()) - to;
}

std::string Address::text() const {
  char text[kTextBytesMax + 1];
  return std::string(text, WriteText(text));
}

std::string Address::ip_text() const {
  char text[kTextBytesMax + 1];
  return std::string(text, WriteIpText(text));
}

socklen_t Address::ToSockaddr(sockaddr_storage& storage) const {
  storage = {};
  switch (family()) {
    case Family::kIpv4:
      std::memcpy(&storage, &any_.v4, sizeof(any_.v4));
      return sizeof(any_.v4);
    case Family::kIpv6:
      std::memcpy(&storage, &any_.v6, sizeof(any_.v6));
      return sizeof(any_.v6);
    case Family::kUnix: {
      sockaddr_un& address = reinterpret_cast<sockaddr_un&>(storage);
      address.sun_family = AF_UNIX;
      Put(address.sun_path, path());
      // An abstract name starts with a NUL and ends where the length says.
      const bool abstract = !path().empty() && path().front() == '@';
      if (abstract) address.sun_path[0] = '\0';
      return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path().size() +
                                    (abstract ? 0 : 1));
    }
    case Family::kNone:
      break;
  }
  return sizeof(sa_family_t);
}

bool operator==(const Address& a, const Address& b) {
  if (a.family() != b.family()) return false;
  if (a.family() == Address::Family::kUnix) return a.path() == b.path();
  if (a.port() != b.port() || a.ip_bytes() != b.ip_bytes()) return false;
  return a.family() != Address::Family::kIpv6 || a.any_.v6.sin6_scope_id == b.any_.v6.sin6_scope_id;
}

}  // namespace sluice
