#include "source/route/domain_match.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace sluice {
namespace {

// A host in lower case, on the stack unless it is absurdly long.
class LowerCase {
 public:
  explicit LowerCase(absl::string_view host) {
    char* to = near_;
    if (host.size() > sizeof(near_)) {
      far_.resize(host.size());
      to = far_.data();
    }
    for (size_t i = 0; i < host.size(); ++i) {
      to[i] = absl::ascii_tolower(static_cast<unsigned char>(host[i]));
    }
    text_ = {to, host.size()};
  }
  LowerCase(const LowerCase&) = delete;
  LowerCase& operator=(const LowerCase&) = delete;
  absl::string_view text() const { return text_; }

 private:
  char near_[1024];
  std::string far_;
  absl::string_view text_;
};

}  // namespace

DomainTable::AddResult DomainTable::Add(absl::string_view domain, uint32_t owner) {
  const std::string lower = absl::AsciiStrToLower(domain);
  const absl::string_view text = lower;
  const size_t star = text.find('*');
  if (star == absl::string_view::npos) {
    return exact_.emplace(lower, owner).second ? AddResult::kAdded : AddResult::kDuplicate;
  }
  if (text == "*") {
    if (any_.has_value()) return AddResult::kDuplicate;
    any_ = owner;
    return AddResult::kAdded;
  }
  if (text.find('*', star + 1) != absl::string_view::npos) return AddResult::kBadWildcard;
  if (star == 0) return AddWildcard(suffixes_, text.substr(1), owner);
  if (star + 1 == text.size()) return AddWildcard(prefixes_, text.substr(0, star), owner);
  return AddResult::kBadWildcard;
}

DomainTable::AddResult DomainTable::AddWildcard(std::vector<Wildcards>& wildcards,
                                                absl::string_view part, uint32_t owner) {
  auto place = std::find_if(wildcards.begin(), wildcards.end(),
                            [&](const Wildcards& same) { return same.bytes <= part.size(); });
  if (place == wildcards.end() || place->bytes != part.size()) {
    place = wildcards.insert(place, Wildcards{part.size(), {}});
  }
  return place->owners.emplace(part, owner).second ? AddResult::kAdded : AddResult::kDuplicate;
}

std::optional<uint32_t> DomainTable::Find(absl::string_view host) const {
  if (exact_.empty() && suffixes_.empty() && prefixes_.empty()) return any_;
  const LowerCase lower(host);
  const absl::string_view text = lower.text();
  if (auto it = exact_.find(text); it != exact_.end()) return it->second;
  // The star stands for one character at least.
  for (const Wildcards& suffixes : suffixes_) {
    if (suffixes.bytes >= text.size()) continue;
    auto it = suffixes.owners.find(text.substr(text.size() - suffixes.bytes));
    if (it != suffixes.owners.end()) return it->second;
  }
  for (const Wildcards& prefixes : prefixes_) {
    if (prefixes.bytes >= text.size()) continue;
    auto it = prefixes.owners.find(text.substr(0, prefixes.bytes));
    if (it != prefixes.owners.end()) return it->second;
  }
  return any_;
}

absl::string_view HostWithoutPort(absl::string_view host) {
  const size_t colon = host.rfind(':');
  if (colon == absl::string_view::npos) return host;
  // A colon within brackets, or one of several without, belongs to an IPv6 address.
  const absl::string_view before = host.substr(0, colon);
  const bool bracketed = !before.empty() && before.back() == ']';
  if (!bracketed && absl::StrContains(before, ':')) return host;
  if (absl::StrContains(host.substr(colon), ']')) return host;
  return before;
}

}  // namespace sluice
