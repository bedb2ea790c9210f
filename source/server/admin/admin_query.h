// AdminQuery: the path and the parameters of an admin request's target. Pure.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice {

class AdminQuery {
 public:
  // `target` is "/stats?usedonly&filter=a%2Eb". Slashes that repeat count as one ("//stats"). What
  // is not a percent-escape stays as it is.
  explicit AdminQuery(absl::string_view target);

  const std::string& path() const { return path_; }
  std::string DecodedPath() const;  // without percent-escapes
  // In order; a parameter without '=' has an empty value.
  const std::vector<std::pair<std::string, std::string>>& parameters() const { return parameters_; }
  // The first of that name.
  std::optional<absl::string_view> Get(absl::string_view name) const;
  bool Has(absl::string_view name) const { return Get(name).has_value(); }

 private:
  std::string path_;
  std::vector<std::pair<std::string, std::string>> parameters_;
};

}  // namespace sluice
