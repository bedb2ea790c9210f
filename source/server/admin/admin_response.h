// AdminResponse: what an admin page answers. A value.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice {

struct AdminResponse {
  static constexpr absl::string_view kText = "text/plain; charset=UTF-8";
  static constexpr absl::string_view kJson = "application/json";
  static constexpr absl::string_view kHtml = "text/html; charset=UTF-8";
  // Headers of every answer, beside content-type: pages are of the moment, and never scripts.
  static constexpr std::pair<absl::string_view, absl::string_view> kHeaders[] = {
      {"cache-control", "no-cache, max-age=0"},
      {"x-content-type-options", "nosniff"},
  };

  int status = 200;
  absl::string_view content_type = kText;  // one of the above
  std::string body;
  std::vector<std::string> more = {};  // behind it, of a page that is long
};

}  // namespace sluice
