// What hosts that speak HTTP/2 get, and what becomes of requests when they refuse, reset or leave.
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/h2_peer.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Lines = std::vector<std::string>;

constexpr uint32_t kNoError = 0, kInternalError = 2, kRefusedStream = 7, kCancel = 8,
                   kEnhanceYourCalm = 11;
constexpr uint16_t kMaxConcurrentStreams = 3;

constexpr char kProtocols[] = R"(
  typed_extension_protocol_options:
    envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
      "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
)";

std::string Http2(const std::string& options = "", const std::string& common = "") {
  return absl::StrCat(kProtocols, "      explicit_http_config: { http2_protocol_options: {",
                      options, "} }\n      common_http_protocol_options: {", common, "}\n");
}

H2Answer Late(Duration delay) {
  H2Answer answer = H2Answer::Of(200, "late");
  answer.delay = delay;
  return answer;
}

H2Answer Never() { return {}; }

class Http2Hosts : public testing::Test {
 protected:
  void Start(const std::string& cluster = Http2()) {
    proxy_ =
        std::make_unique<ProxyFixture>(ProxyFixture::ToUsers(), ProxyOptions{.cluster = cluster});
  }
  H2Server& Host(H2Server::OnRequest on_request, const H2PeerOptions& options = {}) {
    host_ = std::make_unique<H2Server>(proxy_->world(), ProxyFixture::HostAddress(0, 0),
                                       std::move(on_request), options);
    return *host_;
  }
  H2Server& Host(const H2Answer& answer, const H2PeerOptions& options = {}) {
    return Host([answer](const H2Message&) { return answer; }, options);
  }
  H2Client& Client() {
    clients_.push_back(std::make_unique<H2Client>(proxy_->world(), proxy_->listener_address()));
    return *clients_.back();
  }
  int64_t Stat(const std::string& name) {
    return proxy_->Stat(absl::StrCat("cluster.users.", name));
  }
  ~Http2Hosts() override { proxy_->world().memory().StopServing(ProxyFixture::HostAddress(0, 0)); }

  std::unique_ptr<ProxyFixture> proxy_;
  std::unique_ptr<H2Server> host_;
  std::vector<std::unique_ptr<H2Client>> clients_;
  std::vector<std::unique_ptr<MemoryPeer>> peers_;
};

// ---- Many on one connection.

TEST_F(Http2Hosts, RequestsOfManyClientsShareAConnection) {
  Start();
  H2Server& host = Host(Late(milliseconds(100)));
  std::vector<H1Client*> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(&proxy_->Client());
    clients.back()->Get(absl::StrCat("/", i));
  }
  proxy_->Run();
  EXPECT_EQ(host.connections_accepted(), 1u);
  EXPECT_EQ(host.requests().size(), 20u);
  EXPECT_EQ(Stat("upstream_rq_active"), 20);
  proxy_->Advance(seconds(30));
  for (H1Client* client : clients) EXPECT_EQ(client->response(0).body, "late");
  EXPECT_EQ(Stat("upstream_cx_http2_total"), 1);
  EXPECT_EQ(Stat("upstream_rq_total"), 20);
  EXPECT_EQ(Stat("upstream_rq_active"), 0);
}

TEST_F(Http2Hosts, NoMoreStreamsThanTheHostAllows) {
  Start();
  H2Server& host = Host(Late(seconds(1)), {.settings = {{kMaxConcurrentStreams, 2}}});
  H2Client& client = Client();
  client.Get("/warm");
  proxy_->Advance(seconds(2));
  ASSERT_EQ(host.connections_accepted(), 1u);
  std::vector<uint32_t> streams;
  for (int i = 0; i < 6; ++i) streams.push_back(client.Get("/"));
  proxy_->Run();
  EXPECT_EQ(host.connections_accepted(), 3u);  // of two streams each
  proxy_->Advance(seconds(5));
  for (const uint32_t stream : streams) EXPECT_EQ(client.response(stream).body, "late");
  EXPECT_EQ(host.connections_accepted(), 3u);
  EXPECT_EQ(Stat("http2.stream_refused_errors"), 0);
}

TEST_F(Http2Hosts, NorThanIsConfigured) {
  Start(Http2("max_concurrent_streams: 3"));
  H2Server& host = Host(Late(seconds(1)));
  H2Client& client = Client();
  for (int i = 0; i < 9; ++i) client.Get("/");
  proxy_->Run();
  EXPECT_EQ(host.connections_accepted(), 3u);
  proxy_->Advance(seconds(5));
}

TEST_F(Http2Hosts, AConnectionThatIsBeingOpenedCountsForAllItMayCarry) {
  Start();
  proxy_->world().memory().shape(ProxyFixture::HostAddress(0, 0)).latency = milliseconds(50);
  H2Server& host = Host(H2Answer::Of(200));
  H2Client& client = Client();
  for (int i = 0; i < 50; ++i) {
    client.Get("/");
    proxy_->Run();
  }
  proxy_->Advance(seconds(1));
  EXPECT_EQ(host.connections_accepted(), 1u);
  EXPECT_EQ(host.requests().size(), 50u);
}

