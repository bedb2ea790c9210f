// Address: an IPv4 or IPv6 address with port, or a Unix socket path. A value; immutable.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sluice {

class Address {
 public:
  enum class Family : uint8_t { kNone, kIpv4, kIpv6, kUnix };

  Address() = default;
  // "10.0.0.1" or "::1", no brackets. Error: not an IP address.
  static absl::StatusOr<Address> FromIp(absl::string_view ip, uint16_t port);
  static absl::StatusOr<Address> FromUnixPath(absl::string_view path);  // '@' first: abstract
  static Address FromSockaddr(const sockaddr* address, socklen_t length);

  Family family() const { return family_; }
  bool is_ip() const { return family_ == Family::kIpv4 || family_ == Family::kIpv6; }
  uint16_t port() const;
  Address WithPort(uint16_t port) const;
  // "10.0.0.1:80", "[::1]:80", "/run/x.sock": Envoy's spelling. Made at construction, free to read.
  const std::string& text() const { return text_; }
  absl::string_view ip_text() const;  // without port and brackets
  bool loopback() const;
  const sockaddr* sockaddr_ptr() const;
  socklen_t sockaddr_length() const;

  friend bool operator==(const Address& a, const Address& b) { return a.text_ == b.text_; }

 private:
  Family family_ = Family::kNone;
  socklen_t length_ = 0;
  union {
    sockaddr_in v4_;
    sockaddr_in6 v6_;
  };
  std::string text_;
  std::string path_;
};

}  // namespace sluice
