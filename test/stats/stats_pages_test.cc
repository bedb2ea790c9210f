// What operators and scrapers read: /stats as text and JSON, and the Prometheus exposition.
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "source/stats/prometheus_text.h"
#include "source/stats/registry.h"
#include "source/stats/stats_text.h"

namespace sluice {
namespace {

class StatsPages : public testing::Test {
 protected:
  StatsPages() { registry_.AddCells(cells_); }
  void Count(absl::string_view name, uint64_t n) { registry_.GetCounter(name).Add(cells_, n); }
  std::string Text(const StatFilter& filter = {},
                   HistogramView view = HistogramView::kQuantiles) const {
    return StatsText(registry_, intervals_, filter, view);
  }
  std::string Json(const StatFilter& filter = {},
                   HistogramView view = HistogramView::kQuantiles) const {
    return StatsJson(registry_, intervals_, filter, view);
  }

  StatCells cells_;
  StatsRegistry registry_;
  HistogramIntervals intervals_;
};

TEST_F(StatsPages, TextListsByNameAndHistogramsLast) {
  registry_.GetHistogram("a.time");
  Count("b.total", 3);
  registry_.GetGauge("a.active").Set(cells_, 2);
  EXPECT_EQ(Text(), "a.active: 2\nb.total: 3\na.time: No recorded values\n");
}

TEST_F(StatsPages, TextShowsQuantilesOfTheIntervalAndOfAll) {
  const Histogram time = registry_.GetHistogram("time");
  time.Record(cells_, 0);
  EXPECT_EQ(Text(),
            "time: P0(nan,0) P25(nan,0.25) P50(nan,0.5) P75(nan,0.75) P90(nan,0.9) P95(nan,0.95) "
            "P99(nan,0.99) P99.5(nan,0.995) P99.9(nan,0.999) P100(nan,1)\n");
  intervals_.Turn(registry_);
  EXPECT_TRUE(absl::StartsWith(Text(), "time: P0(0,0) P25(0.25,0.25) "));
  time.Record(cells_, 1);
  intervals_.Turn(registry_);
  EXPECT_TRUE(absl::StartsWith(Text(), "time: P0(1,0) P25(1.25,0.5) ")) << Text();
  intervals_.Turn(registry_);
  EXPECT_TRUE(absl::StartsWith(Text(), "time: P0(nan,0) P25(nan,0.5) "));
}

TEST_F(StatsPages, TextShowsBuckets) {
  const Histogram time = registry_.GetHistogram("time");
  for (uint64_t value : {0, 1, 3, 4'000'000}) time.Record(cells_, value);
  EXPECT_TRUE(absl::StartsWith(Text({}, HistogramView::kCumulativeBuckets),
                               "time: B0.5(0,1) B1(0,2) B5(0,3) B10(0,3) "));
  const std::string disjoint = Text({}, HistogramView::kDisjointBuckets);
  EXPECT_TRUE(absl::StartsWith(disjoint, "time: B0.5(0,1) B1(0,1) B5(0,1) B10(0,0) "));
  EXPECT_TRUE(absl::EndsWith(disjoint, " B3600000(0,0)\n"));
}

TEST_F(StatsPages, FiltersByUseAndByName) {
  Count("a.used", 1);
  registry_.GetCounter("a.unused");
  Count("b.used", 1);
  registry_.GetHistogram("a.time");
  const re2::RE2 name("^a\\.u");
  StatFilter filter;
  filter.use = StatUse::kUsedOnly;
  EXPECT_EQ(Text(filter), "a.used: 1\nb.used: 1\n");
  filter.name = &name;
  EXPECT_EQ(Text(filter), "a.used: 1\n");
  filter.use = StatUse::kAll;
  EXPECT_EQ(Text(filter), "a.unused: 0\na.used: 1\n");
  EXPECT_EQ(Json(filter),
            R"({"stats":[{"name":"a.unused","value":0},{"name":"a.used","value":1}]})");
  EXPECT_EQ(PrometheusText(registry_, filter),
            "# TYPE envoy_a_unused counter\nenvoy_a_unused{} 0\n\n"
            "# TYPE envoy_a_used counter\nenvoy_a_used{} 1\n\n");
}

TEST_F(StatsPages, JsonOfNothing) { EXPECT_EQ(Json(), R"({"stats":[]})"); }

TEST_F(StatsPages, JsonHoldsHistogramsInOneObject) {
  registry_.GetHistogram("t.one").Record(cells_, 0);
  registry_.GetHistogram("t.two");
  const std::string json = Json();
  EXPECT_TRUE(absl::StartsWith(
      json, R"({"stats":[{"histograms":{"supported_quantiles":[0,25,50,75,90,95,99,99.5,99.9,100],)"
            R"("computed_quantiles":[{"name":"t.one","values":[{"cumulative":0,"interval":null},)"
            R"({"cumulative":0.25,"interval":null},)"))
      << json;
  EXPECT_TRUE(absl::StrContains(json, R"(]},{"name":"t.two","values":[{"cumulative":null,)"));
  EXPECT_TRUE(absl::EndsWith(json, "]}]}}]}"));
  Count("c", 1);
  EXPECT_TRUE(absl::StartsWith(
      Json({}, HistogramView::kDisjointBuckets),
      R"({"stats":[{"name":"c","value":1},{"histograms":[{"name":"t.one","buckets":[)"
      R"({"upper_bound":0.5,"interval":0,"cumulative":1},{"upper_bound":1,)"));
}

TEST_F(StatsPages, ALongPageComesInPiecesThatAreTheWhole) {
  for (int i = 0; i < 10'000; ++i) Count(absl::StrCat(std::string(80, 'a'), i), 1);
  registry_.GetHistogram("time");
  for (const StatsFormat format : {StatsFormat::kText, StatsFormat::kJson}) {
    const StatFilter all;
    GrowingStatsPage page(registry_, intervals_, all, HistogramView::kQuantiles, format);
    while (page.AddPart(100)) {
    }
    const std::vector<std::string> pieces = page.Take();
    EXPECT_GT(pieces.size(), 2u);
    for (const std::string& piece : pieces) EXPECT_LT(piece.size(), 400'000u);
    EXPECT_TRUE(absl::StrJoin(pieces, "") == (format == StatsFormat::kText ? Text() : Json()));
  }
}

TEST_F(StatsPages, JsonEscapesNames) {
  Count("cluster.a\"b.x", 1);
  EXPECT_EQ(Json(), R"({"stats":[{"name":"cluster.a\"b.x","value":1}]})");
}

TEST_F(StatsPages, PrometheusGroupsOneMetricUnderOneType) {
  Count("cluster.b.upstream_rq_total", 2);
  Count("cluster.a.upstream_rq_total", 1);
  Count("cluster.a.upstream_rq_2xx", 1);
  registry_.GetGauge("cluster.a.upstream_cx_active").Set(cells_, 4);
  registry_.AddComputedGauge("server.live", [] { return 1; });
  EXPECT_EQ(PrometheusText(registry_, {}), R"(# TYPE envoy_cluster_upstream_rq_total counter
envoy_cluster_upstream_rq_total{envoy_cluster_name="a"} 1
envoy_cluster_upstream_rq_total{envoy_cluster_name="b"} 2

# TYPE envoy_cluster_upstream_rq_xx counter
envoy_cluster_upstream_rq_xx{envoy_response_code_class="2",envoy_cluster_name="a"} 1

# TYPE envoy_cluster_upstream_cx_active gauge
envoy_cluster_upstream_cx_active{envoy_cluster_name="a"} 4

# TYPE envoy_server_live gauge
envoy_server_live{} 1

)");
}

TEST_F(StatsPages, PrometheusHistogramsAreCumulative) {
  const Histogram time = registry_.GetHistogram("cluster.a.upstream_rq_time");
  for (uint64_t value : {0, 1, 7, 4'000'000}) time.Record(cells_, value);
  const std::string text = PrometheusText(registry_, {});
  EXPECT_TRUE(absl::StartsWith(text, R"(# TYPE envoy_cluster_upstream_rq_time histogram
envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="a",le="0.5"} 1
envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="a",le="1"} 2
envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="a",le="5"} 2
envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="a",le="10"} 3
)")) << text;
  EXPECT_TRUE(absl::EndsWith(text, R"(
envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="a",le="3600000"} 3
envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="a",le="+Inf"} 4
envoy_cluster_upstream_rq_time_sum{envoy_cluster_name="a"} 4000008
envoy_cluster_upstream_rq_time_count{envoy_cluster_name="a"} 4

)")) << text;
}

