// Address: an IPv4 or IPv6 address with port, or a Unix socket path. A value;
// immutable, 32 bytes: every connection holds some.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sluice {

class Address {
 public:
  enum class Family : uint8_t { kNone, kIpv4, kIpv6, kUnix };
  static constexpr size_t kTextBytesMax = 128;  // of any address's text

  Address() = default;
  Address(const Address& other);
  Address(Address&& other) noexcept : any_(other.any_) {
    if (family() == Family::kUnix) other.any_ = {};
  }
  Address& operator=(Address other) noexcept {
    std::swap(any_, other.any_);
    return *this;
  }
  ~Address() {
    if (family() == Family::kUnix) delete any_.local.path;
  }
  // "10.0.0.1" or "::1", no brackets. Error: not an IP address.
  static absl::StatusOr<Address> FromIp(absl::string_view ip, uint16_t port);
  static absl::StatusOr<Address> FromUnixPath(absl::string_view path);  // '@' first: abstract
  static Address FromSockaddr(const sockaddr* address, socklen_t length);

  Family family() const {
    switch (any_.v4.sin_family) {
      case AF_INET:
        return Family::kIpv4;
      case AF_INET6:
        return Family::kIpv6;
      case AF_UNIX:
        return Family::kUnix;
      default:
        return Family::kNone;
    }
  }
  bool is_ip() const { return family() == Family::kIpv4 || family() == Family::kIpv6; }
  uint16_t port() const;  // 0 for Unix
  Address WithPort(uint16_t port) const;
  bool loopback() const;
  // RFC 1918, RFC 4193, loopback, link local: what Envoy calls an internal address. An IPv4 address
  // in IPv6 clothes (::ffff:10.0.0.1) is judged as what it is.
  bool internal() const;

  // "10.0.0.1:80", "[::1]:80", "/run/x.sock": Envoy's spelling. Writes at most kTextBytesMax bytes,
  // returns how many: for the request path. text() is the same as a string.
  size_t WriteText(char* to) const;
  size_t WriteIpText(char* to) const;  // without port and brackets
  std::string text() const;
  std::string ip_text() const;

  // 4 or 16 bytes in network order; none for Unix.
  absl::string_view ip_bytes() const;

  // For system calls; a Unix address is written to `storage`. Returns the length.
  socklen_t ToSockaddr(sockaddr_storage& storage) const;

  friend bool operator==(const Address& a, const Address& b);
  template <typename H>
  friend H AbslHashValue(H h, const Address& a) {
    return H::combine(std::move(h), a.family(), a.port(), a.ip_bytes(), a.path());
  }

 private:
  // A sockaddr_un would make every address large.
  struct UnixPath {
    sa_family_t family;
    const std::string* path;  // owned
  };

  static Address OfPath(std::string path);
  absl::string_view path() const {
    return family() == Family::kUnix ? absl::string_view(*any_.local.path) : absl::string_view();
  }

  union Any {
    sockaddr_in6 v6 = {};
    sockaddr_in v4;
    UnixPath local;
  };
  Any any_;  // which one: the family, first in each
};

}  // namespace sluice
