#include "source/route/query_match.h"

namespace sluice {

std::optional<absl::string_view> FindQueryParameter(absl::string_view query,
                                                    absl::string_view name) {
  while (!query.empty()) {
    const absl::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(parameter.size() == query.size() ? query.size() : parameter.size() + 1);
    const size_t equals = parameter.find('=');
    if (parameter.substr(0, equals) != name) continue;
    return equals == absl::string_view::npos ? absl::string_view() : parameter.substr(equals + 1);
  }
  return std::nullopt;
}

bool QueryMatch::Matches(absl::string_view query) const {
  const std::optional<absl::string_view> found = FindQueryParameter(query, name);
  if (value.has_value()) return found.has_value() && value->Matches(*found);
  return found.has_value() == expected;
}

}  // namespace sluice
