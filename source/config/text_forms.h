#pragma once

#include <string>
#include <string_view>

namespace sluice {

// Whether a text has a well-known form. Pure; used when configuration is checked.

bool IsIpv4(const std::string& text);
// Without brackets or zone.
bool IsIpv6(const std::string& text);
// RFC 1034: labels of letters, digits and inner hyphens, 63 bytes each, 253 in all.
bool IsHostname(std::string_view text);
bool IsEmail(std::string_view text);
bool IsUuid(std::string_view text);
// RFC 3986, by its characters: with a scheme, or a relative reference too.
bool IsUri(std::string_view text);
bool IsUriReference(std::string_view text);
// RFC 9110 section 5. Loose: anything but NUL, CR and LF.
bool IsHeaderName(std::string_view text);
bool IsHeaderValue(std::string_view text);
bool IsLooseHeaderText(std::string_view text);

}  // namespace sluice
