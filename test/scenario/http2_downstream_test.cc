// What a client that speaks HTTP/2 may count on, and what it may not do.
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/h2_peer.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Lines = std::vector<std::string>;

constexpr uint32_t kNoError = 0, kProtocolError = 1, kInternalError = 2, kCancel = 8,
                   kEnhanceYourCalm = 11;
constexpr uint32_t kLastOfAll = 0x7fffffff;

H1Answer Late(Duration delay) {
  return {.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nlate", .delay = delay};
}

class Http2Clients : public testing::Test {
 protected:
  void Start(const std::string& manager = "", const std::string& cluster = "") {
    proxy_ = std::make_unique<ProxyFixture>(ProxyFixture::ToUsers(),
                                            ProxyOptions{.manager = manager, .cluster = cluster});
  }
  H2Client& Client(const H2PeerOptions& options = {}) {
    client_ = std::make_unique<H2Client>(proxy_->world(), proxy_->listener_address(), options);
    proxy_->Run();
    return *client_;
  }
  std::unique_ptr<ProxyFixture> proxy_;
  std::unique_ptr<H2Client> client_;
};

// ---- Which protocol it is.

TEST_F(Http2Clients, ThePrefaceMayComeByteByByte) {
  Start();
  proxy_->Host(H1Answer::Of(200, "hi"));
  const std::unique_ptr<MemoryPeer> peer =
      proxy_->world().memory().Dial(proxy_->listener_address());
  for (const char byte :
       absl::StrCat(kH2Preface, H2SettingsFrame(), H2HeadersFrame(1, H2Get("/"), kH2EndStream))) {
    peer->Send({&byte, 1});
    proxy_->Run();
  }
  H2Describer describer;
  const std::string lines = describer.Lines(peer->received(), {"SETTINGS", "WINDOW_UPDATE"});
  EXPECT_NE(lines.find("HEADERS 1 :status=200"), std::string::npos) << lines;
  EXPECT_NE(lines.find("DATA 1 END_STREAM \"hi\""), std::string::npos) << lines;
}

TEST_F(Http2Clients, APartOfThePrefaceWaitsNoLongerThanAHead) {
  Start("request_headers_timeout: 2s");
  H1Client& client = proxy_->Client();
  client.Send(kH2Preface.substr(0, 10));
  proxy_->Advance(milliseconds(1900));
  EXPECT_FALSE(client.closed_by_peer());
  proxy_->Advance(milliseconds(200));
  EXPECT_EQ(client.response(0).status(), 408);
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(proxy_->Stat("http.test.downstream_rq_header_timeout"), 1);
}

TEST_F(Http2Clients, NoneIsTakenWhereHttp1IsConfigured) {
  Start("codec_type: HTTP1");
  H2Client& client = Client();
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(proxy_->Stat("http.test.downstream_cx_http2_total"), 0);
  EXPECT_EQ(proxy_->Stat("http.test.downstream_cx_protocol_error"), 1);
}

TEST_F(Http2Clients, NothingElseIsTakenWhereHttp2IsConfigured) {
  Start("codec_type: HTTP2");
  H1Client& client = proxy_->Client();
  client.Get("/");
  proxy_->Advance(seconds(2));
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(proxy_->Stat("http.test.downstream_cx_http2_total"), 1);
  EXPECT_EQ(proxy_->Stat("http.test.downstream_cx_protocol_error"), 1);
}

TEST_F(Http2Clients, TheConfigurationIsInSettings) {
  Start("http2_protocol_options: { max_concurrent_streams: 7, initial_stream_window_size: 70000 }");
  H2Client& client = Client();
  EXPECT_EQ(client.wire().setting(3), 7u);
  EXPECT_EQ(client.wire().setting(4), 70000u);
  EXPECT_TRUE(client.wire().settings_acknowledged());
}

// ---- Streams of one connection.

TEST_F(Http2Clients, ASlowAnswerHoldsUpNoOther) {
  Start();
  proxy_->Host([](const H1Message& request) {
    return request.path() == "/slow" ? Late(seconds(3)) : H1Answer::Of(200, request.path());
  });
  H2Client& client = Client();
  const uint32_t slow = client.Get("/slow");
  std::vector<uint32_t> quick;
  for (int i = 0; i < 9; ++i) quick.push_back(client.Get(absl::StrCat("/", i)));
  proxy_->Run();
  for (int i = 0; i < 9; ++i) EXPECT_EQ(client.response(quick[i]).body, absl::StrCat("/", i));
  EXPECT_FALSE(client.response(slow).complete);
  EXPECT_EQ(proxy_->Stat("http.test.downstream_rq_active"), 1);
  proxy_->Advance(seconds(4));
  EXPECT_EQ(client.response(slow).body, "late");
  EXPECT_EQ(proxy_->Stat("http.test.downstream_cx_http2_active"), 1);
}

TEST_F(Http2Clients, AResetEndsItsStreamOnly) {
  Start();
  proxy_->Host(Late(seconds(1)));
  H2Client& client = Client();
  const uint32_t given_up = client.Get("/1");
  const uint32_t kept = client.Get("/2");
  proxy_->Run();
  client.wire().Reset(given_up, kCancel);
  proxy_->Advance(seconds(2));
  EXPECT_EQ(client.response(kept).body, "late");
  EXPECT_FALSE(client.closed_by_peer());
  EXPECT_EQ(proxy_->LogLines(), (Lines{"0 DR http2.remote_reset", "200 - via_upstream"}));
  EXPECT_EQ(proxy_->Stat("http.test.downstream_rq_rx_reset"), 1);
  EXPECT_EQ(proxy_->Stat("http.test.http2.rx_reset"), 1);
}

// RFC 9113 section 8.1: the upload of an answered request is not wanted.
TEST_F(Http2Clients, AnEarlyAnswerStopsTheUpload) {
  Start();
  H2Client& client = Client();
  H2Fields head = H2Get("/");
  head[0].second = "POST";
  const uint32_t stream = client.Start(head, End::kNo);
  proxy_->Run();
  EXPECT_EQ(client.response(stream).status(), 503);
  EXPECT_EQ(client.response(stream).reset, kNoError);
  EXPECT_FALSE(client.closed_by_peer());
}

TEST_F(Http2Clients, AResponseThatBreaksOffIsResetBehindWhatCame) {
  Start();
  proxy_->Host(
      {.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", .then = H1Answer::Then::kFin});
  H2Client& client = Client();
  const uint32_t stream = client.Get("/");
  proxy_->Run();
  EXPECT_EQ(client.response(stream).body, "half");
  EXPECT_EQ(client.response(stream).reset, kInternalError);
  EXPECT_FALSE(client.closed_by_peer());
  EXPECT_EQ(proxy_->LogLines(),
            Lines{"200 UC upstream_reset_after_response_started{connection_termination}"});
}

// ---- What may not be.

TEST_F(Http2Clients, AMalformedRequestEndsTheConnection) {
  Start();
  proxy_->Host(Late(seconds(1)));
  H2Client& client = Client();
  client.Get("/");
  proxy_->Run();
  client.Get("/", {{"Upper", "case"}});
  proxy_->Run();
  ASSERT_EQ(client.wire().goaways().size(), 1u);
  EXPECT_EQ(client.wire().goaways()[0].second, kProtocolError);
  proxy_->Advance(seconds(2));
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(proxy_->LogLines(), Lines{"0 DPE http2.invalid.header.field"});
  EXPECT_EQ(proxy_->Stat("http.test.downstream_cx_protocol_error"), 1);
}

TEST_F(Http2Clients, AMalformedRequestEndsItsStreamOnlyIfConfigured) {
  Start("stream_error_on_invalid_http_message: true");
  proxy_->Host(Late(seconds(1)));
  H2Client& client = Client();
  const uint32_t good = client.Get("/");
  const uint32_t bad = client.Get("/", {{"Upper", "case"}});
  proxy_->Advance(seconds(2));
  EXPECT_EQ(client.response(good).status(), 200);
  EXPECT_EQ(client.response(bad).reset, kProtocolError);
  EXPECT_FALSE(client.closed_by_peer());
  EXPECT_EQ(proxy_->LogLines(), (Lines{"0 DPE http2.invalid.header.field", "200 - via_upstream"}));
  EXPECT_EQ(proxy_->Stat("http.test.http2.rx_messaging_error"), 1);
}

TEST_F(Http2Clients, ABodyOfAnotherLengthIsMalformed) {
  Start("stream_error_on_invalid_http_message: true");
  H1Server& host = proxy_->Host(Late(seconds(1)));
  H2Client& client = Client();
  const uint32_t stream = client.Post("/", "12345", {{"content-length", "4"}});
  proxy_->Advance(seconds(2));
  EXPECT_EQ(client.response(stream).reset, kProtocolError);
  EXPECT_TRUE(host.requests().empty());
  EXPECT_EQ(proxy_->LogLines(), Lines{"0 DPE http2.violation.of.messaging.rule"});
}

TEST_F(Http2Clients, HeadersOverTheLimitAreA431OfTheirStream) {
  Start("max_request_headers_kb: 1");
  proxy_->Host(H1Answer::Of(200));
  H2Client& client = Client();
  const uint32_t large = client.Get("/", {{"x-large", std::string(2000, 'x')}});
  const uint32_t small = client.Get("/");
  proxy_->Run();
  EXPECT_EQ(client.response(large).status(), 431);
  EXPECT_EQ(client.response(small).status(), 200);
  EXPECT_EQ(proxy_->Stat("http.test.http2.header_overflow"), 1);
}

TEST_F(Http2Clients, AHeadThatDoesNotEndIsNotWaitedForForEver) {
  Start("request_headers_timeout: 2s");
  H2Client& client = Client();
  client.wire().Send(H2FrameBytes(H2Type::kHeaders, kH2EndStream, 1, HpackLiterals(H2Get("/"))));
  proxy_->Advance(milliseconds(1900));
  EXPECT_FALSE(client.closed_by_peer());
  proxy_->Advance(seconds(2));
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(proxy_->LogLines().size(), 1u);
  EXPECT_EQ(proxy_->Stat("http.test.downstream_rq_header_timeout"), 1);
}

// CVE-2023-44487.
TEST_F(Http2Clients, RapidResetsEndTheConnection) {
  Start();
  H1Server& host = proxy_->Host(Late(seconds(1)));
  H2Client& client = Client();
  std::string wire;
  for (uint32_t stream = 1; stream < 2000; stream += 2) {
    absl::StrAppend(&wire, H2HeadersFrame(stream, H2Get("/"), kH2EndStream),
                    H2RstStreamFrame(stream, kCancel));
  }
  client.wire().Send(wire);
  proxy_->Run();
  ASSERT_FALSE(client.wire().goaways().empty());
  EXPECT_EQ(client.wire().goaways().back().second, kEnhanceYourCalm);
  EXPECT_EQ(proxy_->Stat("http.test.http2.inbound_resets_frames_flood"), 1);
  EXPECT_LE(proxy_->Stat("http.test.downstream_rq_total"), 110);
  EXPECT_LE(host.requests().size(), 110u);
}

// ---- The end.

// RFC 9113 section 6.8: the first GOAWAY refuses nothing, the second what came too late.
TEST_F(Http2Clients, DrainsInTwoSteps) {
  Start("drain_timeout: 5s");
  proxy_->Host(Late(seconds(8)));
  H2Client& client = Client();
  const uint32_t first = client.Get("/");
  proxy_->Run();
  proxy_->core().StartDrain([] {});
  proxy_->Run();
  ASSERT_EQ(client.wire().goaways().size(), 1u);
  EXPECT_EQ(client.wire().goaways()[0], std::make_pair(kLastOfAll, kNoError));
  const uint32_t second = client.Get("/");
  proxy_->Advance(seconds(6));
  ASSERT_EQ(client.wire().goaways().size(), 2u);
  EXPECT_EQ(client.wire().goaways()[1], std::make_pair(second, kNoError));
  EXPECT_FALSE(client.closed_by_peer());
  proxy_->Advance(seconds(6));
  EXPECT_EQ(client.response(first).status(), 200);
  EXPECT_EQ(client.response(second).status(), 200);
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(proxy_->Stat("http.test.downstream_cx_drain_close"), 1);
}

TEST_F(Http2Clients, AnIdleConnectionDrainsToo) {
  Start("drain_timeout: 5s");
  proxy_->Host(H1Answer::Of(200));
  H2Client& client = Client();
  client.Get("/");
  proxy_->Run();
  proxy_->core().StartDrain([] {});
  proxy_->Advance(seconds(4));
  EXPECT_EQ(client.wire().goaways().size(), 1u);
  EXPECT_FALSE(client.closed_by_peer());
  proxy_->Advance(seconds(2));
  EXPECT_EQ(client.wire().goaways().size(), 2u);
  EXPECT_TRUE(client.closed_by_peer());
}

// Nothing more will come, and PINGs need no answer then.
TEST_F(Http2Clients, AGoawayOfTheClientEndsTheConnectionWhenItIsIdle) {
  Start();
  proxy_->Host(Late(seconds(3)));
  H2Client& idle = Client();
  idle.wire().Goaway(0, kNoError);
  idle.wire().Send(H2PingFrame("12345678"));
  proxy_->Run();
  EXPECT_TRUE(idle.closed_by_peer());
  H2Client& busy = Client();
  const uint32_t stream = busy.Get("/");
  busy.wire().Goaway(0, kNoError);
  proxy_->Advance(seconds(2));
  EXPECT_FALSE(busy.closed_by_peer());
  proxy_->Advance(seconds(2));
  EXPECT_EQ(busy.response(stream).status(), 200);
  EXPECT_TRUE(busy.closed_by_peer());
}

TEST_F(Http2Clients, RequestsPerConnectionAreLimited) {
  Start("common_http_protocol_options: { max_requests_per_connection: 2 }\ndrain_timeout: 1s");
  proxy_->Host(H1Answer::Of(200));
  H2Client& client = Client();
  client.Get("/");
  proxy_->Run();
  EXPECT_TRUE(client.wire().goaways().empty());
  const uint32_t second = client.Get("/");
  proxy_->Run();
  EXPECT_EQ(client.wire().goaways().size(), 1u);
  EXPECT_EQ(client.response(second).status(), 200);
  proxy_->Advance(seconds(2));
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(proxy_->Stat("http.test.downstream_cx_max_requests_reached"), 1);
}

TEST_F(Http2Clients, AnIdleConnectionEndsWithAGoaway) {
  Start("common_http_protocol_options: { idle_timeout: 3s }");
  proxy_->Host(Late(seconds(5)));
  H2Client& client = Client();
  const uint32_t stream = client.Get("/");
  proxy_->Advance(seconds(6));
  EXPECT_EQ(client.response(stream).status(), 200);
  EXPECT_FALSE(client.closed_by_peer());
  proxy_->Advance(seconds(3));
  ASSERT_FALSE(client.wire().goaways().empty());
  EXPECT_EQ(client.wire().goaways().back(), std::make_pair(stream, kNoError));
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(proxy_->Stat("http.test.downstream_cx_idle_timeout"), 1);
}

TEST_F(Http2Clients, ALongConnectionDrains) {
  Start("common_http_protocol_options: { max_connection_duration: 10s }\ndrain_timeout: 1s");
  proxy_->Host(H1Answer::Of(200));
  H2Client& client = Client();
  client.Get("/");
  proxy_->Advance(seconds(9));
  EXPECT_TRUE(client.wire().goaways().empty());
  proxy_->Advance(milliseconds(1500));
  EXPECT_EQ(client.wire().goaways().size(), 1u);
  proxy_->Advance(seconds(1));
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(proxy_->Stat("http.test.downstream_cx_max_duration_reached"), 1);
}

constexpr char kKeepAlive[] = R"(
  http2_protocol_options:
    connection_keepalive: { interval: 10s, timeout: 2s, interval_jitter: { value: 0 } }
)";

TEST_F(Http2Clients, OneThatAnswersPingsStays) {
  Start(kKeepAlive);
  proxy_->Host(H1Answer::Of(200));
  H2Client& client = Client();
  client.Get("/");
  proxy_->Advance(seconds(35));
  EXPECT_EQ(client.wire().pings_received(), 3u);
  EXPECT_FALSE(client.closed_by_peer());
}

TEST_F(Http2Clients, OneThatAnswersNoPingIsTakenAsGone) {
  Start(kKeepAlive);
  proxy_->Host(Late(seconds(60)));
  H2Client& client = Client({.acknowledge = false});
  client.Get("/");
  proxy_->Advance(milliseconds(11900));
  EXPECT_FALSE(client.closed_by_peer());
  proxy_->Advance(milliseconds(200));
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(proxy_->Stat("http.test.http2.keepalive_timeout"), 1);
  EXPECT_EQ(proxy_->LogLines().size(), 1u);
}

}  // namespace
}  // namespace sluice
