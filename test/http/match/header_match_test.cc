#include "source/http/match/header_match.h"

#include <gtest/gtest.h>

#include "envoy/config/route/v3/route_components.pb.h"
#include "google/protobuf/text_format.h"
#include "source/base/arena.h"
#include "source/http/match/match_config.h"
#include "test/harness/alloc_counter.h"

namespace sluice {
namespace {

class HeaderMatches : public ::testing::Test {
 protected:
  HeaderMatches() {
    headers_.Add(":authority", "example.com");
    headers_.Add("x-number", "-12");
    headers_.Add("x-list", "a");
    headers_.Add("other", "b");
    headers_.Add("x-list", "b");
    headers_.Add("x-empty", "");
  }
  bool Matches(const std::string& text) {
    envoy::config::route::v3::HeaderMatcher proto;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &proto)) << text;
    ConfigErrors errors;
    const auto match = ParseHeaderMatch(proto, FieldScope(errors, "header"));
    EXPECT_TRUE(match.has_value()) << errors.ToString();
    return match.has_value() && match->Matches(headers_);
  }
  std::string ErrorOf(const std::string& text) {
    envoy::config::route::v3::HeaderMatcher proto;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &proto)) << text;
    ConfigErrors errors;
    EXPECT_FALSE(ParseHeaderMatch(proto, FieldScope(errors, "header")).has_value());
    return errors.ToString();
  }

  Arena arena_;
  Headers headers_{arena_};
};

TEST_F(HeaderMatches, Presence) {
  EXPECT_TRUE(Matches("name: 'X-Number'"));
  EXPECT_TRUE(Matches("name: 'x-number' present_match: true"));
  EXPECT_FALSE(Matches("name: 'x-number' present_match: false"));
  EXPECT_TRUE(Matches("name: 'x-none' present_match: false"));
  EXPECT_TRUE(Matches("name: 'x-none' present_match: true invert_match: true"));
  EXPECT_TRUE(Matches("name: 'x-empty'"));
}

TEST_F(HeaderMatches, Strings) {
  EXPECT_TRUE(Matches("name: 'host' string_match { exact: 'example.com' }"));
  EXPECT_FALSE(Matches("name: 'host' string_match { exact: 'Example.com' }"));
  EXPECT_TRUE(Matches("name: 'host' string_match { exact: 'Example.com' ignore_case: true }"));
  EXPECT_TRUE(Matches("name: 'host' string_match { prefix: 'EXAM' ignore_case: true }"));
  EXPECT_TRUE(Matches("name: 'host' string_match { suffix: '.COM' ignore_case: true }"));
  EXPECT_TRUE(Matches("name: 'host' string_match { contains: 'PLE.C' ignore_case: true }"));
  EXPECT_FALSE(Matches("name: 'host' string_match { contains: 'PLE.C' }"));
  EXPECT_TRUE(Matches("name: 'host' string_match { safe_regex { regex: '[a-z]+\\\\.com' } }"));
  EXPECT_FALSE(Matches("name: 'host' string_match { safe_regex { regex: '[a-z]+' } }"));
}

TEST_F(HeaderMatches, DeprecatedForms) {
  EXPECT_TRUE(Matches("name: 'other' exact_match: 'b'"));
  EXPECT_TRUE(Matches("name: 'host' prefix_match: 'example'"));
  EXPECT_TRUE(Matches("name: 'host' suffix_match: 'com'"));
  EXPECT_TRUE(Matches("name: 'host' contains_match: 'ple'"));
  EXPECT_TRUE(Matches("name: 'host' safe_regex_match { regex: 'ex.*' }"));
}

TEST_F(HeaderMatches, RangesAreHalfOpen) {
  EXPECT_TRUE(Matches("name: 'x-number' range_match { start: -12 end: -11 }"));
  EXPECT_FALSE(Matches("name: 'x-number' range_match { start: -13 end: -12 }"));
  EXPECT_FALSE(Matches("name: 'other' range_match { start: -100 end: 100 }"));
}

TEST_F(HeaderMatches, SeveralLinesAreOneValue) {
  EXPECT_TRUE(Matches("name: 'x-list' exact_match: 'a,b'"));
  EXPECT_FALSE(Matches("name: 'x-list' exact_match: 'a'"));
  headers_.Add("x-list", std::string(2000, 'c'));
  headers_.Add("x-list", "d");
  EXPECT_TRUE(Matches("name: 'x-list' safe_regex_match { regex: 'a,b,c{1000}c{1000},d' }"));
}

// The two examples in the documentation of treat_missing_header_as_empty, and their neighbours.
TEST_F(HeaderMatches, MissingHeaders) {
  EXPECT_FALSE(Matches("name: 'x-none' range_match { end: 10 } invert_match: true"));
  EXPECT_TRUE(
      Matches("name: 'x-none' range_match { end: 10 } invert_match: true "
              "treat_missing_header_as_empty: true"));
  EXPECT_FALSE(Matches("name: 'x-none' string_match { exact: '' }"));
  EXPECT_TRUE(
      Matches("name: 'x-none' string_match { exact: '' } treat_missing_header_as_empty: true"));
}

TEST_F(HeaderMatches, Errors) {
  EXPECT_EQ(ErrorOf("present_match: true"), "header.name: is required\n");
  EXPECT_EQ(ErrorOf("name: 'a' string_match { }"),
            "header.string_match: needs a pattern; set one of exact, prefix, suffix, contains, "
            "safe_regex\n");
  EXPECT_NE(ErrorOf("name: 'a' safe_regex_match { regex: '(' }"), "");
}

TEST_F(HeaderMatches, AllocatesNothing) {
  const HeaderMatch match{HeaderKey("x-list"),
                          StringMatch(StringMatch::Kind::kContains, ",", CaseRule::kExact)};
  AllocCounter allocations;
  EXPECT_TRUE(match.Matches(headers_));
  EXPECT_EQ(allocations.count(), 0);
}

}  // namespace
}  // namespace sluice
