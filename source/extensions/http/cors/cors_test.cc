// The promises of the README, one test each.

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "envoy/extensions/filters/http/cors/v3/cors.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "source/config/config_errors.h"
#include "source/config/field_scope.h"
#include "source/extensions/http/cors/cors_config.h"
#include "source/extensions/http/cors/cors_filter.h"
#include "source/sdk/registry.h"
#include "test/harness/filter_tester.h"

namespace sluice {
namespace {

namespace pb = ::envoy::extensions::filters::http::cors::v3;

constexpr char kExample[] = R"(
  allow_origin_string_match { suffix: ".example.com" }
  allow_methods: "GET, POST"
  allow_headers: "content-type"
  expose_headers: "x-count"
  max_age: "600"
)";

FilterValue Parse(const std::string& policy, RuntimeKeys* runtime, std::string* error) {
  pb::CorsPolicy proto;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(policy, &proto)) << policy;
  ConfigErrors errors;
  const FilterValue value = ParseCorsPolicy(proto, runtime, FieldScope(errors));
  *error = errors.ToString();
  return value;
}

class CorsTest : public testing::Test {
 protected:
  // A stream whose route says this; empty: nothing.
  FilterTester& Start(const std::string& policy) {
    tester_.reset();
    route_.filter_settings.reset();
    if (!policy.empty()) Say(policy);
    tester_ = std::make_unique<FilterTester>(
        [](const ExtensionContext& context) {
          return std::make_unique<CorsFilterFactory>(CorsStats(context));
        },
        FilterTester::Options{.route = &route_});
    return *tester_;
  }
  void Say(const std::string& policy) {
    std::string error;
    auto settings = std::make_shared<std::vector<FilterSettings>>();
    settings->push_back({FilterKey("filter0"), false, Parse(policy, &runtime_, &error)});
    EXPECT_EQ(error, "");
    route_.filter_settings = std::move(settings);
  }
  static FilterTester::HeaderList Preflight(const std::string& origin) {
    return {{":method", "OPTIONS"},
            {":path", "/"},
            {"origin", origin},
            {"access-control-request-method", "POST"}};
  }
  // Of the last stream.
  int64_t Count(const std::string& name) {
    return tester_->world().stats().Value(absl::StrCat("http.test.cors.", name));
  }

  RuntimeKeys runtime_;
  Route route_;
  std::unique_ptr<FilterTester> tester_;
};

TEST_F(CorsTest, APreflightOfAnAllowedOriginIsAnswered) {
  FilterTester& tester = Start(kExample);
  tester.Request(Preflight("https://a.example.com"));
  EXPECT_EQ(tester.ended(), StreamEnd::kReplied);
  EXPECT_EQ(tester.status(), 200);
  EXPECT_EQ(tester.reply().details, "cors_response");
  EXPECT_FALSE(tester.request().started());
  EXPECT_EQ(tester.response().header("access-control-allow-origin"), "https://a.example.com");
  EXPECT_EQ(tester.response().header("access-control-allow-methods"), "GET, POST");
  EXPECT_EQ(tester.response().header("access-control-allow-headers"), "content-type");
  EXPECT_EQ(tester.response().header("access-control-max-age"), "600");
  EXPECT_FALSE(tester.response().has_header("access-control-allow-credentials"));
  EXPECT_FALSE(tester.response().has_header("access-control-expose-headers"));
}

TEST_F(CorsTest, APreflightOfAnotherOriginGoesOn) {
  FilterTester& tester = Start(kExample);
  tester.Request(Preflight("https://example.org"));
  EXPECT_TRUE(tester.request().ended());
  tester.Response({{":status", "405"}});
  EXPECT_FALSE(tester.response().has_header("access-control-allow-origin"));
}

TEST_F(CorsTest, OrIsAnsweredAndAllowedNothing) {
  FilterTester& tester =
      Start(absl::StrCat(kExample, "forward_not_matching_preflights { value: false }"));
  tester.Request(Preflight("https://example.org"));
  EXPECT_EQ(tester.status(), 200);
  EXPECT_FALSE(tester.request().started());
  EXPECT_FALSE(tester.response().has_header("access-control-allow-origin"));
  EXPECT_FALSE(tester.response().has_header("access-control-allow-methods"));
}

TEST_F(CorsTest, WithoutAMethodToAskForOptionsIsARequestLikeAnyOther) {
  FilterTester& tester = Start(kExample);
  tester.Request({{":method", "OPTIONS"}, {"origin", "https://a.example.com"}});
  EXPECT_TRUE(tester.request().ended());
  tester.Response({{":status", "204"}});
  EXPECT_EQ(tester.response().header("access-control-allow-origin"), "https://a.example.com");
}

TEST_F(CorsTest, ResponsesToAnAllowedOriginAreMarked) {
  FilterTester& tester = Start(kExample);
  tester.Request({{":method", "GET"}, {"origin", "https://a.example.com"}});
  EXPECT_EQ(tester.request().header("origin"), "https://a.example.com");
  tester.Response({{":status", "200"}, {"access-control-allow-origin", "*"}}, "hi");
  EXPECT_EQ(tester.response().header("access-control-allow-origin"), "https://a.example.com");
  EXPECT_EQ(tester.response().header("access-control-expose-headers"), "x-count");
  EXPECT_FALSE(tester.response().has_header("access-control-allow-credentials"));
  EXPECT_FALSE(tester.response().has_header("access-control-allow-methods"));
  EXPECT_EQ(tester.response().body(), "hi");
}

