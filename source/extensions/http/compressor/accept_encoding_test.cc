// Which coding of a response is wanted.

#include "source/extensions/http/compressor/accept_encoding.h"

#include <vector>

#include "gtest/gtest.h"

namespace sluice {
namespace {

EncodingChoice Of(const std::vector<absl::string_view>& lines) {
  AcceptedEncodings accepted;
  for (const absl::string_view line : lines) accepted.Add(line);
  return accepted.choice();
}

TEST(AcceptedEncodings, WithoutTheHeaderNothingIsAsked) {
  EXPECT_EQ(Of({}), EncodingChoice::kNotAsked);
}

TEST(AcceptedEncodings, GzipIsTakenInAnyCaseAndOrder) {
  for (const absl::string_view value :
       {"gzip", "GZip", "x-gzip", "br, gzip", "deflate;q=1.0,gzip ; q=0.5", "gzip;q=0.001",
        "identity, gzip", "*;q=0, gzip", "gzip;Q=1"}) {
    EXPECT_EQ(Of({value}), EncodingChoice::kGzip) << value;
  }
  EXPECT_EQ(Of({"br", "gzip"}), EncodingChoice::kGzip);
}

TEST(AcceptedEncodings, AStarStandsForIt) {
  EXPECT_EQ(Of({"*"}), EncodingChoice::kWildcard);
  EXPECT_EQ(Of({"br, *;q=0.1"}), EncodingChoice::kWildcard);
}

TEST(AcceptedEncodings, WhatWeighsNothingIsNotWanted) {
  for (const absl::string_view value :
       {"", "br", "gzip;q=0", "gzip;q=0.000", "*;q=0", "gzip;q=0, *", "gzipped"}) {
    EXPECT_EQ(Of({value}), EncodingChoice::kNotValid) << value;
  }
}

TEST(AcceptedEncodings, IdentityMayBeWantedMore) {
  EXPECT_EQ(Of({"identity"}), EncodingChoice::kIdentity);
  EXPECT_EQ(Of({"identity, gzip;q=0.9"}), EncodingChoice::kIdentity);
  EXPECT_EQ(Of({"identity;q=0.5, gzip;q=0.5"}), EncodingChoice::kGzip);
}

TEST(AcceptedEncodings, WeightsThatAreNoneNameNothing) {
  for (const absl::string_view value :
       {"gzip;q=", "gzip;q=2", "gzip;q=1.001", "gzip;q=0.1234", "gzip;q=.5", "gzip;q=0.x",
        "gzip;q=-1", "gzip;v=1", "gzip;q=01"}) {
    EXPECT_EQ(Of({value}), EncodingChoice::kNotValid) << value;
  }
}

}  // namespace
}  // namespace sluice
