// Stat tags: the variable parts of a stat's name (which cluster, which status) taken out of it, so
// that all clusters share one metric. The tags and names are those of Envoy's default tag
// extraction: dashboards depend on them. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice {

struct StatTag {
  absl::string_view name;  // "envoy.cluster_name"; static
  std::string value;
};

struct TaggedStatName {
  std::string name;  // "cluster.upstream_rq"
  std::vector<StatTag> tags;
};

TaggedStatName ExtractStatTags(absl::string_view stat_name);

}  // namespace sluice
