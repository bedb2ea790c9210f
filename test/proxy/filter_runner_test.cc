// The order of filters, pauses, and what is asked when. Replies and limits: filter_replies_test.cc.
#include <gtest/gtest-spi.h>

#include <optional>

#include "test/proxy/filter_runner_fixture.h"

namespace sluice {
namespace {

TEST_F(FilterRunnerTest, RequestsGoForthAndResponsesBack) {
  Add("a");
  Add("b");
  FilterTester& tester = Start();
  tester.RequestHeaders(kPost);
  tester.RequestData("body");
  tester.RequestTrailers({{"t", "1"}});
  EXPECT_THAT(Log(),
              ElementsAre("a request headers", "b request headers", "a request data 'body'",
                          "b request data 'body'", "a request trailers", "b request trailers"));
  EXPECT_THAT(tester.request().pieces(), ElementsAre("headers", "data 'body'", "trailers end"));
  EXPECT_EQ(tester.request().trailer("t"), "1");

  tester.Response(kOk, "hi");
  EXPECT_THAT(Log(), ElementsAre("b response headers", "a response headers",
                                 "b response data 'hi' end", "a response data 'hi' end"));
  EXPECT_THAT(tester.response().pieces(), ElementsAre("headers", "data 'hi' end"));
}

TEST_F(FilterRunnerTest, AHeadWithoutBodyIsTheEnd) {
  Add("a");
  FilterTester& tester = Start();
  tester.Request(kGet);
  tester.Response(kOk);
  EXPECT_THAT(Log(), ElementsAre("a request headers end", "a response headers end"));
  EXPECT_THAT(tester.request().pieces(), ElementsAre("headers end"));
  EXPECT_THAT(tester.response().pieces(), ElementsAre("headers end"));
}

TEST_F(FilterRunnerTest, OnlyInterestsAreAsked) {
  Add("a").interests = Interest::kRequestData;
  Add("b").interests = Interest::kResponseHeaders | Interest::kRequestTrailers;
  Add("c").interests = Interest::kNone;
  FilterTester& tester = Start();
  tester.RequestHeaders(kPost);
  tester.RequestData("x");
  tester.RequestTrailers({});
  tester.ResponseHeaders(kOk);
  tester.ResponseData("y");
  tester.ResponseTrailers({});
  EXPECT_THAT(Log(), ElementsAre("a request data 'x'", "b request trailers", "b response headers"));
  EXPECT_TRUE(tester.request().ended());
  EXPECT_TRUE(tester.response().ended());
}

TEST_F(FilterRunnerTest, ChangesReachTheNextFilter) {
  Add("a").answers = {{"request headers",
                       [](Asked& asked) {
                         asked.headers->Add("x-a", "1");
                         return Verdict::kContinue;
                       }},
                      {"request data", [](Asked& asked) {
                         asked.data->Append("+a");
                         return Verdict::kContinue;
                       }}};
  Add("b").answers = {{"request headers", [](Asked& asked) {
                         EXPECT_TRUE(asked.headers->Find("x-a") != nullptr);
                         return Verdict::kContinue;
                       }}};
  FilterTester& tester = Start();
  tester.Request(kPost, "x");
  EXPECT_THAT(Log(), ElementsAre("a request headers", "b request headers", "a request data 'x' end",
                                 "b request data 'x+a' end"));
  EXPECT_EQ(tester.request().header("x-a"), "1");
  EXPECT_EQ(tester.request().body(), "x+a");
}

TEST_F(FilterRunnerTest, WhatFollowsAPauseWaitsInOrder) {
  Resumer resumer;
  Add("a").answers = {{"request headers", PauseWith(resumer)}};
  Add("b");
  FilterTester& tester = Start();
  tester.RequestHeaders(kPost);
  tester.RequestData("one ");
  tester.RequestData("two");
  tester.RequestTrailers({{"t", "1"}});
  EXPECT_THAT(Log(), ElementsAre("a request headers"));
  EXPECT_FALSE(tester.request().started());
  EXPECT_EQ(tester.request_bytes_waiting(), 7);

  resumer.Resume();
  EXPECT_THAT(Log(),
              ElementsAre("b request headers", "a request data 'one two'",
                          "b request data 'one two'", "a request trailers", "b request trailers"));
  EXPECT_THAT(tester.request().pieces(), ElementsAre("headers", "data 'one two'", "trailers end"));
}

TEST_F(FilterRunnerTest, DataOnWhichAFilterPausedIsNotAskedAgain) {
  Resumer resumer;
  Add("a").answers = {{"request data", PauseWith(resumer)}};
  Add("b");
  FilterTester& tester = Start();
  tester.RequestHeaders(kPost);
  tester.RequestData("held ");
  tester.RequestData("later");
  EXPECT_THAT(Log(),
              ElementsAre("a request headers", "b request headers", "a request data 'held '"));
  resumer.Resume();
  // The second piece is asked about, once; it pauses again.
  EXPECT_THAT(Log(), ElementsAre("b request data 'held '", "a request data 'later'"));
  resumer.Resume();
  EXPECT_THAT(Log(), ElementsAre("b request data 'later'"));
  tester.RequestTrailers({});
  EXPECT_EQ(tester.request().body(), "held later");
}

TEST_F(FilterRunnerTest, AnEmptyLastPieceBehindAPauseIsAskedAbout) {
  Resumer resumer;
  Add("a").answers = {{"request data", PauseWith(resumer)}};
  FilterTester& tester = Start();
  tester.RequestHeaders(kPost);
  tester.RequestData("held");
  tester.RequestData("", End::kYes);
  Log();
  resumer.Resume();
  EXPECT_THAT(Log(), ElementsAre("a request data '' end"));
  EXPECT_FALSE(tester.request().ended());
  resumer.Resume();
  EXPECT_THAT(Log(), IsEmpty());
  EXPECT_THAT(tester.request().pieces(), ElementsAre("headers", "data 'held'", "data '' end"));
}

TEST_F(FilterRunnerTest, AnEmptyLastPieceEndsTheMessage) {
  Add("a");
  Add("b");
  FilterTester& tester = Start();
  tester.RequestHeaders(kPost);
  tester.RequestData("", End::kYes);
  EXPECT_THAT(Log(), ElementsAre("a request headers", "b request headers", "a request data '' end",
                                 "b request data '' end"));
  EXPECT_THAT(tester.request().pieces(), ElementsAre("headers", "data '' end"));
}

TEST_F(FilterRunnerTest, AnEmptyPieceThatIsNotTheLastIsNone) {
  Add("a").answers = {{"request data", [](Asked& asked) {
                         asked.data->Clear();
                         return Verdict::kContinue;
                       }}};
  Add("b");
  FilterTester& tester = Start();
  tester.RequestHeaders(kPost);
  tester.RequestData("swallowed");
  tester.RequestData("too", End::kYes);
  EXPECT_THAT(Log(),
              ElementsAre("a request headers", "b request headers", "a request data 'swallowed'",
                          "a request data 'too' end", "b request data '' end"));
  EXPECT_THAT(tester.request().pieces(), ElementsAre("headers", "data '' end"));
}

TEST_F(FilterRunnerTest, SeveralFiltersPauseAndEachResumesForItself) {
  Resumer of_a, of_b;
  Add("a").answers = {{"request data", PauseWith(of_a)}};
  Add("b").answers = {{"request headers", PauseWith(of_b)}};
  Add("c");
  FilterTester& tester = Start();
  tester.RequestHeaders(kPost);
  tester.RequestData("x", End::kYes);
  EXPECT_THAT(Log(),
              ElementsAre("a request headers", "b request headers", "a request data 'x' end"));

  // What a passes on waits before b, which holds the head.
  of_a.Resume();
  EXPECT_THAT(Log(), IsEmpty());
  EXPECT_FALSE(tester.request().started());
  of_b.Resume();
  EXPECT_THAT(Log(),
              ElementsAre("c request headers", "b request data 'x' end", "c request data 'x' end"));
  EXPECT_TRUE(tester.request().ended());
}

TEST_F(FilterRunnerTest, ResumingTheLaterOfTwoLetsOnlyItsOwnGo) {
  Resumer of_a, of_b;
  Add("a").answers = {{"request data", PauseWith(of_a)}};
  Add("b").answers = {{"request headers", PauseWith(of_b)}};
  FilterTester& tester = Start();
  tester.RequestHeaders(kPost);
  tester.RequestData("x", End::kYes);
  of_b.Resume();
  EXPECT_THAT(tester.request().pieces(), ElementsAre("headers"));
  of_a.Resume();
  EXPECT_THAT(tester.request().pieces(), ElementsAre("headers", "data 'x' end"));
}

TEST_F(FilterRunnerTest, DirectionsPauseApart) {
  Resumer of_request, of_response;
  Add("a").answers = {{"request data", PauseWith(of_request)},
                      {"response data", PauseWith(of_response)}};
  FilterTester& tester = Start();
  tester.RequestHeaders(kPost);
  tester.RequestData("up", End::kYes);
  tester.Response(kOk, "down");
  EXPECT_EQ(tester.request().body(), "");
  EXPECT_EQ(tester.response().body(), "");
  of_response.Resume();
  EXPECT_EQ(tester.request().body(), "");
  EXPECT_EQ(tester.response().body(), "down");
  of_request.Resume();
  EXPECT_EQ(tester.request().body(), "up");
}

TEST_F(FilterRunnerTest, TrailersPauseToo) {
  Resumer resumer;
  Add("a").answers = {{"response trailers", PauseWith(resumer)}};
  FilterTester& tester = Start();
  tester.Request(kGet);
  tester.ResponseHeaders(kOk);
  tester.ResponseData("x");
  tester.ResponseTrailers({{"grpc-status", "0"}});
  EXPECT_THAT(tester.response().pieces(), ElementsAre("headers", "data 'x'"));
  resumer.Resume();
  EXPECT_THAT(tester.response().pieces(), ElementsAre("headers", "data 'x'", "trailers end"));
}

// Work that was done at once calls back before the filter has said that it waits.
TEST_F(FilterRunnerTest, AResumerCalledInsideIsAPauseThatIsOver) {
  for (const char* event : {"request headers", "request data", "request trailers"}) {
    scripts_.clear();
    Add("a").answers = {{event, [](Asked& asked) {
                           asked.context.MakeResumer().Resume();
                           return Verdict::kPause;
                         }}};
    FilterTester& tester = Start();
    tester.RequestHeaders(kPost);
    tester.RequestData("x");
    tester.RequestTrailers({});
    EXPECT_THAT(tester.request().pieces(), ElementsAre("headers", "data 'x'", "trailers end"))
        << event;
  }
}

TEST_F(FilterRunnerTest, AResumerIsGoodForOnce) {
  Resumer first, second;
  bool paused_before = false;
  Add("a").answers = {{"request data", [&](Asked& asked) {
                         (paused_before ? second : first) = asked.context.MakeResumer();
                         paused_before = true;
                         return Verdict::kPause;
                       }}};
  FilterTester& tester = Start();
  tester.RequestHeaders(kPost);
  tester.RequestData("1");
  tester.RequestData("2", End::kYes);
  first.Resume();
  EXPECT_FALSE(first.alive());
  first.Resume();
  EXPECT_EQ(tester.request().body(), "1");
  second.Resume();
  EXPECT_EQ(tester.request().body(), "12");
}

TEST_F(FilterRunnerTest, ResumersDieWithTheStream) {
  Resumer resumer;
  Add("a").answers = {{"request headers", PauseWith(resumer)}};
  Start().Request(kGet);
  EXPECT_TRUE(resumer.alive());
  tester_->EndStream();
  EXPECT_FALSE(resumer.alive());
  resumer.Resume();
  resumer.SendReply({.status = 500});
  EXPECT_FALSE(tester_->response().started());
}

// As source/sdk/README.md has it.
class DelayFilter final : public HttpFilter {
 public:
  Verdict OnRequestHeaders(FilterContext& context, Headers&, End) override {
    resumer_ = context.MakeResumer();
    timer_.emplace(context.worker().loop, this, kMethod<&DelayFilter::OnTimer>);
    timer_->Arm(std::chrono::milliseconds(5));
    return Verdict::kPause;
  }
  void OnTimer() { resumer_.Resume(); }

