#include "source/stats/histogram.h"

#include <cmath>

#include "gtest/gtest.h"
#include "source/stats/histogram_summary.h"

namespace sluice {
namespace {

HistogramSummary Of(std::initializer_list<uint64_t> values) {
  StatCells cells;
  cells.Grow(1 + Histogram::kCells);
  const Histogram histogram(1);
  for (uint64_t value : values) histogram.Record(cells, value);
  HistogramSummary summary;
  for (uint32_t i = 0; i < Histogram::kBuckets; ++i) {
    summary.buckets.push_back(static_cast<uint64_t>(cells.Get(1 + i)));
    summary.count += summary.buckets.back();
  }
  summary.sum = static_cast<uint64_t>(cells.Get(1 + Histogram::kBuckets));
  return summary;
}

TEST(Histogram, BucketsPartitionTheValues) {
  for (uint32_t bucket = 0; bucket < Histogram::kBuckets; ++bucket) {
    const uint64_t low = Histogram::LowerBound(bucket);
    const uint64_t next = Histogram::LowerBound(bucket + 1);
    ASSERT_LT(low, next);
    EXPECT_EQ(Histogram::BucketOf(low), bucket);
    EXPECT_EQ(Histogram::BucketOf(next - 1), bucket);
    EXPECT_LE(static_cast<double>(next - 1 - low), 0.25 * static_cast<double>(low)) << low;
  }
}

TEST(Histogram, ValuesBeyondTheLastBucketCountInIt) {
  EXPECT_EQ(Histogram::BucketOf(uint64_t{1} << 42), Histogram::kBuckets - 1);
  EXPECT_EQ(Histogram::BucketOf(~uint64_t{0}), Histogram::kBuckets - 1);
}

TEST(Histogram, SumAndCountAreExact) {
  const HistogramSummary summary = Of({0, 1, 10, 1000, 123456789});
  EXPECT_EQ(summary.count, 5u);
  EXPECT_EQ(summary.sum, 123457800u);
}

TEST(Histogram, ADefaultOneRecordsIntoNothing) {
  StatCells cells;
  Histogram().Record(cells, 1'000'000);
  EXPECT_FALSE(cells.used(0));
}

TEST(HistogramSummary, QuantilesLieInTheirBucket) {
  EXPECT_TRUE(std::isnan(Of({}).Quantile(0.5)));
  const HistogramSummary one = Of({1});
  EXPECT_EQ(one.Quantile(0), 1.0);
  EXPECT_EQ(one.Quantile(0.5), 1.5);
  EXPECT_EQ(one.Quantile(1), 2.0);
  const HistogramSummary many = Of({1, 1, 1, 1, 1, 1, 1, 1, 1, 100});
  EXPECT_LT(many.Quantile(0.9), 2.001);
  EXPECT_GE(many.Quantile(0.95), 96.0);
  EXPECT_LE(many.Quantile(1), 112.0);
  EXPECT_LE(many.Quantile(0.2), many.Quantile(0.3));
}

TEST(HistogramSummary, CountsUpToABound) {
  const HistogramSummary summary = Of({0, 1, 2, 5, 10, 25, 3'700'000});
  EXPECT_EQ(summary.CountUpTo(0.5), 1u);
  EXPECT_EQ(summary.CountUpTo(1), 2u);
  EXPECT_EQ(summary.CountUpTo(5), 4u);
  EXPECT_EQ(summary.CountUpTo(30), 6u);
  EXPECT_EQ(summary.CountUpTo(1e13), 7u);
  uint64_t previous = 0;
  for (double bound = 0; bound < 100; bound += 0.5) {
    EXPECT_GE(summary.CountUpTo(bound), previous);
    previous = summary.CountUpTo(bound);
  }
}

TEST(HistogramSummary, ADividedBucketCountsInProportion) {
  // [8, 10) holds two values: half of it is at most 8.
  const HistogramSummary summary = Of({8, 8, 9, 9});
  EXPECT_EQ(summary.CountUpTo(7), 0u);
  EXPECT_EQ(summary.CountUpTo(8), 2u);
  EXPECT_EQ(summary.CountUpTo(9), 4u);
}

TEST(HistogramSummary, SinceSubtracts) {
  const HistogramSummary later = Of({1, 1, 7}).Since(Of({1}));
  EXPECT_EQ(later.count, 2u);
  EXPECT_EQ(later.sum, 8u);
  EXPECT_EQ(later.buckets[1], 1u);
  EXPECT_EQ(Of({3}).Since(HistogramSummary{}).count, 1u);
}

}  // namespace
}  // namespace sluice
