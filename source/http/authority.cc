#include "source/http/authority.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace sluice {
namespace {

constexpr bool IsAlphaNumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool IsHexDigit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// unreserved, sub-delims and "%": what a registered name is made of.
constexpr std::array<bool, 256> MakeNameBytes() {
  std::array<bool, 256> table{};
  for (int c = 0; c < 128; ++c) table[c] = IsAlphaNumeric(static_cast<char>(c));
  for (const char c :
       {'-', '.', '_', '~', '%', '!', '$', '&', '\'', '(', ')', '*', '+', ',', ';', '='}) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}
constexpr std::array<bool, 256> kNameBytes = MakeNameBytes();

bool IsNameByte(char c) { return kNameBytes[static_cast<unsigned char>(c)]; }

// Splits off the host; `rest` is empty or begins with the colon.
bool SplitHost(absl::string_view authority, absl::string_view* rest) {
  size_t i = 0;
  if (!authority.empty() && authority[0] == '[') {
    for (i = 1; i < authority.size() && authority[i] != ']'; ++i) {
      const char c = authority[i];
      if (!IsHexDigit(c) && c != ':' && c != '.') return false;
    }
    if (i < 3 || i == authority.size()) return false;  // "[]", "[:]", no end
    ++i;
  } else {
    while (i < authority.size() && IsNameByte(authority[i])) ++i;
    if (i == 0) return false;
  }
  *rest = authority.substr(i);
  return rest->empty() || rest->front() == ':';
}

bool IsPort(absl::string_view digits) {
  uint32_t port = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return false;
    port = port * 10 + (c - '0');
    if (port > 65535) return false;
  }
  return true;
}

}  // namespace

bool IsValidAuthority(absl::string_view authority) {
  absl::string_view rest;
  if (!SplitHost(authority, &rest)) return false;
  return rest.empty() || IsPort(rest.substr(1));
}

bool IsValidAuthorityWithPort(absl::string_view authority) {
  absl::string_view rest;
  if (!SplitHost(authority, &rest)) return false;
  return rest.size() > 1 && IsPort(rest.substr(1));
}

}  // namespace sluice
