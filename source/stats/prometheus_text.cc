#include "source/stats/prometheus_text.h"

#include <charconv>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "source/stats/histogram_format.h"
#include "source/stats/stat_tags.h"

namespace sluice {
namespace {

// Names are [a-zA-Z_][a-zA-Z0-9_]*; the prefix sees to the first character.
std::string Sanitized(absl::string_view name) {
  std::string result(name);
  for (char& c : result) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return result;
}

std::string Labels(const std::vector<StatTag>& tags) {
  std::string text;
  for (const StatTag& tag : tags) {
    absl::StrAppend(&text, text.empty() ? "" : ",", Sanitized(tag.name), "=\"");
    for (const char c : tag.value) {
      if (c == '\n') {
        text += "\\n";
        continue;
      }
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += '"';
  }
  return text;
}

struct Sample {
  std::string labels;
  int64_t value;
  uint32_t index;
};
// The samples of one kind of stat, by metric name.
using Family = absl::btree_map<std::string, std::vector<Sample>>;

std::string BoundText(double bound) {
  char digits[32];
  return std::string(
      digits, std::to_chars(digits, digits + sizeof(digits), bound, std::chars_format::fixed).ptr);
}

void AppendHistogram(const std::string& name, const std::string& labels,
                     const HistogramSummary& summary, std::string& out) {
  const std::string comma = labels.empty() ? "" : ",";
  for (const double bound : kHistogramBounds) {
    absl::StrAppend(&out, name, "_bucket{", labels, comma, "le=\"", BoundText(bound), "\"} ",
                    summary.CountUpTo(bound), "\n");
  }
  absl::StrAppend(&out, name, "_bucket{", labels, comma, "le=\"+Inf\"} ", summary.count, "\n");
  absl::StrAppend(&out, name, "_sum{", labels, "} ", summary.sum, "\n");
  absl::StrAppend(&out, name, "_count{", labels, "} ", summary.count, "\n");
}

constexpr absl::string_view kTypeNames[] = {"counter", "gauge", "histogram"};

}  // namespace

std::string PrometheusText(const StatsRegistry& registry, const StatFilter& filter) {
  Family families[std::size(kTypeNames)];
  registry.ForEach([&](const StatsRegistry::Stat& stat) {
    if (!filter.Wants(stat)) return;
    const TaggedStatName tagged = ExtractStatTags(stat.name);
    families[static_cast<size_t>(stat.kind)][absl::StrCat("envoy_", Sanitized(tagged.name))]
        .push_back({Labels(tagged.tags), stat.value, stat.index});
  });
  std::string text;
  absl::flat_hash_set<std::string> names;
  for (size_t kind = 0; kind < std::size(kTypeNames); ++kind) {
    for (const auto& [plain_name, samples] : families[kind]) {
      // A scraper refuses a page on which one name has two types.
      std::string name = plain_name;
      if (!names.insert(name).second) absl::StrAppend(&name, "_", kTypeNames[kind]);
      absl::StrAppend(&text, "# TYPE ", name, " ", kTypeNames[kind], "\n");
      for (const Sample& sample : samples) {
        if (static_cast<StatKind>(kind) == StatKind::kHistogram) {
          AppendHistogram(name, sample.labels, registry.Summary(Histogram(sample.index)), text);
        } else {
          absl::StrAppend(&text, name, "{", sample.labels, "} ", sample.value, "\n");
        }
      }
      text += '\n';
    }
  }
  return text;
}

}  // namespace sluice
