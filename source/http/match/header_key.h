// HeaderKey: a header name of a configuration, ready to be looked up: lower case, and known by
// number where it is a well-known one. A const value; any thread.
#pragma once

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"
#include "source/http/header_names.h"
#include "source/http/headers.h"

namespace sluice {

struct HeaderKey {
  HeaderKey() = default;
  // In any case. "host" is ":authority", as everywhere inside the proxy.
  explicit HeaderKey(absl::string_view name) : text(absl::AsciiStrToLower(name)) {
    if (text == "host") text = ":authority";
    id = FindHeaderId(text);
  }

  const Header* FindIn(const Headers& headers) const {
    return id == HeaderId::kUnknown ? headers.Find(text) : headers.Find(id);
  }
  bool Matches(const Header& header) const {
    return header.id == id && (id != HeaderId::kUnknown || header.name == text);
  }
  bool empty() const { return text.empty(); }

  std::string text;
  HeaderId id = HeaderId::kUnknown;
};

}  // namespace sluice
