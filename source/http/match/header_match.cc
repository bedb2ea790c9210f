#include "source/http/match/header_match.h"

#include <cstring>
#include <string>

#include "absl/strings/numbers.h"

namespace sluice {
namespace {

// All lines of a header as one value: the line itself where there is one, else joined in here.
class JoinedValue {
 public:
  JoinedValue(const HeaderKey& name, const Headers& headers, const Header* first) {
    value_ = first->value;
    for (const Header* header = first + 1; header != headers.end(); ++header) {
      if (name.Matches(*header)) Join(header->value);
    }
  }
  JoinedValue(const JoinedValue&) = delete;
  JoinedValue& operator=(const JoinedValue&) = delete;
  absl::string_view value() const { return value_; }

 private:
  void Join(absl::string_view more) {
    const size_t size = value_.size() + 1 + more.size();
    if (size > sizeof(near_)) {
      if (far_.empty()) far_.assign(value_.data(), value_.size());
      far_ += ',';
      far_.append(more.data(), more.size());
      value_ = far_;
      return;
    }
    if (value_.data() != near_) std::memcpy(near_, value_.data(), value_.size());
    near_[value_.size()] = ',';
    std::memcpy(near_ + value_.size() + 1, more.data(), more.size());
    value_ = {near_, size};
  }

  absl::string_view value_;
  char near_[1024];
  std::string far_;
};

}  // namespace

bool HeaderMatch::Matches(const Headers& headers) const {
  const Header* first = name.FindIn(headers);
  if (const auto* presence = std::get_if<Presence>(&condition)) {
    const bool present = first != nullptr || missing_is_empty;
    return (present == presence->expected) != invert;
  }
  if (first == nullptr) return missing_is_empty && MatchesValue({}) != invert;
  return MatchesValue(JoinedValue(name, headers, first).value()) != invert;
}

bool HeaderMatch::MatchesValue(absl::string_view value) const {
  if (const auto* range = std::get_if<Range>(&condition)) {
    int64_t number = 0;
    return absl::SimpleAtoi(value, &number) && number >= range->start && number < range->end;
  }
  return std::get<StringMatch>(condition).Matches(value);
}

}  // namespace sluice
