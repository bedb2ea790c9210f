// Filters that a route disables, and trailers that become the end of a body.
#include <optional>

#include "source/route/route.h"
#include "test/proxy/filter_runner_fixture.h"

namespace sluice {
namespace {

Route Disabling(const std::string& filter) {
  Route route;
  auto settings = std::make_shared<std::vector<FilterSettings>>();
  settings->push_back({FilterKey(filter), true, {}});
  route.filter_settings = std::move(settings);
  return route;
}

TEST_F(FilterRunnerTest, AFilterThatTheRouteDisablesIsNotAsked) {
  Add("a");
  Add("b");
  const Route route = Disabling("filter0");
  FilterTester& tester = Start({.route = &route});
  tester.Request(kPost, "body");
  tester.Response(kOk, "hi");
  EXPECT_THAT(Log(), ElementsAre("b request headers", "b request data 'body' end",
                                 "b response headers", "b response data 'hi' end"));
}

TEST_F(FilterRunnerTest, ItGathersNoBodyEither) {
  Add("a").whole_body_bytes_max = 2;
  const Route route = Disabling("filter0");
  FilterTester& tester = Start({.route = &route});
  tester.RequestHeaders(kPost);
  EXPECT_TRUE(tester.request().started());
  tester.RequestData("more than two", End::kYes);
  EXPECT_EQ(tester.request().body(), "more than two");
}

TEST_F(FilterRunnerTest, AFilterIsToldWhatTheRouteSays) {
  Route route;
  auto settings = std::make_shared<std::vector<FilterSettings>>();
  settings->push_back(
      {FilterKey("filter1"), false, FilterValue::Of(std::make_shared<const std::string>("x"))});
  route.filter_settings = std::move(settings);
  std::optional<std::string> a, b;
  const auto keep = [](std::optional<std::string>& said) {
    return [&said](Asked& asked) {
      const auto* const text = asked.context.settings<std::string>();
      if (text != nullptr) said = *text;
      EXPECT_EQ(asked.context.settings<int>(), nullptr);
      return Verdict::kContinue;
    };
  };
  Add("a").answers = {{"request headers", keep(a)}};
  Add("b").answers = {{"request headers", keep(b)}};
  Start({.route = &route}).Request(kGet);
  EXPECT_EQ(a, std::nullopt);
  EXPECT_EQ(b, "x");
}

Answer PutTail(const std::string& text, Verdict verdict = Verdict::kContinue) {
  return [text, verdict](Asked& asked) {
    asked.context.tail().Append(text);
    return verdict;
  };
}

TEST_F(FilterRunnerTest, TrailersBecomeTheEndOfTheBody) {
  Add("a");
  Add("b").answers = {{"response trailers", PutTail("tail")}, {"request trailers", PutTail("up")}};
  Add("c");
  FilterTester& tester = Start();
  tester.RequestHeaders(kPost);
  tester.RequestData("body");
  tester.RequestTrailers({{"t", "1"}});
  EXPECT_THAT(tester.request().pieces(), ElementsAre("headers", "data 'body'", "data 'up' end"));
  Log();
  tester.ResponseHeaders(kOk);
  tester.ResponseData("hi");
  tester.ResponseTrailers({{"t", "1"}});
  EXPECT_THAT(Log(), ElementsAre("c response headers", "b response headers", "a response headers",
                                 "c response data 'hi'", "b response data 'hi'",
                                 "a response data 'hi'", "c response trailers",
                                 "b response trailers", "a response data 'tail' end"));
  EXPECT_THAT(tester.response().pieces(), ElementsAre("headers", "data 'hi'", "data 'tail' end"));
}

TEST_F(FilterRunnerTest, AFilterMayPauseOnWhatItHasMadeOfTrailers) {
  Resumer resumer;
  Add("a").answers = {{"response trailers", [&](Asked& asked) {
                         asked.context.tail().Append("tail");
                         return PauseWith(resumer)(asked);
                       }}};
  FilterTester& tester = Start();
  tester.Request(kGet);
  tester.ResponseHeaders(kOk);
  tester.ResponseTrailers({{"t", "1"}});
  EXPECT_EQ(tester.response_bytes_waiting(), 4);
  EXPECT_FALSE(tester.response().ended());
  resumer.Resume();
  EXPECT_THAT(tester.response().pieces(), ElementsAre("headers", "data 'tail' end"));
}

}  // namespace
}  // namespace sluice
