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

// What a domain says, in lower case.
struct Domain {
  enum class Kind : uint8_t { kExact, kSuffix, kPrefix, kAny, kBad };
  explicit Domain(absl::string_view domain) : lower(absl::AsciiStrToLower(domain)) {
    const size_t star = lower.find('*');
    if (star == std::string::npos) return;
    kind = Kind::kBad;
    if (lower == "*") {
      kind = Kind::kAny;
    } else if (lower.find('*', star + 1) != std::string::npos) {
      return;
    } else if (star == 0) {
      kind = Kind::kSuffix;
    } else if (star + 1 == lower.size()) {
      kind = Kind::kPrefix;
    }
  }
  // Without its star.
  absl::string_view part() const {
    const absl::string_view text = lower;
    if (kind == Kind::kSuffix) return text.substr(1);
    return kind == Kind::kPrefix ? text.substr(0, text.size() - 1) : text;
  }
  std::string lower;
  Kind kind = Kind::kExact;
};

// Those of so many bytes; null: there are none.
template <class Lengths>
auto* FindLength(Lengths& lengths, size_t bytes) {
  const auto at = std::find_if(lengths.begin(), lengths.end(),
                               [bytes](const auto& one) { return one.bytes == bytes; });
  return at == lengths.end() ? nullptr : &at->owners;
}

const VirtualHost* OwnerIn(const auto* owners, absl::string_view part) {
  const auto* const owner = owners == nullptr ? nullptr : owners->Find(part);
  return owner == nullptr ? nullptr : *owner;
}

}  // namespace

const VirtualHost* DomainTable::Find(absl::string_view host) const {
  if (exact_.empty() && suffixes_.empty() && prefixes_.empty()) return any_;
  const LowerCase lower(host);
  const absl::string_view text = lower.text();
  if (const auto* const owner = exact_.Find(text); owner != nullptr) return *owner;
  // The star stands for one character at least.
  for (const Wildcards& suffixes : suffixes_) {
    if (suffixes.bytes >= text.size()) continue;
    const auto* const owner = suffixes.owners.Find(text.substr(text.size() - suffixes.bytes));
    if (owner != nullptr) return *owner;
  }
  for (const Wildcards& prefixes : prefixes_) {
    if (prefixes.bytes >= text.size()) continue;
    const auto* const owner = prefixes.owners.Find(text.substr(0, prefixes.bytes));
    if (owner != nullptr) return *owner;
  }
  return any_;
}

// ---- Changes.

DomainTable::Edit::Edit(const DomainTable& base) : exact_(base.exact_), any_(base.any_) {
  for (const auto& one : base.suffixes_) {
    suffixes_.push_back({one.bytes, Owners::Edit(one.owners)});
  }
  for (const auto& one : base.prefixes_) {
    prefixes_.push_back({one.bytes, Owners::Edit(one.owners)});
  }
}

const VirtualHost* DomainTable::Edit::OwnerOf(absl::string_view domain) const {
  const Domain read(domain);
  const absl::string_view part = read.part();
  switch (read.kind) {
    case Domain::Kind::kExact:
      return OwnerIn(&exact_, part);
    case Domain::Kind::kSuffix:
      return OwnerIn(FindLength(suffixes_, part.size()), part);
    case Domain::Kind::kPrefix:
      return OwnerIn(FindLength(prefixes_, part.size()), part);
    case Domain::Kind::kAny:
      return any_;
    case Domain::Kind::kBad:
      break;
  }
  return nullptr;
}

DomainTable::Edit::Result DomainTable::Edit::Try(absl::string_view domain) const {
  if (Domain(domain).kind == Domain::Kind::kBad) return Result::kBadWildcard;
  return OwnerOf(domain) == nullptr ? Result::kAdded : Result::kTaken;
}

DomainTable::Edit::Result DomainTable::Edit::Add(absl::string_view domain,
                                                 const VirtualHost& owner) {
  const Domain read(domain);
  const absl::string_view part = read.part();
  bool is_new = true;
  switch (read.kind) {
    case Domain::Kind::kExact:
      is_new = exact_.Insert(part, &owner);
      break;
    case Domain::Kind::kSuffix:
      is_new = Place(suffixes_, part.size()).Insert(part, &owner);
      break;
    case Domain::Kind::kPrefix:
      is_new = Place(prefixes_, part.size()).Insert(part, &owner);
      break;
    case Domain::Kind::kAny:
      is_new = any_ == nullptr;
      if (is_new) any_ = &owner;
      break;
    case Domain::Kind::kBad:
      return Result::kBadWildcard;
  }
  return is_new ? Result::kAdded : Result::kTaken;
}

void DomainTable::Edit::Remove(absl::string_view domain) {
  const Domain read(domain);
  const absl::string_view part = read.part();
  if (read.kind == Domain::Kind::kAny) any_ = nullptr;
  if (read.kind == Domain::Kind::kExact) exact_.Erase(part);
  if (read.kind == Domain::Kind::kSuffix) Place(suffixes_, part.size()).Erase(part);
  if (read.kind == Domain::Kind::kPrefix) Place(prefixes_, part.size()).Erase(part);
}

DomainTable::Owners::Edit& DomainTable::Edit::Place(Lengths& lengths, size_t bytes) {
  auto place = std::find_if(lengths.begin(), lengths.end(),
                            [&](const Wildcards& same) { return same.bytes <= bytes; });
  if (place == lengths.end() || place->bytes != bytes) {
    place = lengths.insert(place, Wildcards{bytes, Owners::Edit(Owners())});
  }
  return place->owners;
}

DomainTable DomainTable::Edit::Finish() && {
  const auto finish = [](Lengths& lengths) {
    std::vector<DomainTable::Wildcards> finished;
    for (Wildcards& one : lengths) {
      Owners owners = std::move(one.owners).Finish();
      if (!owners.empty()) finished.push_back({one.bytes, std::move(owners)});
    }
    return finished;
  };
  DomainTable table;
  table.exact_ = std::move(exact_).Finish();
  table.suffixes_ = finish(suffixes_);
  table.prefixes_ = finish(prefixes_);
  table.any_ = any_;
  return table;
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
