#include "source/server/admin/stats_page.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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

// A page that grows, until it is whole.
template <class Page>
class StatsJob {
 public:
  // `make` makes it, with the filter.
  template <class Make>
  StatsJob(ParsedFilter parsed, const Make& make, absl::string_view content_type, RunSoon soon,
           std::function<void(AdminResponse)> reply)
      : parsed_(std::move(parsed)),
        page_(make(parsed_.filter)),
        content_type_(content_type),
        soon_(std::move(soon)),
        reply_(std::move(reply)) {}

  static void Run(std::unique_ptr<StatsJob> job) {
    if (job->page_.AddPart(kPartStats)) {
      const RunSoon soon = job->soon_;
      return soon([job = std::move(job)]() mutable { Run(std::move(job)); });
    }
    std::vector<std::string> pieces = job->page_.Take();
    AdminResponse page{200, job->content_type_, std::move(pieces[0])};
    pieces.erase(pieces.begin());
    page.more = std::move(pieces);
    job->reply_(std::move(page));
  }

 private:
  // About a millisecond.
  static constexpr size_t kPartStats = 2048;
  const ParsedFilter parsed_;
  Page page_;
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
  if (format == "prometheus") return PrometheusPage(query, registry, soon, std::move(reply));
  if (format != "text" && format != "json")
    return reply(Refused("usage: /stats?format=(json|prometheus|text)\n\n"));
  const bool is_json = format == "json";
  const auto make = [&](const StatFilter& filter) {
    return GrowingStatsPage(registry, intervals, filter, view,
                            is_json ? StatsFormat::kJson : StatsFormat::kText);
  };
  using Job = StatsJob<GrowingStatsPage>;
  Job::Run(std::make_unique<Job>(std::move(parsed), make,
                                 is_json ? AdminResponse::kJson : AdminResponse::kText, soon,
                                 std::move(reply)));
}

void PrometheusPage(const AdminQuery& query, const StatsRegistry& registry, const RunSoon& soon,
                    std::function<void(AdminResponse)> reply) {
  ParsedFilter parsed;
  std::optional<AdminResponse> refused = ParseFilter(query, parsed);
  if (refused.has_value()) return reply(*std::move(refused));
  const auto make = [&](const StatFilter& filter) {
    return GrowingPrometheusPage(registry, filter);
  };
  using Job = StatsJob<GrowingPrometheusPage>;
  Job::Run(
      std::make_unique<Job>(std::move(parsed), make, AdminResponse::kText, soon, std::move(reply)));
}

}  // namespace sluice
