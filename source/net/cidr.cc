#include "source/net/cidr.h"

#include <cstring>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "source/base/status_macros.h"

namespace sluice {
namespace {

// The bits of byte `at` that a prefix of `bits` covers.
uint8_t Mask(size_t at, uint32_t bits) {
  if (bits >= 8 * (at + 1)) return 0xff;
  if (bits <= 8 * at) return 0;
  return static_cast<uint8_t>(0xff << (8 - (bits - 8 * at)));
}

}  // namespace

absl::StatusOr<Cidr> Cidr::From(absl::string_view ip, uint32_t prefix_bits) {
  ASSIGN_OR_RETURN(const Address address, Address::FromIp(ip, 0));
  const absl::string_view bytes = address.ip_bytes();
  if (prefix_bits > 8 * bytes.size()) {
    return absl::InvalidArgumentError(absl::StrCat("prefix of ", prefix_bits, " bits exceeds the ",
                                                   8 * bytes.size(), " of the address '", ip, "'"));
  }
  sockaddr_storage storage;
  const socklen_t length = address.ToSockaddr(storage);
  char* first =
      reinterpret_cast<char*>(&storage) +
      (bytes.size() == 4 ? offsetof(sockaddr_in, sin_addr) : offsetof(sockaddr_in6, sin6_addr));
  for (size_t i = 0; i < bytes.size(); ++i) first[i] &= static_cast<char>(Mask(i, prefix_bits));
  Cidr cidr;
  cidr.first_ = Address::FromSockaddr(reinterpret_cast<const sockaddr*>(&storage), length);
  cidr.prefix_bits_ = prefix_bits;
  return cidr;
}

absl::StatusOr<Cidr> Cidr::Parse(absl::string_view text) {
  const size_t slash = text.find('/');
  uint32_t bits = 0;
  // SimpleAtoi would let a sign and white space pass.
  if (slash == absl::string_view::npos || slash + 1 == text.size() ||
      text.find_first_not_of("0123456789", slash + 1) != absl::string_view::npos ||
      !absl::SimpleAtoi(text.substr(slash + 1), &bits)) {
    return absl::InvalidArgumentError(
        absl::StrCat("malformed address range: '", text, "', expected ADDRESS/BITS"));
  }
  return From(text.substr(0, slash), bits);
}

bool Cidr::Contains(const Address& address) const {
  if (address.family() != first_.family() || !address.is_ip()) return false;
  const absl::string_view bytes = address.ip_bytes();
  const absl::string_view first = first_.ip_bytes();
  const size_t whole = prefix_bits_ / 8;
  if (std::memcmp(bytes.data(), first.data(), whole) != 0) return false;
  if (whole == bytes.size()) return true;
  return (static_cast<uint8_t>(bytes[whole]) & Mask(whole, prefix_bits_)) ==
         static_cast<uint8_t>(first[whole]);
}

std::string Cidr::text() const { return absl::StrCat(first_.ip_text(), "/", prefix_bits_); }

}  // namespace sluice