TEST_F(StatsPages, PrometheusEscapesLabelsAndSanitizesNames) {
  Count("cluster.a\"b\\c\nd.x-y:z", 1);
  EXPECT_EQ(PrometheusText(registry_, {}),
            "# TYPE envoy_cluster_x_y_z counter\n"
            "envoy_cluster_x_y_z{envoy_cluster_name=\"a\\\"b\\\\c\\nd\"} 1\n\n");
}

TEST_F(StatsPages, PrometheusNeverGivesOneNameTwoTypes) {
  Count("cluster.a.x", 1);
  registry_.GetGauge("cluster.b.x").Set(cells_, 2);
  EXPECT_EQ(PrometheusText(registry_, {}),
            "# TYPE envoy_cluster_x counter\nenvoy_cluster_x{envoy_cluster_name=\"a\"} 1\n\n"
            "# TYPE envoy_cluster_x_gauge gauge\n"
            "envoy_cluster_x_gauge{envoy_cluster_name=\"b\"} 2\n\n");
}

TEST_F(StatsPages, PrometheusIsTheSameInParts) {
  for (const char* name : {"cluster.a.x", "cluster.b.x", "cluster.c.x", "server.y"}) Count(name, 1);
  registry_.GetGauge("cluster.b.z").Set(cells_, 2);
  registry_.GetGauge("listener.x").Set(cells_, 3);
  registry_.GetHistogram("cluster.a.time").Record(cells_, 7);
  registry_.GetHistogram("cluster.b.time").Record(cells_, 8);
  const std::string whole = PrometheusText(registry_, {});
  const StatFilter all;
  for (size_t count = 1; count < 12; ++count) {
    GrowingPrometheusPage page(registry_, all);
    size_t parts = 1;
    while (page.AddPart(count)) ++parts;
    EXPECT_EQ(absl::StrJoin(page.Take(), ""), whole) << count;
    EXPECT_GE(parts, 2 * (8 / count)) << count;
  }
}

}  // namespace
}  // namespace sluice
