#include "source/config/text_forms.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"

namespace sluice {
namespace {

template <class Test>
bool AllOf(std::string_view text, Test test) {
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return test(static_cast<unsigned char>(c)); });
}

bool IsOneOf(unsigned char c, std::string_view set) {
  return set.find(static_cast<char>(c)) != std::string_view::npos;
}

bool IsHostLabel(std::string_view label) {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         AllOf(label, [](unsigned char c) { return absl::ascii_isalnum(c) || c == '-'; });
}

}  // namespace

bool IsIpv4(const std::string& text) {
  in_addr address;
  return inet_pton(AF_INET, text.c_str(), &address) == 1 && text.find('\0') == std::string::npos;
}

bool IsIpv6(const std::string& text) {
  in6_addr address;
  return inet_pton(AF_INET6, text.c_str(), &address) == 1 && text.find('\0') == std::string::npos;
}

bool IsHostname(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > 253) return false;
  for (std::string_view label : absl::StrSplit(text, '.')) {
    if (!IsHostLabel(label)) return false;
  }
  return true;
}

bool IsEmail(std::string_view text) {
  size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at > 64 || text.size() > 254) return false;
  auto is_local = [](unsigned char c) {
    return absl::ascii_isalnum(c) || IsOneOf(c, "!#$%&'*+-/=?^_`{|}~.");
  };
  return AllOf(text.substr(0, at), is_local) && IsHostname(text.substr(at + 1));
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (is_hyphen ? text[i] != '-' : !absl::ascii_isxdigit(text[i])) return false;
  }
  return true;
}

bool IsUriReference(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') continue;
    if (i + 2 >= text.size() || !absl::ascii_isxdigit(text[i + 1]) ||
        !absl::ascii_isxdigit(text[i + 2])) {
      return false;
    }
  }
  return AllOf(text, [](unsigned char c) {
    return absl::ascii_isalnum(c) || IsOneOf(c, "-._~:/?#[]@!$&'()*+,;=%");
  });
}

bool IsUri(std::string_view text) {
  size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !absl::ascii_isalpha(text[0])) return false;
  auto is_scheme = [](unsigned char c) { return absl::ascii_isalnum(c) || IsOneOf(c, "+-."); };
  return AllOf(text.substr(0, colon), is_scheme) && IsUriReference(text);
}

bool IsHeaderName(std::string_view text) {
  if (text.starts_with(':')) text.remove_prefix(1);
  return !text.empty() && AllOf(text, [](unsigned char c) {
    return absl::ascii_isalnum(c) || IsOneOf(c, "!#$%&'*+-.^_`|~");
  });
}

bool IsHeaderValue(std::string_view text) {
  return AllOf(text, [](unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7F); });
}

bool IsLooseHeaderText(std::string_view text) {
  return AllOf(text, [](unsigned char c) { return c != '\0' && c != '\r' && c != '\n'; });
}

}  // namespace sluice