TEST_F(Http2Hosts, RequestsPerConnectionAreLimited) {
  Start(Http2("", "max_requests_per_connection: 2"));
  H2Server& host = Host(H2Answer::Of(200));
  H2Client& client = Client();
  for (int i = 0; i < 4; ++i) {
    client.Get("/");
    proxy_->Run();
  }
  EXPECT_EQ(host.connections_accepted(), 2u);
  EXPECT_EQ(Stat("upstream_cx_max_requests"), 2);
}

TEST_F(Http2Hosts, AnIdleConnectionIsClosed) {
  Start(Http2("", "idle_timeout: 5s"));
  H2Server& host = Host(H2Answer::Of(200));
  H2Client& client = Client();
  client.Get("/");
  proxy_->Advance(seconds(4));
  EXPECT_EQ(host.connections_open(), 1u);
  proxy_->Advance(seconds(3));
  EXPECT_EQ(host.connections_open(), 0u);
  EXPECT_EQ(Stat("upstream_cx_idle_timeout"), 1);
}

// ---- GOAWAY.

TEST_F(Http2Hosts, WhatWasBegunIsFinishedBeforeAHostLeaves) {
  Start();
  H2Server& host = Host(Late(seconds(2)));
  H2Client& client = Client();
  const uint32_t begun = client.Get("/1");
  proxy_->Run();
  host.connection(0).Goaway(1, kNoError);
  proxy_->Run();
  const uint32_t next = client.Get("/2");
  proxy_->Run();
  EXPECT_EQ(host.connections_accepted(), 2u);
  proxy_->Advance(seconds(5));
  EXPECT_EQ(client.response(begun).body, "late");
  EXPECT_EQ(client.response(next).body, "late");
  EXPECT_EQ(host.connections_open(), 1u);
  EXPECT_EQ(Stat("upstream_cx_close_notify"), 1);
  EXPECT_EQ(Stat("upstream_rq_retry"), 0);
}

TEST_F(Http2Hosts, WhatAHostHasNotSeenGoesToAnotherConnection) {
  Start();
  H2Server& host = Host(Never());
  H2Client& client = Client();
  const uint32_t get = client.Get("/get");
  H2Fields post = H2Get("/post");
  post[0].second = "POST";
  const uint32_t upload = client.Start(post, End::kNo);
  proxy_->Run();
  host.SetOnRequest([](const H2Message& request) { return H2Answer::Of(200, request.body); });
  host.connection(0).Goaway(0, kNoError);
  proxy_->Run();
  client.wire().SendData(upload, "all of it", End::kYes);
  proxy_->Run();
  EXPECT_EQ(client.response(get).status(), 200);
  EXPECT_EQ(client.response(upload).status(), 200);
  EXPECT_EQ(client.response(upload).body, "all of it");
  EXPECT_EQ(host.connections_accepted(), 2u);
  EXPECT_EQ(Stat("upstream_rq_retry"), 2);
  for (const std::string& line : proxy_->LogLines()) EXPECT_EQ(line, "200 - via_upstream");
}

// ---- RST_STREAM.