TEST_F(CorsTest, WithoutPolicyOrOriginNothingIsTouched) {
  for (const bool has_policy : {false, true}) {
    FilterTester& tester = Start(has_policy ? kExample : "");
    FilterTester::HeaderList head = {{":method", "GET"}};
    if (!has_policy) head.push_back({"origin", "https://a.example.com"});
    tester.Request(head);
    tester.Response({{":status", "200"}, {"access-control-allow-origin", "*"}});
    EXPECT_EQ(tester.response().header("access-control-allow-origin"), "*");
    EXPECT_EQ(Count("origin_valid") + Count("origin_invalid"), 0);
  }
}

TEST_F(CorsTest, CredentialsAreAllowedInBoth) {
  const std::string policy = absl::StrCat(kExample, "allow_credentials { value: true }");
  FilterTester& preflight = Start(policy);
  preflight.Request(Preflight("https://a.example.com"));
  EXPECT_EQ(preflight.response().header("access-control-allow-credentials"), "true");
  FilterTester& actual = Start(policy);
  actual.Request({{":method", "GET"}, {"origin", "https://a.example.com"}});
  actual.Response({{":status", "200"}});
  EXPECT_EQ(actual.response().header("access-control-allow-credentials"), "true");
}

TEST_F(CorsTest, PrivateNetworksAreAllowedWhereThatWasAskedFor) {
  for (const bool is_allowed : {false, true}) {
    for (const bool is_asked_for : {false, true}) {
      FilterTester& tester = Start(absl::StrCat(
          kExample, "allow_private_network_access { value: ", is_allowed ? "true" : "false", " }"));
      FilterTester::HeaderList head = Preflight("https://a.example.com");
      if (is_asked_for) head.push_back({"access-control-request-private-network", "true"});
      tester.Request(head);
      EXPECT_EQ(tester.response().has_header("access-control-allow-private-network"),
                is_allowed && is_asked_for);
    }
  }
}

TEST_F(CorsTest, AStarAllowsAllAndTheAnswerNamesTheOrigin) {
  FilterTester& tester = Start("allow_origin_string_match { exact: '*' }");
  tester.Request(Preflight("http://any.test"));
  EXPECT_EQ(tester.response().header("access-control-allow-origin"), "http://any.test");
}

TEST_F(CorsTest, OriginsAreCounted) {
  Start(kExample).Request({{":method", "GET"}, {"origin", "http://a.example.com"}});
  EXPECT_EQ(Count("origin_valid"), 1);
  EXPECT_EQ(Count("origin_invalid"), 0);
  Start(kExample).Request({{":method", "GET"}, {"origin", "http://a.example.org"}});
  EXPECT_EQ(Count("origin_valid"), 0);
  EXPECT_EQ(Count("origin_invalid"), 1);
}

TEST_F(CorsTest, AShadowCountsAndDoesNotTouch) {
  const std::string off = absl::StrCat(kExample, "filter_enabled { default_value {} }");
  Start(off).Request(Preflight("https://a.example.com"));
  EXPECT_TRUE(tester_->request().ended());
  EXPECT_EQ(Count("origin_valid"), 0);
  FilterTester& tester =
      Start(absl::StrCat(off, "shadow_enabled { default_value { numerator: 100 } }"));
  tester.Request(Preflight("https://a.example.com"));
  EXPECT_TRUE(tester.request().ended());
  tester.Response({{":status", "200"}});
  EXPECT_FALSE(tester.response().has_header("access-control-allow-origin"));
  EXPECT_EQ(Count("origin_valid"), 1);
}

TEST_F(CorsTest, TheRuntimeSwitchesItOff) {
  const std::string by_key = absl::StrCat(
      kExample, "filter_enabled { default_value { numerator: 100 } runtime_key: 'cors' }");
  FilterTester& on = Start(by_key);
  on.Request(Preflight("https://a.example.com"));
  EXPECT_EQ(on.ended(), StreamEnd::kReplied);
  runtime_.Set({{"cors", {.text = "0", .number = 0, .parts_per_million = std::nullopt}}});
  FilterTester& off = Start(by_key);
  off.Request(Preflight("https://a.example.com"));
  EXPECT_TRUE(off.request().ended());
}

TEST_F(CorsTest, BadPoliciesAreReported) {
  std::string error;
  const FilterValue value =
      Parse("allow_origin_string_match { safe_regex { regex: '(' } } allow_origin_string_match {}",
            nullptr, &error);
  EXPECT_EQ(value.As<CorsPolicy>(), nullptr);
  EXPECT_NE(error.find("allow_origin_string_match[0]"), std::string::npos) << error;
  EXPECT_NE(error.find("allow_origin_string_match[1]"), std::string::npos) << error;
}

}  // namespace
}  // namespace sluice
