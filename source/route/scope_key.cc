#include "source/route/scope_key.h"

namespace sluice {
namespace {

// Takes the first element off `rest`; the last one leaves it without data.
absl::string_view TakeElement(absl::string_view& rest, absl::string_view separator) {
  const size_t end = separator.empty() ? absl::string_view::npos : rest.find(separator);
  const absl::string_view element = rest.substr(0, end);
  if (end == absl::string_view::npos) {
    rest = absl::string_view();
  } else {
    rest.remove_prefix(end + separator.size());
  }
  return element;
}

}  // namespace

std::optional<absl::string_view> ScopeFragment::Extract(const Headers& headers) const {
  const Header* const found = header.FindIn(headers);
  if (found == nullptr) return std::nullopt;
  absl::string_view rest = found->value;
  bool is_last = false;
  for (uint32_t i = 0; !is_last; ++i) {
    const absl::string_view element = TakeElement(rest, element_separator);
    is_last = rest.data() == nullptr;
    if (key.empty()) {
      if (i == index) return element;
      continue;
    }
    const size_t end = element.find(key_separator);
    if (element.substr(0, end) != key) continue;
    return end == absl::string_view::npos ? absl::string_view()
                                          : element.substr(end + key_separator.size());
  }
  return std::nullopt;
}

void ScopeIndex::Put(const std::vector<std::string>& key, uint32_t scope) {
  uint32_t at = 0;
  for (const std::string& piece : key) {
    const auto fresh = static_cast<uint32_t>(nodes_.size());
    const auto [next, is_new] = nodes_[at].next.try_emplace(piece, fresh);
    at = next->second;
    if (is_new) nodes_.emplace_back();
  }
  nodes_[at].scope = scope;
}

uint32_t ScopeIndex::Find(const std::vector<ScopeFragment>& fragments,
                          const Headers& headers) const {
  uint32_t at = 0;
  for (const ScopeFragment& fragment : fragments) {
    const std::optional<absl::string_view> piece = fragment.Extract(headers);
    if (!piece.has_value()) return kNone;
    const auto next = nodes_[at].next.find(*piece);
    if (next == nodes_[at].next.end()) return kNone;
    at = next->second;
  }
  return nodes_[at].scope;
}

}  // namespace sluice