TEST_F(Http2Hosts, ARefusedStreamIsTriedAgain) {
  Start();
  int refused = 0;
  H2Server& host = Host([&refused](const H2Message&) {
    return refused++ < 2 ? H2Answer{.reset = kRefusedStream} : H2Answer::Of(200, "now");
  });
  H2Client& client = Client();
  const uint32_t stream = client.Start(
      {{":method", "POST"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"}}, End::kYes);
  proxy_->Run();
  EXPECT_EQ(client.response(stream).body, "now");
  EXPECT_EQ(host.requests().size(), 3u);
  EXPECT_EQ(Stat("upstream_rq_retry"), 2);
}

TEST_F(Http2Hosts, NotForEver) {
  Start();
  H2Server& host = Host({.reset = kRefusedStream});
  H2Client& client = Client();
  const uint32_t stream = client.Get("/");
  proxy_->Run();
  EXPECT_EQ(client.response(stream).status(), 503);
  EXPECT_EQ(host.requests().size(), 3u);
  EXPECT_EQ(proxy_->LogLines(),
            Lines{"503 UR upstream_reset_before_response_started{remote_refused_stream_reset}"});
}

TEST_F(Http2Hosts, NorWhenPartOfTheBodyIsGone) {
  Start();
  H2Server& host = Host({.reset = kRefusedStream});
  H2Client& client = Client();
  const uint32_t stream = client.Post("/", "body");
  proxy_->Run();
  EXPECT_EQ(client.response(stream).status(), 503);
  EXPECT_EQ(host.requests().size(), 1u);
}

TEST_F(Http2Hosts, AResetBeforeTheAnswerIsA503) {
  Start();
  Host({.reset = kCancel});
  H2Client& client = Client();
  const uint32_t stream = client.Get("/");
  proxy_->Run();
  EXPECT_EQ(client.response(stream).status(), 503);
  EXPECT_FALSE(client.closed_by_peer());
  EXPECT_EQ(proxy_->LogLines(),
            Lines{"503 UR upstream_reset_before_response_started{remote_reset}"});
  EXPECT_EQ(Stat("upstream_rq_rx_reset"), 1);
  EXPECT_EQ(Stat("upstream_cx_active"), 1);
}

TEST_F(Http2Hosts, AResetInTheAnswerReachesTheClientWithItsCode) {
  Start();
  H2Answer answer = H2Answer::Of(200, "half");
  answer.reset = kEnhanceYourCalm;
  H2Server& host = Host([&answer](const H2Message& request) {
    return request.Get(":path") == "/" ? answer : H2Answer::Of(200, "other");
  });
  H2Client& client = Client();
  const uint32_t stream = client.Get("/");
  proxy_->Run();
  EXPECT_EQ(client.response(stream).body, "half");
  EXPECT_EQ(client.response(stream).reset, kEnhanceYourCalm);
  EXPECT_EQ(proxy_->LogLines(),
            Lines{"200 UR upstream_reset_after_response_started{remote_reset}"});
  // What would be untrue of a response that has begun is not repeated.
  answer.reset = kRefusedStream;
  const uint32_t refused = client.Get("/");
  const uint32_t other = client.Get("/other");
  proxy_->Run();
  EXPECT_EQ(client.response(refused).reset, kInternalError);
  EXPECT_EQ(client.response(other).body, "other");
  EXPECT_EQ(host.connections_accepted(), 1u);
}

TEST_F(Http2Hosts, AResetInTheAnswerCutsOffAnHttp1Client) {
  Start();
  H2Answer answer = H2Answer::Of(200, "half");
  answer.reset = kCancel;
  Host(answer);
  H1Client& client = proxy_->Client();
  client.Get("/");
  proxy_->Advance(seconds(2));
  EXPECT_TRUE(client.responses().empty());
  EXPECT_EQ(client.reader().partial().body, "half");
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(proxy_->LogLines(),
            Lines{"200 UR upstream_reset_after_response_started{remote_reset}"});
}

// RFC 9113 section 8.1: a whole answer, and "send no more".
TEST_F(Http2Hosts, AnEarlyAnswerIsWhole) {
  Start();
  H2Server& host = Host(Never());
  H2Client& client = Client();
  H2Fields post = H2Get("/");
  post[0].second = "POST";
  const uint32_t stream = client.Start(post, End::kNo);
  client.wire().SendData(stream, "part", End::kNo);
  proxy_->Run();
  H2Endpoint& wire = host.connection(0);
  wire.SendHead(1, {{":status", "413"}}, End::kYes);
  wire.Reset(1, kNoError);
  proxy_->Run();
  EXPECT_EQ(client.response(stream).status(), 413);
  EXPECT_EQ(proxy_->LogLines(), Lines{"413 - via_upstream"});
}

// ---- Whether it is still there.

TEST_F(Http2Hosts, OneThatAnswersNoPingIsLeft) {
  Start(Http2("connection_keepalive: { interval: 10s, timeout: 2s, interval_jitter: {} }"));
  H2Server& host = Host(Never(), {.acknowledge = false});
  H2Client& client = Client();
  const uint32_t stream = client.Get("/");
  proxy_->Advance(milliseconds(11900));
  EXPECT_FALSE(client.response(stream).complete);
  proxy_->Advance(milliseconds(200));
  EXPECT_EQ(client.response(stream).status(), 503);
  EXPECT_EQ(host.connections_open(), 0u);
  EXPECT_EQ(Stat("http2.keepalive_timeout"), 1);
}

TEST_F(Http2Hosts, ASilentConnectionIsAskedBeforeItIsUsed) {
  Start(Http2("connection_keepalive: { timeout: 2s, connection_idle_interval: 20s }"));
  H2Server& host = Host(H2Answer::Of(200));
  H2Client& client = Client();
  client.Get("/");
  proxy_->Advance(seconds(5));
  client.Get("/");
  proxy_->Run();
  EXPECT_EQ(host.connection(0).pings_received(), 0u);
  proxy_->Advance(seconds(25));
  client.Get("/");
  proxy_->Run();
  EXPECT_EQ(host.connection(0).pings_received(), 1u);
}

// ---- Which protocol it is.

TEST_F(Http2Hosts, TheProtocolOfTheRequest) {
  Start(absl::StrCat(kProtocols, "      use_downstream_protocol_config: {}\n"));
  proxy_->world().memory().Serve(
      ProxyFixture::HostAddress(0, 0),
      [this](std::unique_ptr<MemoryPeer> peer) { peers_.push_back(std::move(peer)); });
  proxy_->Client().Get("/");
  proxy_->Run();
  Client().Get("/");
  proxy_->Run();
  ASSERT_EQ(peers_.size(), 2u);
  EXPECT_EQ(peers_[0]->received().substr(0, 6), "GET / ");
  EXPECT_EQ(peers_[1]->received().substr(0, kH2Preface.size()), kH2Preface);
}

}  // namespace
}  // namespace sluice
