// Cidr: a range of IP addresses by prefix. A value, immutable.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "source/net/address.h"

namespace sluice {

class Cidr {
 public:
  // "10.0.0.0", 8. Bits behind the prefix are cleared; a prefix longer than the address is an
  // error.
  static absl::StatusOr<Cidr> From(absl::string_view ip, uint32_t prefix_bits);
  static absl::StatusOr<Cidr> Parse(absl::string_view text);  // "10.0.0.0/8"

  // Never an address of the other family, nor a Unix socket's.
  bool Contains(const Address& address) const;
  const Address& first() const { return first_; }  // port 0
  uint32_t prefix_bits() const { return prefix_bits_; }
  std::string text() const;

 private:
  Address first_;
  uint32_t prefix_bits_ = 0;
};

}  // namespace sluice
