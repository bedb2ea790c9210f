// Address: an IPv4 or IPv6 address with port, or a Unix socket path. A value;
// immutable, 40 bytes: every connection holds some.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>
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
  Address& operator=(const Address& other);
  Address(Address&&) noexcept = default;
  Address& operator=(Address&&) noexcept = default;
  // "10.0.0.1" or "::1", no brackets. Error: not an IP address.
  static absl::StatusOr<Address> FromIp(absl::string_view ip, uint16_t port);
  static absl::StatusOr<Address> FromUnixPath(absl::string_view path);  // '@' first: abstract
  static Address FromSockaddr(const sockaddr* address, socklen_t length);

  Family family() const;
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
    const absl::string_view path = a.path_ == nullptr ? "" : absl::string_view(*a.path_);
    return H::combine(std::move(h), a.family(), a.port(), a.ip_bytes(), path);
  }

 private:
  union {
    sockaddr_in v4_;
    sockaddr_in6 v6_ = {};
  };
  std::unique_ptr<const std::string> path_;  // Unix only: most addresses should stay small
};

}  // namespace sluice
