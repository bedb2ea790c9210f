// What a route may hold its WebSockets to: WebSocketPolicy of the upgrade filter and of
// UpgradePerRoute.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/proxy_fixture.h"
#include "test/harness/ws_h2_peer.h"
#include "test/harness/ws_peer.h"

namespace sluice {
namespace {

using Lines = std::vector<std::string>;

constexpr const char* kLog =
    "%WEBSOCKET_CLOSE_CODE% %TUNNEL_ENDED_BY% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%";
constexpr const char* kTypes = "type.googleapis.com/sluice.extensions.http.upgrade.v1.";

class WebSocketPolicies : public testing::Test {
 protected:
  // The policy of the route, in YAML; `route`: fields of its action.
  void Open(const std::string& policy, const std::string& route = "", ProxyOptions options = {},
            const WsManners& manners = {}) {
    OpenWith(absl::StrCat("    typed_per_filter_config:\n      upgrade: { \"@type\": ", kTypes,
                          "UpgradePerRoute, websocket: { ", policy, " } }\n"),
             route, std::move(options), manners);
  }
  void OpenWith(const std::string& per_route, const std::string& route, ProxyOptions options,
                const WsManners& manners) {
    End();
    if (options.log == ProxyOptions().log) options.log = kLog;
    proxy_ = std::make_unique<ProxyFixture>(
        absl::StrCat("virtual_hosts:\n- name: all\n  domains: [\"*\"]\n  routes:\n  - match: { "
                     "prefix: / }\n    route: { cluster: users, ",
                     route, " }\n", per_route),
        options);
    host_ = std::make_unique<WsServer>(proxy_->world(), ProxyFixture::HostAddress(0, 0), manners);
    client_ = std::make_unique<WsClient>(proxy_->world(), proxy_->listener_address(), manners);
    client_->Handshake("/chat");
    proxy_->Run();
    ASSERT_TRUE(client_->open());
  }
  void TearDown() override { End(); }
  // Both ends are gone; the log's line.
  std::string End() {
    client_.reset();
    host_.reset();
    if (proxy_ == nullptr) return "";
    proxy_->Run();
    const Lines lines = proxy_->LogLines();
    return lines.empty() ? "" : lines.back();
  }
  int64_t Stat(const std::string& name) { return proxy_->Stat("http.test.websocket." + name); }
  void Wait(Duration time) { proxy_->Advance(time); }
  WsEnd& client() { return client_->ws(); }
  WsEnd& host() { return host_->ws(); }

