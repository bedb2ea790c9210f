#include "source/server/admin/stats_page.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "re2/re2.h"
#include "source/stats/prometheus_text.h"
#include "source/stats/stat_filter.h"
#include "source/stats/stats_text.h"

namespace sluice {
namespace {

AdminResponse Refused(std::string text) { return {400, AdminResponse::kText, std::move(text)}; }

// The filter that the parameters describe, with what it borrows.
struct ParsedFilter {
  StatFilter filter;
  std::unique_ptr<re2::RE2> name;
};

// Nothing, or what is wrong.
std::optional<AdminResponse> ParseFilter(const AdminQuery& query, ParsedFilter& parsed) {
  if (query.Has("usedonly")) parsed.filter.use = StatUse::kUsedOnly;
  const std::optional<absl::string_view> name = query.Get("filter");
  if (!name.has_value()) return std::nullopt;
  parsed.name =
      std::make_unique<re2::RE2>(re2::StringPiece(name->data(), name->size()), re2::RE2::Quiet);
  if (!parsed.name->ok()) return Refused("Invalid re2 regex");
  parsed.filter.name = parsed.name.get();
  return std::nullopt;
}

std::optional<AdminResponse> ParseKind(const AdminQuery& query, StatFilter& filter) {
  const absl::string_view type = query.Get("type").value_or("All");
  if (type == "Counters") {
    filter.kind = StatKind::kCounter;
  } else if (type == "Gauges") {
    filter.kind = StatKind::kGauge;
  } else if (type == "Histograms") {
    filter.kind = StatKind::kHistogram;
  } else if (type != "All") {
    return Refused("invalid &type= param");
  }
  return std::nullopt;
}

std::optional<AdminResponse> ParseView(const AdminQuery& query, HistogramView& view) {
  const absl::string_view buckets = query.Get("histogram_buckets").value_or("none");
  if (buckets == "cumulative") {
    view = HistogramView::kCumulativeBuckets;
  } else if (buckets == "disjoint") {
    view = HistogramView::kDisjointBuckets;
  } else if (buckets != "none") {
    return Refused("usage: /stats?histogram_buckets=(cumulative|disjoint|none)\n");
  }
  return std::nullopt;
}

// The page, until it is whole.
class StatsJob {
 public:
  StatsJob(ParsedFilter parsed, const StatsRegistry& registry, const HistogramIntervals& intervals,
           HistogramView view, StatsFormat format, RunSoon soon,
           std::function<void(AdminResponse)> reply)
      : parsed_(std::move(parsed)),
        page_(registry, intervals, parsed_.filter, view, format),
        content_type_(format == StatsFormat::kJson ? AdminResponse::kJson : AdminResponse::kText),
        soon_(std::move(soon)),
        reply_(std::move(reply)) {}

  static void Run(std::unique_ptr<StatsJob> job) {
    if (job->page_.AddPart(kPartStats)) {
      const RunSoon soon = job->soon_;
      return soon([job = std::move(job)]() mutable { Run(std::move(job)); });
    }
    job->reply_({200, job->content_type_, job->page_.Take()});
  }

 private:
  // Some milliseconds.
  static constexpr size_t kPartStats = 8192;
  const ParsedFilter parsed_;
  GrowingStatsPage page_;
  const absl::string_view content_type_;
  const RunSoon soon_;
  const std::function<void(AdminResponse)> reply_;
};

}  // namespace

void StatsPage(const AdminQuery& query, const StatsRegistry& registry,
               const HistogramIntervals& intervals, const RunSoon& soon,
               std::function<void(AdminResponse)> reply) {
  ParsedFilter parsed;
  HistogramView view = HistogramView::kQuantiles;
  std::optional<AdminResponse> refused = ParseFilter(query, parsed);
  if (!refused.has_value()) refused = ParseKind(query, parsed.filter);
  if (!refused.has_value()) refused = ParseView(query, view);
  if (refused.has_value()) return reply(*std::move(refused));
  const absl::string_view format = query.Get("format").value_or("text");
  if (format == "prometheus") return reply(PrometheusPage(query, registry));
  if (format != "text" && format != "json")
    return reply(Refused("usage: /stats?format=(json|prometheus|text)\n\n"));
  auto job = std::make_unique<StatsJob>(std::move(parsed), registry, intervals, view,
                                        format == "json" ? StatsFormat::kJson : StatsFormat::kText,
                                        soon, std::move(reply));
  StatsJob::Run(std::move(job));
}

AdminResponse PrometheusPage(const AdminQuery& query, const StatsRegistry& registry) {
  ParsedFilter parsed;
  std::optional<AdminResponse> refused = ParseFilter(query, parsed);
  if (refused.has_value()) return *std::move(refused);
  return {200, AdminResponse::kText, PrometheusText(registry, parsed.filter)};
}

}  // namespace sluice
