#include "source/stats/stats_text.h"

#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "source/base/json_text.h"
#include "source/stats/histogram_format.h"

namespace sluice {
namespace {

constexpr absl::string_view kJsonHead = "{\"stats\":[";

void AppendNumber(double value, std::string& out) {
  if (std::isnan(value)) {
    out += "nan";
    return;
  }
  char digits[32];
  out.append(digits, std::to_chars(digits, digits + sizeof(digits), value).ptr);
}

uint64_t CountOf(const HistogramSummary& summary, HistogramView view, size_t bound) {
  const uint64_t up_to = summary.CountUpTo(kHistogramBounds[bound]);
  if (view == HistogramView::kCumulativeBuckets || bound == 0) return up_to;
  return up_to - summary.CountUpTo(kHistogramBounds[bound - 1]);
}

// One histogram with what it recorded in the last interval.
struct Recorded {
  Recorded(const StatsRegistry& registry, const HistogramIntervals& intervals, uint32_t index)
      : total(registry.Summary(Histogram(index))) {
    const HistogramSummary* last = intervals.Last(index);
    if (last != nullptr) interval = *last;
  }
  HistogramSummary total;
  HistogramSummary interval;
};

void AppendHistogramText(const Recorded& recorded, HistogramView view, std::string& out) {
  if (view == HistogramView::kQuantiles) {
    for (size_t i = 0; i < std::size(kHistogramQuantiles); ++i) {
      out += i == 0 ? "P" : " P";
      AppendNumber(kHistogramPercents[i], out);
      out += '(';
      AppendNumber(recorded.interval.Quantile(kHistogramQuantiles[i]), out);
      out += ',';
      AppendNumber(recorded.total.Quantile(kHistogramQuantiles[i]), out);
      out += ')';
    }
    return;
  }
  for (size_t i = 0; i < std::size(kHistogramBounds); ++i) {
    out += i == 0 ? "B" : " B";
    AppendNumber(kHistogramBounds[i], out);
    absl::StrAppend(&out, "(", CountOf(recorded.interval, view, i), ",",
                    CountOf(recorded.total, view, i), ")");
  }
}

void AppendQuantilesJson(const Recorded& recorded, std::string& out) {
  out += ",\"values\":[";
  for (size_t i = 0; i < std::size(kHistogramQuantiles); ++i) {
    out += i == 0 ? "{\"cumulative\":" : ",{\"cumulative\":";
    AppendJsonNumber(recorded.total.Quantile(kHistogramQuantiles[i]), out);
    out += ",\"interval\":";
    AppendJsonNumber(recorded.interval.Quantile(kHistogramQuantiles[i]), out);
    out += '}';
  }
  out += "]}";
}

void AppendBucketsJson(const Recorded& recorded, HistogramView view, std::string& out) {
  out += ",\"buckets\":[";
  for (size_t i = 0; i < std::size(kHistogramBounds); ++i) {
    out += i == 0 ? "{\"upper_bound\":" : ",{\"upper_bound\":";
    AppendJsonNumber(kHistogramBounds[i], out);
    absl::StrAppend(&out, ",\"interval\":", CountOf(recorded.interval, view, i),
                    ",\"cumulative\":", CountOf(recorded.total, view, i), "}");
  }
  out += "]}";
}

// The opening of the one JSON object that holds all histograms.
void AppendHistogramsHead(HistogramView view, std::string& out) {
  if (view != HistogramView::kQuantiles) {
    out += "{\"histograms\":[";
    return;
  }
  out += "{\"histograms\":{\"supported_quantiles\":[";
  for (size_t i = 0; i < std::size(kHistogramPercents); ++i) {
    if (i > 0) out += ',';
    AppendJsonNumber(kHistogramPercents[i], out);
  }
  out += "],\"computed_quantiles\":[";
}

}  // namespace

GrowingStatsPage::GrowingStatsPage(const StatsRegistry& registry,
                                   const HistogramIntervals& intervals, const StatFilter& filter,
                                   HistogramView view, StatsFormat format)
    : registry_(registry),
      intervals_(intervals),
      filter_(filter),
      view_(view),
      format_(format),
      text_(format == StatsFormat::kJson ? kJsonHead : "") {}

bool GrowingStatsPage::AddPart(size_t stats) {
  const bool more = registry_.ForSome(after_, stats, [this](const StatsRegistry::Stat& stat) {
    if (!filter_.Wants(stat)) return;
    format_ == StatsFormat::kText ? AddText(stat) : AddJson(stat);
  });
  if (text_.size() >= kPieceBytes) pieces_.push_back(std::exchange(text_, {}));
  return more;
}

bool GrowingStatsPage::has_stats() const {
  return !pieces_.empty() || text_.size() > kJsonHead.size();
}

void GrowingStatsPage::AddText(const StatsRegistry::Stat& stat) {
  if (stat.kind != StatKind::kHistogram) {
    absl::StrAppend(&text_, stat.name, ": ", stat.value, "\n");
    return;
  }
  absl::StrAppend(&histograms_, stat.name, ": ");
  if (stat.used) {
    AppendHistogramText(Recorded(registry_, intervals_, stat.index), view_, histograms_);
  } else {
    histograms_ += "No recorded values";
  }
  histograms_ += '\n';
}

void GrowingStatsPage::AddJson(const StatsRegistry::Stat& stat) {
  const bool is_histogram = stat.kind == StatKind::kHistogram;
  std::string& out = is_histogram ? histograms_ : text_;
  if (is_histogram ? !out.empty() : has_stats()) out += ',';
  out += "{\"name\":";
  AppendJsonString(stat.name, out);
  if (!is_histogram) {
    absl::StrAppend(&out, ",\"value\":", stat.value, "}");
    return;
  }
  const Recorded recorded(registry_, intervals_, stat.index);
  view_ == HistogramView::kQuantiles ? AppendQuantilesJson(recorded, out)
                                     : AppendBucketsJson(recorded, view_, out);
}

std::vector<std::string> GrowingStatsPage::Take() {
  if (format_ == StatsFormat::kText) {
    text_ += histograms_;
  } else {
    if (!histograms_.empty()) {
      if (has_stats()) text_ += ',';
      AppendHistogramsHead(view_, text_);
      absl::StrAppend(&text_, histograms_, view_ == HistogramView::kQuantiles ? "]}}" : "]}");
    }
    text_ += "]}";
  }
  pieces_.push_back(std::move(text_));
  return std::move(pieces_);
}

std::string StatsText(const StatsRegistry& registry, const HistogramIntervals& intervals,
                      const StatFilter& filter, HistogramView view) {
  GrowingStatsPage page(registry, intervals, filter, view, StatsFormat::kText);
  page.AddPart(std::numeric_limits<size_t>::max());
  return absl::StrJoin(page.Take(), "");
}

std::string StatsJson(const StatsRegistry& registry, const HistogramIntervals& intervals,
                      const StatFilter& filter, HistogramView view) {
  GrowingStatsPage page(registry, intervals, filter, view, StatsFormat::kJson);
  page.AddPart(std::numeric_limits<size_t>::max());
  return absl::StrJoin(page.Take(), "");
}

}  // namespace sluice