  std::unique_ptr<ProxyFixture> proxy_;
  std::unique_ptr<WsServer> host_;
  std::unique_ptr<WsClient> client_;
};

TEST_F(WebSocketPolicies, FramesAreNotFollowedWhereThatIsTurnedOff) {
  Open("follow_frames: false");
  client().Text("hi");
  client().Send({.type = WsType::kText, .payload = "bare"});
  proxy_->Run();
  EXPECT_EQ(host().messages(), (Lines{"hi", "bare"}));
  EXPECT_EQ(Stat("rx_text_messages"), 0);
  EXPECT_EQ(Stat("rx_protocol_violations"), 0);
  client().Close(1000);
  proxy_->Run();
  EXPECT_EQ(End(), "- upstream - via_upstream") << "whose FIN was first";
}

TEST_F(WebSocketPolicies, TheUpgradeFiltersCountsWhereTheRouteHasNone) {
  const std::string filter = absl::StrCat("- name: upgrade\n  typed_config: { \"@type\": ", kTypes,
                                          "Upgrade, websocket: { follow_frames: false } }\n");
  OpenWith("", "", {.filters = filter}, {});
  client().Text("hi");
  proxy_->Run();
  EXPECT_EQ(Stat("rx_text_messages"), 0);
  End();
  Open("follow_frames: true", "", {.filters = filter});
  client().Text("hi");
  proxy_->Run();
  EXPECT_EQ(Stat("rx_text_messages"), 1);
}

TEST_F(WebSocketPolicies, TheUpgradeFiltersCountsInAChainOfTheUpgradesOwn) {
  const std::string filter = absl::StrCat("- name: upgrade\n  typed_config: { \"@type\": ", kTypes,
                                          "Upgrade, websocket: { follow_frames: false } }\n");
  OpenWith("", "",
           {.manager = "upgrade_configs: [{ upgrade_type: websocket, filters: [{ name: router, "
                       "typed_config: { \"@type\": type.googleapis.com/"
                       "envoy.extensions.filters.http.router.v3.Router } }] }]",
            .filters = filter},
           {});
  client().Text("hi");
  proxy_->Run();
  EXPECT_EQ(Stat("rx_text_messages"), 0);
}

TEST_F(WebSocketPolicies, S08TheRequestTimeoutIsTheIdleTimeoutWhereThatIsWanted) {
  Open("request_timeout_is_idle_timeout: true", "timeout: 10s");
  for (int i = 0; i < 3; ++i) {
    Wait(std::chrono::seconds(8));
    client().Text("awake");
    proxy_->Run();
  }
  EXPECT_FALSE(client_->closed_by_peer());
  Wait(std::chrono::seconds(11));
  EXPECT_TRUE(client_->closed_by_peer());
  EXPECT_NE(End().find("SI stream_idle_timeout"), std::string::npos);
}

// ---- How the proxy closes.

// A second reason is one too many: no Close frame behind half a frame, and no wait for its answer.
TEST_F(WebSocketPolicies, ATunnelThatIsBeingCutOffIsNotClosedAsWell) {
  Open("", "idle_timeout: 5s");
  client_->peer().StopReading();
  host().SendRaw(
      WsBytes({.type = WsType::kBinary, .payload = std::string(2 << 20, 'x')}).substr(0, 1 << 20));
  proxy_->Run();
  host_->peer().Reset();
  proxy_->Run();
  ASSERT_EQ(proxy_->Stat("http.test.downstream_rq_active"), 1) << "what had come is owed";
  Wait(std::chrono::seconds(6));
  EXPECT_EQ(proxy_->Stat("http.test.downstream_rq_active"), 0);
  client_->peer().ReadOn();
  proxy_->Run();
  EXPECT_TRUE(client_->peer().got_reset());
}

TEST_F(WebSocketPolicies, ATunnelThatIsBeingCutOffHasNoTimesOfItsOwn) {
  Open("max_age: 10s, ping: { interval: 3s }");
  client_->peer().StopReading();
  host().Binary(std::string(600'000, 'x'));
  proxy_->Run();
  host_->peer().Reset();
  proxy_->Run();
  Wait(std::chrono::seconds(60));
  EXPECT_EQ(proxy_->Stat("http.test.downstream_rq_active"), 1);
  client_->peer().ReadOn();
  proxy_->Run();
  EXPECT_EQ(client().messages().size(), 1u) << "what had come is owed";
  EXPECT_EQ(client().close_code(), 1006);
  EXPECT_EQ(proxy_->Stat("http.test.downstream_rq_active"), 0);
}

TEST_F(WebSocketPolicies, AClientThatTakesNothingOfACutTunnelIsWaitedForOnlySoLong) {
  Open("");
  client_->peer().StopReading();
  host().Binary(std::string(1 << 20, 'x'));
  proxy_->Run();
  host_->peer().Reset();
  proxy_->Run();
  Wait(std::chrono::minutes(4));
  EXPECT_EQ(proxy_->Stat("http.test.downstream_rq_active"), 1);
  Wait(std::chrono::minutes(2));
  EXPECT_EQ(proxy_->Stat("http.test.downstream_rq_active"), 0);
}

TEST_F(WebSocketPolicies, EndsThatTimeOutAreToldSoWithACloseFrame) {
  Open("", "idle_timeout: 5s");
  Wait(std::chrono::seconds(6));
  EXPECT_EQ(client().close_code(), 1001);
  EXPECT_EQ(host().close_code(), 1001);
  EXPECT_EQ(client().wrong() + host().wrong(), "");
  EXPECT_TRUE(client_->closed_by_peer());
  EXPECT_FALSE(client_->peer().got_reset());
  EXPECT_EQ(Stat("close_1001"), 1);
  EXPECT_EQ(Stat("ended_by_proxy"), 1);
  EXPECT_EQ(proxy_->Stat("http.test.downstream_cx_active"), 0);
  EXPECT_EQ(proxy_->Stat("cluster.users.upstream_cx_active"), 0);
  EXPECT_EQ(End(), "1001 proxy SI stream_idle_timeout");
  Open("", "max_stream_duration: { max_stream_duration: 5s }");
  Wait(std::chrono::seconds(6));
  EXPECT_EQ(client().close_code(), 1001);
  EXPECT_EQ(host().close_code(), 1001);
  EXPECT_EQ(End(), "1001 proxy DT max_duration_timeout");
}

TEST_F(WebSocketPolicies, ACloseWaitsForTheFrameUnderWayAndDropsWhatComesBehind) {
  const std::string frame = WsBytes({.type = WsType::kText, .payload = "in one piece"});
  const std::string more = WsBytes({.type = WsType::kText, .payload = "too late"});
  for (const size_t cut : {size_t{1}, size_t{2}, size_t{7}}) {
    Open("max_age: 10s", "", {}, {.answer_close = false});
    host().SendRaw(frame.substr(0, cut));
    Wait(std::chrono::seconds(11));
    EXPECT_EQ(host().close_code(), 1001);
    EXPECT_EQ(client().close_code(), std::nullopt);
    host().SendRaw(frame.substr(cut) + more);
    proxy_->Run();
    EXPECT_EQ(client().messages(), Lines{"in one piece"}) << cut;
    EXPECT_EQ(client().close_code(), 1001);
    EXPECT_EQ(client().wrong(), "");
    EXPECT_EQ(End(), "1001 proxy - websocket_max_age");
  }
}

TEST_F(WebSocketPolicies, EndsThatDoNotAnswerACloseAreWaitedForOnlySoLong) {
  Open("max_age: 10s", "", {},
       {.answer_close = false, .end_after_close = false, .end_after_end = false});
  Wait(std::chrono::seconds(11));
  EXPECT_EQ(client().close_code(), 1001);
  EXPECT_FALSE(client_->closed_by_peer());
  Wait(std::chrono::seconds(5));
  EXPECT_TRUE(client_->closed_by_peer());
  EXPECT_TRUE(host().ended_by_peer());
  Wait(std::chrono::seconds(6));
  EXPECT_EQ(proxy_->Stat("http.test.downstream_cx_upgrades_active"), 0);
  EXPECT_EQ(End(), "1001 proxy - websocket_max_age");
}

TEST_F(WebSocketPolicies, AFrameThatNeverEndsIsWaitedForOnlySoLong) {
  Open("max_age: 10s");
  host().SendRaw(WsBytes({.type = WsType::kText, .payload = "half"}).substr(0, 3));
  proxy_->Run();
  Wait(std::chrono::seconds(22));
  EXPECT_EQ(host().close_code(), 1001);
  EXPECT_TRUE(client_->closed_by_peer());
  EXPECT_EQ(proxy_->Stat("http.test.downstream_cx_upgrades_active"), 0);
}

TEST_F(WebSocketPolicies, AnUpstreamThatBreaksOffWhileItIsClosedIsNotTheClientsConcern) {
  Open("max_age: 10s", "", {}, {.answer_close = false});
  Wait(std::chrono::seconds(11));
  host_->peer().Reset();
  proxy_->Run();
  client().Close(1001);
  proxy_->Run();
  EXPECT_FALSE(client_->peer().got_reset());
  EXPECT_TRUE(client_->closed_by_peer());
  client().Finish();
  proxy_->Run();
  EXPECT_EQ(proxy_->Stat("http.test.downstream_cx_upgrades_active"), 0);
}

// ---- What the proxy closes for.

TEST_F(WebSocketPolicies, WhatBreaksTheProtocolDoesNotPassWhereItIsEnforced) {
  const std::string wrong = WsBytes({.type = WsType::kText, .payload = "not masked"});
  for (size_t cut = 0; cut < wrong.size(); ++cut) {
    Open("enforce: true");
    client().Text("right");
    client().SendRaw(wrong.substr(0, cut));
    proxy_->Run();
    client().SendRaw(wrong.substr(cut));
    proxy_->Run();
    EXPECT_EQ(host().messages(), Lines{"right"});
    EXPECT_EQ(host().wrong(), "") << cut;
    EXPECT_EQ(host().half_frame(), "");
    EXPECT_EQ(host().close_code(), 1002);
    EXPECT_EQ(client().close_code(), 1002);
    // Where the answer to the Close came into the middle of that frame nobody can find it.
    Wait(std::chrono::seconds(11));
    EXPECT_EQ(Stat("close_1002"), 1);
    EXPECT_EQ(End(), "1002 proxy - websocket_protocol_violation");
  }
}

TEST_F(WebSocketPolicies, ACloseWithACodeThatMayNotBeSentDoesNotPassEither) {
  for (const size_t cut : {1, 2, 3, 6, 7}) {
    Open("enforce: true");
    const std::string close = client().Masked(WsCloseFrame(1006));
    client().SendRaw(close.substr(0, cut));
    proxy_->Run();
    client().SendRaw(close.substr(cut));
    proxy_->Run();
    EXPECT_EQ(host().wrong(), "") << cut;
    EXPECT_EQ(host().close_code(), 1002);
    EXPECT_EQ(client().close_code(), 1002);
    EXPECT_EQ(End(), "1002 proxy - websocket_protocol_violation");
  }
}

TEST_F(WebSocketPolicies, WhatIsRightPassesAtWhateverByteItIsCut) {
  Open("enforce: true, max_message_bytes: 1000");
  const std::string frames =
      client().Masked({.type = WsType::kText, .payload = "one"}) +
      client().Masked({.type = WsType::kPing, .payload = "two"}) +
      client().Masked({.type = WsType::kBinary, .payload = std::string(300, 'x')});
  for (size_t cut = 1; cut < frames.size(); ++cut) {
    client().SendRaw(frames.substr(0, cut));
    proxy_->Run();
    client().SendRaw(frames.substr(cut));
    proxy_->Run();
  }
  EXPECT_EQ(host().messages().size(), 2 * (frames.size() - 1));
  EXPECT_EQ(host().wrong() + client().wrong(), "");
  host().Close(1000);
  proxy_->Run();
  EXPECT_EQ(client().close_code(), 1000);
  EXPECT_EQ(End(), "1000 upstream - via_upstream");
}

TEST_F(WebSocketPolicies, MessagesHaveAMaximumWhateverTheirFrames) {
  Open("max_message_bytes: 10");
  client().Text("0123456789");
  client().Fragments(WsType::kText, {"01234", "56789"});
  client().Ping("of any size");
  host().Text("0123456789");
  proxy_->Run();
  EXPECT_EQ(host().messages().size(), 2u);
  EXPECT_EQ(client().messages().size(), 1u);
  host().Text("0123456789+");
  proxy_->Run();
  EXPECT_EQ(client().messages().size(), 1u);
  EXPECT_EQ(client().close_code(), 1009);
  EXPECT_EQ(host().close_code(), 1009);
  EXPECT_EQ(Stat("close_1009"), 1);
  EXPECT_EQ(End(), "1009 proxy - websocket_message_too_big");
  Open("max_message_bytes: 10");
  client().Fragments(WsType::kText, {"01234", "56789", "+"});
  proxy_->Run();
  EXPECT_EQ(host().close_code(), 1009);
  EXPECT_TRUE(host().messages().empty());
}

TEST_F(WebSocketPolicies, AClientThatSendsMoreMessagesThanItMayIsClosed) {
  Open("message_rate: { messages_per_second: 10, burst: 3 }");
  for (int i = 0; i < 50; ++i) {
    client().Text("in time");
    Wait(std::chrono::milliseconds(101));
  }
  EXPECT_EQ(host().messages().size(), 50u);
  Wait(std::chrono::seconds(1));
  for (int i = 0; i < 4; ++i) client().Binary("at once");
  proxy_->Run();
  EXPECT_EQ(host().messages().size(), 53u) << "the one too many has not passed";
  EXPECT_EQ(client().close_code(), 1008);
  EXPECT_EQ(host().close_code(), 1008);
  EXPECT_EQ(client().wrong() + host().wrong(), "");
  EXPECT_EQ(Stat("close_1008"), 1);
  EXPECT_EQ(End(), "1008 proxy - websocket_message_rate");
}

TEST_F(WebSocketPolicies, TheBurstIsWhatMayComeInASecondWhereItIsNotSaid) {
  Open("message_rate: { messages_per_second: 5 }");
  for (int i = 0; i < 5; ++i) client().Text("all of a second");
  proxy_->Run();
  EXPECT_EQ(client().close_code(), std::nullopt);
  client().Text("too many");
  proxy_->Run();
  EXPECT_EQ(client().close_code(), 1008);
}

TEST_F(WebSocketPolicies, OnlyMessagesOfTheClientAreRated) {
  Open("message_rate: { messages_per_second: 1, burst: 2 }");
  client().Fragments(WsType::kText, {"a", "b", "c", "d"});
  for (int i = 0; i < 10; ++i) {
    client().Ping();
    client().Pong();
    host().Text("as it likes");
  }
  proxy_->Run();
  EXPECT_EQ(client().close_code(), std::nullopt);
  EXPECT_EQ(client().messages().size(), 10u);
  client().Text("the second");
  proxy_->Run();
  EXPECT_EQ(host().messages(), (Lines{"abcd", "the second"}));
  EXPECT_EQ(client().close_code(), std::nullopt);
}

TEST_F(WebSocketPolicies, AMessageTooManyDoesNotPassAtWhateverByteItIsCut) {
  const std::string last = WsBytes({.type = WsType::kText, .payload = "no", .mask = 7});
  for (size_t cut = 1; cut < last.size(); ++cut) {
    Open("message_rate: { messages_per_second: 1 }");
    client().Text("one");
    client().SendRaw(last.substr(0, cut));
    proxy_->Run();
    client().SendRaw(last.substr(cut));
    proxy_->Run();
    EXPECT_EQ(host().messages(), Lines{"one"}) << cut;
    EXPECT_EQ(host().half_frame(), "") << cut;
    EXPECT_EQ(host().close_code(), 1008) << cut;
  }
}

TEST_F(WebSocketPolicies, TunnelsGrowOnlySoOld) {
  Open("max_age: 100s");
  Wait(std::chrono::milliseconds(99'990));
  EXPECT_EQ(client().close_code(), std::nullopt);
  Wait(std::chrono::milliseconds(20));
  EXPECT_EQ(client().close_code(), 1001);
  EXPECT_EQ(End(), "1001 proxy - websocket_max_age");
}

// All of them within the jitter, and in each fifth of it some: not one of 60 there would be a
// chance of less than one in 600,000.
TEST_F(WebSocketPolicies, TunnelsThatOpenTogetherDoNotEndTogetherWithJitter) {
  Open("max_age: 100s, max_age_jitter_percent: 50");
  WsH2Client over_http2(proxy_->world(), proxy_->listener_address());
  std::vector<uint32_t> streams;
  for (int i = 0; i < 60; ++i) streams.push_back(over_http2.Handshake("/chat"));
  proxy_->Run();
  const auto open = [&] {
    size_t count = 0;
    for (const uint32_t stream : streams)
      count += over_http2.ws(stream).close_code() == std::nullopt;
    return count;
  };
  Wait(std::chrono::seconds(99));
  size_t before = open();
  EXPECT_EQ(before, 60u);
  Wait(std::chrono::seconds(1));
  for (int i = 0; i < 5; ++i) {
    Wait(std::chrono::seconds(10));
    EXPECT_LT(open(), before) << i;
    before = open();
  }
  EXPECT_EQ(before, 0u);
}

TEST_F(WebSocketPolicies, ClosesOnAStreamOfHttp2AsWell) {
  Open("max_age: 10s");
  WsH2Client over_http2(proxy_->world(), proxy_->listener_address());
  const uint32_t stream = over_http2.Handshake("/chat");
  proxy_->Run();
  ASSERT_TRUE(over_http2.open(stream));
  Wait(std::chrono::seconds(11));
  EXPECT_EQ(over_http2.ws(stream).close_code(), 1001);
  EXPECT_EQ(host_->ws(1).close_code(), 1001);
  EXPECT_TRUE(over_http2.ws(stream).ended_by_peer());
  EXPECT_EQ(over_http2.ws(stream).wrong(), "");
  EXPECT_EQ(proxy_->Stat("http.test.downstream_cx_upgrades_active"), 0);
}

// ---- Pings of the proxy's own.

TEST_F(WebSocketPolicies, AnEndThatIsSilentIsPingedAndLives) {
  Open("ping: { interval: 10s, timeout: 5s }");
  for (int i = 0; i < 10; ++i) Wait(std::chrono::seconds(10));
  EXPECT_EQ(client().close_code(), std::nullopt);
  EXPECT_GE(Stat("proxy_pings"), 18);
  EXPECT_LE(Stat("proxy_pings"), 20);
  EXPECT_EQ(client().wrong() + host().wrong(), "");
  client().Close(1000);
  proxy_->Run();
  EXPECT_EQ(End(), "1000 client - via_upstream");
}

TEST_F(WebSocketPolicies, AnEndThatTalksIsNotPinged) {
  Open("ping: { interval: 10s }", "", {}, {.echo = true});
  for (int i = 0; i < 20; ++i) {
    Wait(std::chrono::seconds(6));
    client_->ws().Ping();
    host_->ws().Ping();
    proxy_->Run();
  }
  EXPECT_EQ(Stat("proxy_pings"), 0);
}

TEST_F(WebSocketPolicies, APingDoesNotGoIntoAFrame) {
  Open("ping: { interval: 10s, timeout: 5s }", "", {}, {.answer_ping = false});
  const std::string frame = WsBytes({.type = WsType::kText, .payload = "in one piece"});
  host().SendRaw(frame.substr(0, 5));
  Wait(std::chrono::seconds(12));
  host().SendRaw(frame.substr(5));
  proxy_->Run();
  EXPECT_EQ(client().wrong(), "");
  EXPECT_EQ(client().messages(), Lines{"in one piece"});
  EXPECT_EQ(client().Lines(), (Lines{"TEXT \"in one piece\"", "PING"}));
}

TEST_F(WebSocketPolicies, ADeadEndIsFoundAndTheOtherIsTold) {
  for (const bool client_is_dead : {true, false}) {
    Open("ping: { interval: 10s, timeout: 5s }", "", {}, {.answer_ping = false});
    const std::string pong = WsBytes({.type = WsType::kPong});
    for (int i = 0; i < 14; ++i) {
      Wait(std::chrono::seconds(1));
      client_is_dead ? host().Pong() : client().Pong();
      proxy_->Run();
    }
    EXPECT_EQ(client().close_code(), std::nullopt);
    Wait(std::chrono::seconds(2));
    EXPECT_EQ((client_is_dead ? host() : client()).close_code(), 1011);
    EXPECT_EQ(Stat("ended_by_proxy") + proxy_->Stat("http.test.downstream_cx_upgrades_active"), 1);
    EXPECT_EQ(End(), "1011 proxy - websocket_ping_timeout");
    EXPECT_EQ(Stat("close_1011"), 1);
  }
}

}  // namespace
}  // namespace sluice