 private:
  Resumer resumer_;
  std::optional<Timer> timer_;
};

class DelayFactory final : public HttpFilterFactory {
  Interest interests() const override { return Interest::kRequestHeaders; }
  ArenaPtr<HttpFilter> Create(Arena& arena) const override {
    return ArenaPtr<HttpFilter>(arena.New<DelayFilter>());
  }
};

TEST_F(FilterRunnerTest, FiltersOwnWhatTheyWaitFor) {
  FilterTester tester(std::make_unique<DelayFactory>());
  tester.Request(kGet);
  tester.world().Advance(std::chrono::milliseconds(4));
  EXPECT_FALSE(tester.request().started());
  tester.world().Advance(std::chrono::milliseconds(1));
  EXPECT_TRUE(tester.request().ended());

  // The world complains of timers that outlive their stream.
  FilterTester gone(std::make_unique<DelayFactory>());
  gone.Request(kGet);
  gone.EndStream();
}

TEST_F(FilterRunnerTest, ADetachedFilterIsNotAskedAgain) {
  Add("a").answers = {{"request headers", Always(Verdict::kDetach)}};
  Add("b").answers = {{"response headers", Always(Verdict::kDetach)}};
  FilterTester& tester = Start();
  tester.Request(kPost, "x");
  tester.Response(kOk, "y");
  EXPECT_THAT(Log(), ElementsAre("a request headers", "b request headers", "b request data 'x' end",
                                 "b response headers"));
  EXPECT_TRUE(tester.response().ended());
}

TEST_F(FilterRunnerTest, FiltersGoInReverse) {
  Add("a");
  Add("b");
  Add("c");
  Start().Request(kGet);
  Log();
  tester_->EndStream();
  EXPECT_THAT(Log(), ElementsAre("c gone", "b gone", "a gone"));
}

TEST_F(FilterRunnerTest, HeldDataGoesWithTheStream) {
  Add("a").answers = {{"request data", Always(Verdict::kPause)},
                      {"response headers", Always(Verdict::kPause)}};
  FilterTester& tester = Start();
  tester.Request(kPost, std::string(100'000, 'x'));
  tester.Response(kOk, std::string(100'000, 'y'));
  EXPECT_TRUE(tester.client_paused());
  EXPECT_TRUE(tester.upstream_paused());
  // The world complains of blocks that are not given back.
  tester.EndStream();
}

TEST_F(FilterRunnerTest, WhatFiltersAddAndTakeIsCounted) {
  Resumer resumer;
  Add("a").answers = {{"request data",
                       [&](Asked& asked) {
                         asked.data->Append(std::string(1000, 'x'));
                         resumer = asked.context.MakeResumer();
                         return Verdict::kPause;
                       }},
                      {"response data", [](Asked& asked) {
                         asked.data->Drain(40);
                         return Verdict::kContinue;
                       }}};
  Resumer of_b;
  Add("b").answers = {{"response headers", PauseWith(of_b)}};
  FilterTester& tester = Start({.buffer_bytes_max = 500});
  tester.RequestHeaders(kPost);
  tester.RequestData("1234", End::kYes);
  EXPECT_EQ(tester.request_bytes_waiting(), 1004);
  EXPECT_TRUE(tester.client_paused());
  resumer.Resume();
  EXPECT_EQ(tester.request_bytes_waiting(), 0);
  EXPECT_FALSE(tester.client_paused());

  tester.Response(kOk, std::string(100, 'y'));
  EXPECT_EQ(tester.response_bytes_waiting(), 100);
  of_b.Resume();
  EXPECT_EQ(tester.response().body().size(), 60);
  EXPECT_EQ(tester.response_bytes_waiting(), 0);
}

TEST_F(FilterRunnerTest, FiltersThatWantHeadsOnlyStepAsideAfterThem) {
  Add("a").interests = Interest::kRequestHeaders | Interest::kResponseHeaders;
  FilterTester& tester = Start();
  tester.RequestHeaders(kPost);
  tester.ResponseHeaders(kOk);
  EXPECT_TRUE(tester.StepAside());
}

TEST_F(FilterRunnerTest, AFilterThatWantsDataOrTrailersStays) {
  for (const Interest interest : {Interest::kRequestData, Interest::kResponseData,
                                  Interest::kRequestTrailers, Interest::kResponseTrailers}) {
    FilterLog log;
    FilterScript script{.name = "a", .interests = interest};
    FilterTester tester(std::make_unique<ScriptedFactory>(script, log));
    tester.RequestHeaders(kPost);
    tester.ResponseHeaders(kOk);
    EXPECT_FALSE(tester.StepAside()) << static_cast<int>(interest);
    tester.RequestData("", End::kYes);
    tester.ResponseData("", End::kYes);
  }
}

TEST_F(FilterRunnerTest, ADetachedFilterStepsAside) {
  Add("a").answers = {{"request headers", Always(Verdict::kDetach)}};
  FilterTester& tester = Start();
  tester.RequestHeaders(kPost);
  tester.ResponseHeaders(kOk);
  EXPECT_TRUE(tester.StepAside());
}

TEST_F(FilterRunnerTest, AResumerOfAFilterThatHasSteppedAsideDoesNothing) {
  Resumer resumes, replies;
  Add("a").answers = {{"request headers", [&](Asked& asked) {
                         resumes = asked.context.MakeResumer();
                         replies = asked.context.MakeResumer();
                         return Verdict::kDetach;
                       }}};
  FilterTester& tester = Start();
  tester.RequestHeaders(kPost);
  tester.ResponseHeaders(kOk);
  ASSERT_TRUE(tester.StepAside());
  resumes.Resume();
  replies.SendReply({.status = 500});
  EXPECT_EQ(tester.reply().status, Reply().status);
  EXPECT_EQ(tester.reply().details, "");
}

TEST_F(FilterRunnerTest, NobodyStepsAsideWhileSomethingWaits) {
  Resumer resumer;
  FilterScript& script = Add("a");
  script.interests = Interest::kRequestHeaders;
  script.answers = {{"request headers", PauseWith(resumer)}};
  FilterTester& tester = Start();
  tester.RequestHeaders(kPost);
  EXPECT_FALSE(tester.StepAside());
  resumer.Resume();
  EXPECT_TRUE(tester.StepAside());
}

void LeaveAPausedFilter() {
  FilterLog log;
  FilterScript script{.name = "a", .answers = {{"request headers", Always(Verdict::kPause)}}};
  FilterTester(std::make_unique<ScriptedFactory>(script, log)).Request({{":method", "GET"}});
}

TEST_F(FilterRunnerTest, LeftOversAreComplainedOf) {
  EXPECT_NONFATAL_FAILURE(LeaveAPausedFilter(), "a paused filter holds the request");
}

}  // namespace
}  // namespace sluice
