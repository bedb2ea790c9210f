// Answers of filters: which filters see them, and what becomes of the request. And whole bodies.
#include "test/proxy/filter_runner_fixture.h"

namespace sluice {
namespace {

TEST_F(FilterRunnerTest, AReplyGoesBackThroughFiltersThatKnowTheRequest) {
  Add("a");
  Add("b").answers = {{"request headers", ReplyWith(403, "no")}};
  Add("c");
  FilterTester& tester = Start();
  tester.Request(kGet);
  EXPECT_THAT(Log(), ElementsAre("a request headers end", "b request headers end",
                                 "a response headers", "a response data 'no' end"));
  EXPECT_EQ(tester.status(), 403);
  EXPECT_EQ(tester.response().body(), "no");
  EXPECT_EQ(tester.reply().details, "scripted");
  EXPECT_FALSE(tester.request().started());
}

TEST_F(FilterRunnerTest, AReplyOfTheFirstFilterIsSeenByNone) {
  Add("a").answers = {{"request headers", ReplyWith(403)}};
  Add("b");
  FilterTester& tester = Start();
  tester.Request(kGet);
  EXPECT_THAT(Log(), ElementsAre("a request headers end"));
  EXPECT_THAT(tester.response().pieces(), ElementsAre("headers end"));
}

TEST_F(FilterRunnerTest, AfterAReplyTheRequestIsNotFiltered) {
  Add("a");
  Add("b").answers = {{"request headers", ReplyWith(403)}};
  FilterTester& tester = Start();
  tester.RequestHeaders(kPost);
  Log();
  tester.RequestData("more");
  EXPECT_EQ(tester.request_bytes_waiting(), 0);
  tester.RequestTrailers({});
  EXPECT_THAT(Log(), IsEmpty());
  EXPECT_FALSE(tester.request().started());
}

TEST_F(FilterRunnerTest, AReplyToDataDropsWhatWaitsInFrontOfIt) {
  Resumer of_a;
  Add("a").answers = {{"request data", [&, asked_before = false](Asked& asked) mutable {
                         if (!std::exchange(asked_before, true)) return Verdict::kContinue;
                         of_a = asked.context.MakeResumer();
                         return Verdict::kPause;
                       }}};
  Resumer of_b;
  Add("b").answers = {{"request data", PauseWith(of_b)}};
  FilterTester& tester = Start();
  tester.RequestHeaders(kPost);
  tester.RequestData("at b");
  tester.RequestData("at a");
  EXPECT_EQ(tester.request_bytes_waiting(), 8);
  of_b.SendReply({.status = 503});
  EXPECT_EQ(tester.status(), 503);
  EXPECT_EQ(tester.request_bytes_waiting(), 0);
  Log();
  // a is not waited for any more: what it does now concerns nobody.
  of_a.SendReply({.status = 500});
  EXPECT_EQ(tester.ended(), StreamEnd::kReplied);
  EXPECT_EQ(tester.status(), 503);
  EXPECT_THAT(Log(), IsEmpty());
}

TEST_F(FilterRunnerTest, AReplyToDataOrTrailersDropsThePiece) {
  for (const char* event : {"request data", "request trailers"}) {
    scripts_.clear();
    Add("a").answers = {{event, ReplyWith(400)}};
    FilterTester& tester = Start();
    tester.RequestHeaders(kPost);
    tester.RequestData("bad");
    tester.RequestTrailers({});
    EXPECT_EQ(tester.status(), 400) << event;
    EXPECT_EQ(tester.request_bytes_waiting(), 0);
    EXPECT_FALSE(tester.request().ended());
  }
}

TEST_F(FilterRunnerTest, AResumerRepliesAsTheVerdictWould) {
  Resumer resumer;
  Add("a");
  Add("b").answers = {{"request headers", PauseWith(resumer)}};
  Add("c");
  FilterTester& tester = Start();
  tester.Request(kGet);
  Log();
  resumer.SendReply({.status = 401});
  EXPECT_THAT(Log(), ElementsAre("a response headers end"));
  EXPECT_EQ(tester.status(), 401);
}

TEST_F(FilterRunnerTest, AResumerThatRepliesInsideVoidsTheAnswer) {
  Add("a");
  Add("b").answers = {{"request data", [](Asked& asked) {
                         asked.context.MakeResumer().SendReply({.status = 429});
                         return Verdict::kContinue;
                       }}};
  Add("c");
  FilterTester& tester = Start();
  tester.RequestHeaders(kPost);
  Log();
  tester.RequestData("x", End::kYes);
  EXPECT_THAT(Log(), ElementsAre("a request data 'x' end", "b request data 'x' end",
                                 "a response headers end"));
  EXPECT_EQ(tester.status(), 429);
  EXPECT_EQ(tester.request_bytes_waiting(), 0);
}

TEST_F(FilterRunnerTest, AReplyReplacesAResponseThatHasNotBegun) {
  Resumer of_a;
  Add("a").answers = {{"response headers", [&, times = 0](Asked& asked) mutable {
                         of_a = asked.context.MakeResumer();
                         return ++times == 1 ? Verdict::kPause : Verdict::kContinue;
                       }}};
  Add("b").answers = {{"response data", ReplyWith(502, "bad")}};
  FilterTester& tester = Start();
  tester.Request(kGet);
  Log();
  tester.Response(kOk, "x");
  // a held the head of the old response; it sees the new one as the only one.
  EXPECT_THAT(Log(),
              ElementsAre("b response headers", "a response headers", "b response data 'x' end",
                          "a response headers", "a response data 'bad' end"));
  EXPECT_EQ(tester.status(), 502);
  EXPECT_EQ(tester.response().body(), "bad");
  EXPECT_EQ(tester.response_bytes_waiting(), 0);
}

TEST_F(FilterRunnerTest, AFilterMayReplaceAReplyThatGoesThroughIt) {
  Add("a").answers = {{"response headers", ReplyWith(404, "nothing here")}};
  Add("b").answers = {{"request headers", ReplyWith(403)}};
  FilterTester& tester = Start();
  tester.Request(kGet);
  EXPECT_EQ(tester.status(), 404);
  EXPECT_EQ(tester.response().body(), "nothing here");
}

TEST_F(FilterRunnerTest, AReplyAfterTheHeadIsAReset) {
  Add("a").answers = {{"response data", ReplyWith(500)}};
  FilterTester& tester = Start();
  tester.Request(kGet);
  tester.Response(kOk, "x");
  EXPECT_EQ(tester.ended(), StreamEnd::kReset);
  EXPECT_THAT(tester.response().pieces(), ElementsAre("headers"));
  EXPECT_EQ(tester.response_bytes_waiting(), 0);
}

TEST_F(FilterRunnerTest, AResetEndsTheStream) {
  for (const char* event :
       {"request headers", "request data", "response headers", "response data"}) {
    scripts_.clear();
    Add("a").answers = {{event, Always(Verdict::kReset)}};
    FilterTester& tester = Start();
    tester.Request(kPost, "x");
    tester.Response(kOk, "y");
    EXPECT_EQ(tester.ended(), StreamEnd::kReset) << event;
    EXPECT_FALSE(tester.response().ended());
    EXPECT_EQ(tester.request_bytes_waiting() + tester.response_bytes_waiting(), 0);
  }
}

TEST_F(FilterRunnerTest, AReplyMayBePausedAndResumed) {
  Resumer resumer;
  Add("a").answers = {{"response headers", PauseWith(resumer)}};
  Add("b").answers = {{"request headers", ReplyWith(403, "no")}};
  FilterTester& tester = Start();
  tester.Request(kGet);
  EXPECT_FALSE(tester.response().started());
  resumer.Resume();
  EXPECT_THAT(tester.response().pieces(), ElementsAre("headers", "data 'no' end"));
}

// ---- Whole bodies.

class WholeBody : public FilterRunnerTest {
 protected:
  FilterTester& StartWith(size_t bytes_max, FilterTester::Options options = {}) {
    Add("a");
    Add("b").whole_body_bytes_max = bytes_max;
    return Start(options);
  }
};

TEST_F(WholeBody, IsAskedAboutOnce) {
  FilterTester& tester = StartWith(10);
  tester.RequestHeaders(kPost);
  tester.RequestData("one ");
  tester.RequestData("two");
  EXPECT_THAT(Log(),
              ElementsAre("a request headers", "a request data 'one '", "a request data 'two'"));
  tester.RequestData("", End::kYes);
  EXPECT_THAT(Log(), ElementsAre("a request data '' end", "b request headers",
                                 "b request data 'one two' end"));
  EXPECT_THAT(tester.request().pieces(), ElementsAre("headers", "data 'one two' end"));
}

TEST_F(WholeBody, EndsWithTrailers) {
  FilterTester& tester = StartWith(10);
  tester.RequestHeaders(kPost);
  tester.RequestData("x");
  Log();
  tester.RequestTrailers({});
  EXPECT_THAT(Log(), ElementsAre("a request trailers", "b request headers", "b request data 'x'",
                                 "b request trailers"));
  EXPECT_TRUE(tester.request().ended());
}

TEST_F(WholeBody, NeedsNoBody) {
  FilterTester& tester = StartWith(10);
  tester.Request(kGet);
  EXPECT_THAT(tester.request().pieces(), ElementsAre("headers end"));
}

TEST_F(WholeBody, MayBeJustAsLargeAsItsLimit) {
  FilterTester& tester = StartWith(10);
  tester.Request(kPost, "0123456789");
  EXPECT_EQ(tester.request().body(), "0123456789");
}

TEST_F(WholeBody, BeyondItsLimitIs413) {
  // Whether the byte too many is the last one or not.
  for (const End end : {End::kNo, End::kYes}) {
    scripts_.clear();
    FilterTester& tester = StartWith(10);
    tester.RequestHeaders(kPost);
    tester.RequestData("01234");
    Log();
    tester.RequestData("567890", end);
    EXPECT_EQ(tester.status(), 413);
    EXPECT_EQ(tester.reply().details, "request_payload_too_large");
    EXPECT_EQ(Log().back(), "a response headers end");
    EXPECT_FALSE(tester.request().started());
    EXPECT_EQ(tester.request_bytes_waiting(), 0);
  }
}

TEST_F(WholeBody, MayBeLargerThanWhatStreamsHoldElse) {
  FilterTester& tester = StartWith(100'000, {.buffer_bytes_max = 1000});
  tester.RequestHeaders(kPost);
  for (int i = 0; i < 100; ++i) {
    ASSERT_FALSE(tester.client_paused()) << "it would wait for ever";
    tester.RequestData(std::string(1000, 'x'), i == 99 ? End::kYes : End::kNo);
  }
  EXPECT_EQ(tester.request().body().size(), 100'000);
}

TEST_F(WholeBody, OfTheFirstFilter) {
  Add("a").whole_body_bytes_max = 10;
  FilterTester& tester = Start();
  tester.RequestHeaders(kPost);
  tester.RequestData("0123456789");
  EXPECT_THAT(Log(), IsEmpty());
  tester.RequestData("", End::kYes);
  EXPECT_THAT(Log(), ElementsAre("a request headers", "a request data '0123456789' end"));
}

TEST_F(WholeBody, IsGatheredByEachFilterThatWantsIt) {
  Resumer resumer;
  FilterScript& a = Add("a");
  a.whole_body_bytes_max = 10;
  a.answers = {{"request headers", PauseWith(resumer)}};
  Add("b").whole_body_bytes_max = 5;
  FilterTester& tester = Start();
  tester.Request(kPost, "12345");
  resumer.Resume();
  EXPECT_THAT(Log(), ElementsAre("a request headers", "a request data '12345' end",
                                 "b request headers", "b request data '12345' end"));
}

}  // namespace
}  // namespace sluice
