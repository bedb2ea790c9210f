#include "source/stats/stats_text.h"

#include <charconv>
#include <cmath>
#include <iterator>
#include <vector>

#include "absl/strings/str_cat.h"
#include "source/base/json_text.h"
#include "source/stats/histogram_format.h"

namespace sluice {
namespace {

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

std::string StatsText(const StatsRegistry& registry, const HistogramIntervals& intervals,
                      const StatFilter& filter, HistogramView view) {
  std::string text;
  std::string histograms;
  registry.ForEach([&](const StatsRegistry::Stat& stat) {
    if (!filter.Wants(stat)) return;
    if (stat.kind != StatKind::kHistogram) {
      absl::StrAppend(&text, stat.name, ": ", stat.value, "\n");
      return;
    }
    absl::StrAppend(&histograms, stat.name, ": ");
    if (stat.used) {
      AppendHistogramText(Recorded(registry, intervals, stat.index), view, histograms);
    } else {
      histograms += "No recorded values";
    }
    histograms += '\n';
  });
  return text + histograms;
}

std::string StatsJson(const StatsRegistry& registry, const HistogramIntervals& intervals,
                      const StatFilter& filter, HistogramView view) {
  std::string text = "{\"stats\":[";
  std::string histograms;
  const size_t empty = text.size();
  registry.ForEach([&](const StatsRegistry::Stat& stat) {
    if (!filter.Wants(stat)) return;
    const bool is_histogram = stat.kind == StatKind::kHistogram;
    std::string& out = is_histogram ? histograms : text;
    if (out.size() > (is_histogram ? 0 : empty)) out += ',';
    out += "{\"name\":";
    AppendJsonString(stat.name, out);
    if (!is_histogram) {
      absl::StrAppend(&out, ",\"value\":", stat.value, "}");
      return;
    }
    const Recorded recorded(registry, intervals, stat.index);
    view == HistogramView::kQuantiles ? AppendQuantilesJson(recorded, out)
                                      : AppendBucketsJson(recorded, view, out);
  });
  if (!histograms.empty()) {
    if (text.size() > empty) text += ',';
    AppendHistogramsHead(view, text);
    absl::StrAppend(&text, histograms, view == HistogramView::kQuantiles ? "]}}" : "]}");
  }
  return text + "]}";
}

}  // namespace sluice
