#include "source/tls/server_name.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace sluice {

void ServerNames::Add(absl::string_view name, uint16_t certificate) {
  by_name_[absl::AsciiStrToLower(name)].push_back(certificate);
}

const std::vector<uint16_t>* ServerNames::Find(absl::string_view name) const {
  const std::string lower = absl::AsciiStrToLower(name);
  if (const auto exact = by_name_.find(lower); exact != by_name_.end()) return &exact->second;
  const size_t dot = lower.find('.');
  if (dot == std::string::npos || dot == 0) return nullptr;
  const auto wildcard = by_name_.find(absl::StrCat("*", lower.substr(dot)));
  return wildcard == by_name_.end() ? nullptr : &wildcard->second;
}

}  // namespace sluice
