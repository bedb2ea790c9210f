#include "source/extensions/http/compressor/accept_encoding.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace sluice {
namespace {

constexpr int kNoWeight = -1;

// RFC 9110 section 12.4.2: 0 to 1 with up to three digits; in thousandths.
int ReadWeight(absl::string_view text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return kNoWeight;
  int weight = (text[0] - '0') * 1000;
  text.remove_prefix(1);
  if (absl::ConsumePrefix(&text, ".")) {
    if (text.size() > 3) return kNoWeight;
    int worth = 100;
    for (const char digit : text) {
      if (!absl::ascii_isdigit(static_cast<unsigned char>(digit))) return kNoWeight;
      weight += (digit - '0') * worth;
      worth /= 10;
    }
  } else if (!text.empty()) {
    return kNoWeight;
  }
  return weight > 1000 ? kNoWeight : weight;
}

// Of "gzip;q=0.5", what is behind the name.
int WeightOf(absl::string_view parameters) {
  parameters = absl::StripAsciiWhitespace(parameters);
  if (parameters.empty()) return 1000;
  if (!absl::StartsWithIgnoreCase(parameters, "q=")) return kNoWeight;
  return ReadWeight(parameters.substr(2));
}

}  // namespace

void AcceptedEncodings::Add(absl::string_view value) {
  is_there_ = true;
  for (const absl::string_view entry : absl::StrSplit(value, ',')) {
    const size_t name_end = std::min(entry.find(';'), entry.size());
    const absl::string_view name = absl::StripAsciiWhitespace(entry.substr(0, name_end));
    const int weight = name_end == entry.size() ? 1000 : WeightOf(entry.substr(name_end + 1));
    if (weight == kNoWeight) continue;
    if (absl::EqualsIgnoreCase(name, "gzip") || absl::EqualsIgnoreCase(name, "x-gzip")) {
      gzip_ = std::max(gzip_, weight);
    } else if (name == "*") {
      any_ = std::max(any_, weight);
    } else if (absl::EqualsIgnoreCase(name, "identity")) {
      identity_ = std::max(identity_, weight);
    }
  }
}

// Where both are wanted as much, gzip is what the filter is there for.
EncodingChoice AcceptedEncodings::choice() const {
  if (!is_there_) return EncodingChoice::kNotAsked;
  const bool is_named = gzip_ != kNotNamed;
  const int gzip = is_named ? gzip_ : std::max(any_, 0);
  if (gzip > 0 && gzip >= identity_)
    return is_named ? EncodingChoice::kGzip : EncodingChoice::kWildcard;
  return identity_ > 0 ? EncodingChoice::kIdentity : EncodingChoice::kNotValid;
}

}  // namespace sluice
