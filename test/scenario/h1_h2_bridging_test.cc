// A message means the same on both sides of the proxy, whichever HTTP each of them speaks. Every
// test runs for every pair.
#include <algorithm>

#include "gtest/gtest.h"
#include "test/scenario/bridge.h"

namespace sluice {
namespace {

using Fields = BridgeFields;

class Bridging : public testing::TestWithParam<BridgePair> {
 protected:
  bool client_is_http1() const { return GetParam().client == Wire::kHttp1; }
  std::string scheme() const { return GetParam().over == BridgeOver::kTls ? "https" : "http"; }
  bool host_is_http1() const { return GetParam().host == Wire::kHttp1; }
};

INSTANTIATE_TEST_SUITE_P(Pairs, Bridging, testing::ValuesIn(AllBridgePairs()),
                         [](const auto& info) { return BridgePairName(info.param); });

TEST_P(Bridging, AGetAndItsAnswer) {
  Bridge bridge(GetParam());
  bridge.Answer({.fields = {{"x-answer", "b"}}, .body = "hello"});
  bridge.Get("/path?query=1", {{"x-ask", "a"}});
  ASSERT_EQ(bridge.requests().size(), 1u);
  const BridgeMessage& request = bridge.requests()[0];
  EXPECT_EQ(request.Get(":method"), "GET");
  EXPECT_EQ(request.Get(":path"), "/path?query=1");
  EXPECT_EQ(request.Get(":authority"), "a.test");
  EXPECT_EQ(request.Get("x-ask"), "a");
  EXPECT_EQ(request.Get("x-forwarded-proto"), scheme());
  EXPECT_FALSE(request.Has("content-length"));
  EXPECT_FALSE(request.Has("transfer-encoding"));
  EXPECT_FALSE(request.Has("host"));
  if (!host_is_http1()) {
    EXPECT_EQ(request.Get(":scheme"), scheme());
  }
  const BridgeMessage response = bridge.response();
  EXPECT_EQ(response.status(), 200);
  EXPECT_EQ(response.Get("x-answer"), "b");
  EXPECT_EQ(response.Get("content-length"), "5");
  EXPECT_EQ(response.body, "hello");
  EXPECT_TRUE(bridge.complete());
  EXPECT_EQ(bridge.proxy().LogLines(), std::vector<std::string>{"200 - via_upstream"});
}

TEST_P(Bridging, OneAfterTheOtherOnTheSameConnections) {
  Bridge bridge(GetParam());
  bridge.Answer([](const BridgeMessage& request) {
    return BridgeAnswer{.body = "you asked for " + request.Get(":path")};
  });
  for (const std::string path : {"/1", "/2", "/3"}) bridge.Get(path);
  EXPECT_EQ(bridge.response(0).body, "you asked for /1");
  EXPECT_EQ(bridge.response(2).body, "you asked for /3");
  EXPECT_EQ(bridge.proxy().Stat("cluster.users.upstream_cx_total"), 1);
  EXPECT_EQ(bridge.proxy().Stat("http.test.downstream_cx_total"), 1);
  EXPECT_EQ(bridge.proxy().Stat("http.test.downstream_cx_http2_total"), client_is_http1() ? 0 : 1);
  EXPECT_EQ(bridge.proxy().Stat("http.test.downstream_rq_http2_total"), client_is_http1() ? 0 : 3);
  EXPECT_EQ(bridge.proxy().Stat("cluster.users.upstream_cx_http1_total"), host_is_http1() ? 1 : 0);
}

TEST_P(Bridging, BodiesOfAnnouncedLength) {
  Bridge bridge(GetParam());
  const std::string up(100'000, 'u'), down(150'000, 'd');
  bridge.Answer({.body = down});
  bridge.Ask({.method = "POST", .body = up});
  ASSERT_EQ(bridge.requests().size(), 1u);
  EXPECT_EQ(bridge.requests()[0].Get("content-length"), "100000");
  EXPECT_FALSE(bridge.requests()[0].Has("transfer-encoding"));
  EXPECT_EQ(bridge.requests()[0].body, up);
  EXPECT_EQ(bridge.response().Get("content-length"), "150000");
  EXPECT_FALSE(bridge.response().Has("transfer-encoding"));
  EXPECT_EQ(bridge.response().body, down);
}

// HTTP/2 has no chunks: its frames end the body.
TEST_P(Bridging, BodiesOfUnknownLength) {
  Bridge bridge(GetParam());
  bridge.Answer({.body = "answer", .chunked = true});
  bridge.Ask({.method = "POST", .body = "question", .chunked = true});
  ASSERT_EQ(bridge.requests().size(), 1u);
  EXPECT_EQ(bridge.requests()[0].body, "question");
  EXPECT_FALSE(bridge.requests()[0].Has("content-length"));
  EXPECT_EQ(bridge.requests()[0].Get("transfer-encoding"), host_is_http1() ? "chunked" : "");
  EXPECT_EQ(bridge.response().body, "answer");
  EXPECT_FALSE(bridge.response().Has("content-length"));
  EXPECT_EQ(bridge.response().Get("transfer-encoding"), client_is_http1() ? "chunked" : "");
  EXPECT_TRUE(bridge.complete());
}

// RFC 9110 section 8.6.
TEST_P(Bridging, APostWithoutABodySaysSoInHttp1) {
  Bridge bridge(GetParam());
  bridge.Answer(BridgeAnswer{});
  bridge.Ask({.method = "POST"});
  ASSERT_EQ(bridge.requests().size(), 1u);
  EXPECT_EQ(bridge.requests()[0].Get("content-length"), host_is_http1() ? "0" : "");
  EXPECT_EQ(bridge.response().status(), 200);
}

// RFC 9110 section 7.6.1, RFC 9113 section 8.2.2.
TEST_P(Bridging, HopByHopFieldsStayOnTheirHop) {
  Bridge bridge(GetParam());
  BridgeAnswer answer{.fields = {{"x-end", "to-end"}}};
  if (host_is_http1()) {
    answer.fields.insert(answer.fields.end(), {{"connection", "x-one-hop"},
                                               {"x-one-hop", "1"},
                                               {"keep-alive", "timeout=5"},
                                               {"proxy-connection", "keep-alive"}});
  }
  bridge.Answer(answer);
  Fields fields = {{"x-end", "to-end"}};
  if (client_is_http1()) {
    fields.insert(fields.end(), {{"connection", "keep-alive, x-one-hop, te"},
                                 {"x-one-hop", "1"},
                                 {"keep-alive", "300"},
                                 {"proxy-connection", "keep-alive"},
                                 {"te", "gzip, trailers"}});
  } else {
    fields.emplace_back("te", "trailers");
  }
  bridge.Get("/", fields);
  ASSERT_EQ(bridge.requests().size(), 1u);
  for (const BridgeMessage& message : {bridge.requests()[0], bridge.response()}) {
    EXPECT_EQ(message.Get("x-end"), "to-end");
    for (const char* name : {"x-one-hop", "keep-alive", "proxy-connection", "upgrade"}) {
      EXPECT_FALSE(message.Has(name)) << name;
    }
  }
  EXPECT_EQ(bridge.requests()[0].Get("te"), "trailers");
  EXPECT_FALSE(bridge.response().Has("connection"));
}

TEST_P(Bridging, AHeadRequestHasTheLengthAndNoBody) {
  Bridge bridge(GetParam());
  bridge.Answer({.fields = {{"content-length", "1000"}}});
  bridge.Ask({.method = "HEAD"});
  EXPECT_EQ(bridge.response().status(), 200);
  EXPECT_EQ(bridge.response().Get("content-length"), "1000");
  EXPECT_EQ(bridge.response().body, "");
  EXPECT_TRUE(bridge.complete());
  bridge.Answer({.body = "next"});
  bridge.Get();
  EXPECT_EQ(bridge.response(1).body, "next");
}

TEST_P(Bridging, StatusesWithoutABody) {
  Bridge bridge(GetParam());
  int index = 0;
  for (const int status : {204, 304}) {
    bridge.Answer({.status = status, .fields = {{"etag", "\"1\""}}});
    bridge.Get();
    EXPECT_EQ(bridge.response(index).status(), status);
    EXPECT_EQ(bridge.response(index).Get("etag"), "\"1\"");
    EXPECT_FALSE(bridge.response(index).Has("content-length"));
    EXPECT_FALSE(bridge.response(index).Has("transfer-encoding"));
    EXPECT_TRUE(bridge.complete(index++));
  }
  bridge.Answer({.body = "next"});
  bridge.Get();
  EXPECT_EQ(bridge.response(2).body, "next");
}

// RFC 9110 section 10.1.1: the proxy answers it itself.
TEST_P(Bridging, ExpectContinueIsAnsweredHere) {
  Bridge bridge(GetParam());
  bridge.Answer({.informational = {{100, {}}}});
  bridge.Ask({.method = "PUT", .fields = {{"expect", "100-continue"}}, .body = "body"});
  ASSERT_EQ(bridge.requests().size(), 1u);
  EXPECT_FALSE(bridge.requests()[0].Has("expect"));
  EXPECT_EQ(bridge.requests()[0].body, "body");
  const BridgeMessage response = bridge.response();
  EXPECT_EQ(response.status(), 200);
  ASSERT_EQ(response.informational.size(), 1u);  // and not the host's too
  EXPECT_EQ(response.informational[0].status(), 100);
}

// RFC 8297.
TEST_P(Bridging, EarlyHintsPass) {
  Bridge bridge(GetParam());
  bridge.Answer({.body = "page",
                 .informational = {{103, {{"link", "</a.css>"}}}, {103, {{"link", "</b.css>"}}}}});
  bridge.Get();
  const BridgeMessage response = bridge.response();
  ASSERT_EQ(response.informational.size(), 2u);
  EXPECT_EQ(response.informational[0].status(), 103);
  EXPECT_EQ(response.informational[0].Get("link"), "</a.css>");
  EXPECT_EQ(response.informational[1].Get("link"), "</b.css>");
  EXPECT_EQ(response.status(), 200);
  EXPECT_EQ(response.body, "page");
}

TEST_P(Bridging, TrailersPassBothWays) {
  Bridge bridge(GetParam());
  bridge.Answer({.body = "answer", .trailers = {{"x-down", "2"}}});
  bridge.Ask({.method = "POST",
              .fields = {{"te", "trailers"}},
              .body = "question",
              .trailers = {{"x-up", "1"}}});
  ASSERT_EQ(bridge.requests().size(), 1u);
  EXPECT_EQ(bridge.requests()[0].body, "question");
  EXPECT_EQ(bridge.requests()[0].trailers, (Fields{{"x-up", "1"}}));
  EXPECT_EQ(bridge.response().body, "answer");
  EXPECT_EQ(bridge.response().trailers, (Fields{{"x-down", "2"}}));
}

// RFC 9110 section 6.5.1; in HTTP/2 they have a frame of their own and are always passed on.
TEST_P(Bridging, TrailersGoToAnHttp1ClientOnlyIfItTakesThem) {
  Bridge bridge(GetParam());
  bridge.Answer({.body = "answer", .trailers = {{"x-down", "2"}}});
  bridge.Get();
  EXPECT_EQ(bridge.response().body, "answer");
  EXPECT_EQ(bridge.response().trailers.size(), client_is_http1() ? 0u : 1u);
  EXPECT_TRUE(bridge.complete());
}

TEST_P(Bridging, ATrailerSectionWithoutABody) {
  Bridge bridge(GetParam());
  bridge.Answer({.trailers = {{"x-down", "2"}}});
  bridge.Get("/", {{"te", "trailers"}});
  EXPECT_EQ(bridge.response().body, "");
  EXPECT_EQ(bridge.response().trailers, (Fields{{"x-down", "2"}}));
}

// RFC 9113 section 8.2.3: crumbs of a cookie are one field again for HTTP/1.
TEST_P(Bridging, CookiesAreOneList) {
  Bridge bridge(GetParam());
  bridge.Answer({.fields = {{"set-cookie", "a=1"}, {"set-cookie", "b=2"}}});
  Fields cookies = {{"cookie", "a=1; b=2"}};
  if (!client_is_http1()) cookies = {{"cookie", "a=1"}, {"cookie", "b=2"}};
  bridge.Get("/", cookies);
  ASSERT_EQ(bridge.requests().size(), 1u);
  if (host_is_http1()) {
    EXPECT_EQ(bridge.requests()[0].Get("cookie"), "a=1; b=2");
  } else {
    std::string all;
    for (const auto& [name, value] : bridge.requests()[0].fields) {
      if (name == "cookie") all += (all.empty() ? "" : "; ") + value;
    }
    EXPECT_EQ(all, "a=1; b=2");
  }
  // Never one field: its values hold commas.
  const BridgeMessage response = bridge.response();
  const auto is_cookie = [](const auto& field) { return field.first == "set-cookie"; };
  EXPECT_EQ(response.Get("set-cookie"), "a=1, b=2");
  EXPECT_EQ(std::count_if(response.fields.begin(), response.fields.end(), is_cookie), 2);
}

TEST_P(Bridging, AHostThatClosesIsA503) {
  Bridge bridge(GetParam());
  bridge.AnswerNot(Bridge::Instead::kCloses);
  bridge.Get();
  EXPECT_EQ(bridge.response().status(), 503);
  EXPECT_TRUE(bridge.complete());
  EXPECT_EQ(bridge.proxy().LogLines(),
            std::vector<std::string>{
                "503 UC upstream_reset_before_response_started{connection_termination}"});
}

TEST_P(Bridging, NonsenseOfTheHostIsA502) {
  Bridge bridge(GetParam());
  bridge.AnswerNot(Bridge::Instead::kAnswersNonsense);
  bridge.Get();
  EXPECT_EQ(bridge.response().status(), 502);
  EXPECT_EQ(
      bridge.proxy().LogLines(),
      std::vector<std::string>{"502 UPE upstream_reset_before_response_started{protocol_error}"});
  EXPECT_EQ(bridge.proxy().Stat("cluster.users.upstream_cx_protocol_error"), 1);
}

TEST_P(Bridging, AClientThatGivesUpFreesTheHost) {
  Bridge bridge(GetParam());
  bridge.Get();
  ASSERT_EQ(bridge.requests().size(), 1u);
  bridge.GiveUp();
  EXPECT_TRUE(bridge.host_was_told());
  EXPECT_EQ(bridge.proxy().LogLines(),
            std::vector<std::string>{client_is_http1() ? "0 DC downstream_remote_disconnect"
                                                       : "0 DR http2.remote_reset"});
  EXPECT_EQ(bridge.proxy().Stat("cluster.users.upstream_rq_tx_reset"), 1);
}

TEST_P(Bridging, AnAnswerMadeHereIsTheSame) {
  Bridge bridge(GetParam(),
                {.manager = "common_http_protocol_options: { headers_with_underscores_action: "
                            "REJECT_REQUEST }"});
  bridge.Get("/", {{"a_b", "1"}});
  EXPECT_EQ(bridge.response().status(), 400);
  EXPECT_TRUE(bridge.complete());
  EXPECT_TRUE(bridge.requests().empty());
}

}  // namespace
}  // namespace sluice
