#include "source/stats/prometheus_text.h"

#include <charconv>
#include <limits>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
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

std::string BoundText(double bound) {
  char digits[32];
  return std::string(
      digits, std::to_chars(digits, digits + sizeof(digits), bound, std::chars_format::fixed).ptr);
}

constexpr absl::string_view kTypeNames[] = {"counter", "gauge", "histogram"};

}  // namespace

bool GrowingPrometheusPage::AddPart(size_t stats) {
  if (!all_read_) {
    all_read_ =
        !registry_.ForSome(after_, stats, [this](const StatsRegistry::Stat& stat) { Read(stat); });
    return true;
  }
  const bool more = Write(stats);
  if (text_.size() >= kPieceBytes) pieces_.push_back(std::exchange(text_, {}));
  return more;
}

std::vector<std::string> GrowingPrometheusPage::Take() {
  pieces_.push_back(std::move(text_));
  return std::move(pieces_);
}

void GrowingPrometheusPage::Read(const StatsRegistry::Stat& stat) {
  if (!filter_.Wants(stat)) return;
  const TaggedStatName tagged = ExtractStatTags(stat.name);
  int64_t value = stat.value;
  if (stat.kind == StatKind::kHistogram) {
    const HistogramSummary summary = registry_.Summary(Histogram(stat.index));
    value = static_cast<int64_t>(counts_.size());
    Counts& counts = counts_.emplace_back();
    for (size_t i = 0; i < counts.up_to.size(); ++i) {
      counts.up_to[i] = summary.CountUpTo(kHistogramBounds[i]);
    }
    counts.count = summary.count;
    counts.sum = summary.sum;
  }
  families_[static_cast<size_t>(stat.kind)][absl::StrCat("envoy_", Sanitized(tagged.name))]
      .push_back({Labels(tagged.tags), value});
}

bool GrowingPrometheusPage::Write(size_t samples) {
  for (size_t kind = 0; kind < kKinds; ++kind) {
    Family& families = families_[kind];
    while (!families.empty()) {
      if (samples == 0) return true;
      const auto family = families.begin();
      if (written_ == 0) WriteType(kind, family->first);
      for (; written_ < family->second.size(); ++written_, --samples) {
        if (samples == 0) return true;
        const Sample& sample = family->second[written_];
        if (static_cast<StatKind>(kind) == StatKind::kHistogram) {
          WriteHistogram(sample.labels, counts_[static_cast<size_t>(sample.value)]);
        } else {
          absl::StrAppend(&text_, name_, "{", sample.labels, "} ", sample.value, "\n");
        }
      }
      text_ += '\n';
      written_ = 0;
      families.erase(family);
    }
  }
  return false;
}

// A scraper refuses a page on which one name has two types.
void GrowingPrometheusPage::WriteType(size_t kind, const std::string& plain_name) {
  name_ = plain_name;
  if (!names_.insert(name_).second) absl::StrAppend(&name_, "_", kTypeNames[kind]);
  absl::StrAppend(&text_, "# TYPE ", name_, " ", kTypeNames[kind], "\n");
}

void GrowingPrometheusPage::WriteHistogram(const std::string& labels, const Counts& counts) {
  const std::string comma = labels.empty() ? "" : ",";
  for (size_t i = 0; i < counts.up_to.size(); ++i) {
    absl::StrAppend(&text_, name_, "_bucket{", labels, comma, "le=\"",
                    BoundText(kHistogramBounds[i]), "\"} ", counts.up_to[i], "\n");
  }
  absl::StrAppend(&text_, name_, "_bucket{", labels, comma, "le=\"+Inf\"} ", counts.count, "\n");
  absl::StrAppend(&text_, name_, "_sum{", labels, "} ", counts.sum, "\n");
  absl::StrAppend(&text_, name_, "_count{", labels, "} ", counts.count, "\n");
}

std::string PrometheusText(const StatsRegistry& registry, const StatFilter& filter) {
  GrowingPrometheusPage page(registry, filter);
  while (page.AddPart(std::numeric_limits<size_t>::max())) {
  }
  return absl::StrJoin(page.Take(), "");
}

}  // namespace sluice
