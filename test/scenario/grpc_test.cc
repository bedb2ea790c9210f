// gRPC calls through the proxy, as its wire format over HTTP/2 has them; statuses of the proxy's
// own.
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/h2_peer.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kHttp2[] = "http2_protocol_options: {}";

H2Fields Call(const H2Fields& more = {}) {
  H2Fields fields = {{":method", "POST"},
                     {":scheme", "http"},
                     {":authority", "a.test"},
                     {":path", "/pkg.Service/Method"},
                     {"content-type", "application/grpc"},
                     {"te", "trailers"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

// A message with its prefix: not compressed, and its length.
std::string Framed(absl::string_view message) {
  const auto size = static_cast<uint32_t>(message.size());
  return absl::StrCat(std::string(1, '\0'), H2Uint32(size), message);
}

std::string Trailer(const H2Fields& trailers, absl::string_view name) {
  for (const auto& [each, value] : trailers) {
    if (each == name) return value;
  }
  return "";
}

class Grpc : public testing::Test {
 protected:
  void Start(const std::string& route = "", const std::string& cluster = kHttp2) {
    proxy_ = std::make_unique<ProxyFixture>(ProxyFixture::ToUsers(route),
                                            ProxyOptions{.cluster = cluster});
    client_ = std::make_unique<H2Client>(proxy_->world(), proxy_->listener_address());
  }
  H2Server& Host(H2Server::OnRequest on_request) {
    host_ = std::make_unique<H2Server>(proxy_->world(), ProxyFixture::HostAddress(0, 0),
                                       std::move(on_request));
    return *host_;
  }
  std::unique_ptr<ProxyFixture> proxy_;
  std::unique_ptr<H2Server> host_;
  std::unique_ptr<H2Client> client_;
};

TEST_F(Grpc, AUnaryCall) {
  Start();
  H2Server& host = Host([](const H2Message& request) {
    H2Answer answer = H2Answer::Of(200, request.body, {{"content-type", "application/grpc"}});
    answer.trailers = {{"grpc-status", "0"}, {"grpc-message", "fine"}};
    return answer;
  });
  const uint32_t call = client_->Start(Call(), End::kNo);
  client_->wire().SendData(call, Framed("question"), End::kYes);
  proxy_->Run();
  ASSERT_EQ(host.requests().size(), 1u);
  EXPECT_EQ(host.requests()[0].Get("te"), "trailers");
  EXPECT_EQ(host.requests()[0].body, Framed("question"));
  const H2Message& response = client_->response(call);
  EXPECT_EQ(response.status(), 200);
  EXPECT_EQ(response.body, Framed("question"));
  EXPECT_EQ(Trailer(response.trailers, "grpc-status"), "0");
  EXPECT_TRUE(response.complete);
  EXPECT_FALSE(response.reset.has_value());
}

TEST_F(Grpc, AStatusThatTheRoutesPolicyNamesIsTriedAgain) {
  Start("retry_policy: { retry_on: unavailable, num_retries: 3 }");
  H2Server& host = Host([failures = 2](const H2Message& request) mutable {
    if (failures-- > 0) {
      H2Answer answer;
      answer.head = {
          {":status", "200"}, {"content-type", "application/grpc"}, {"grpc-status", "14"}};
      return answer;
    }
    H2Answer answer = H2Answer::Of(200, request.body, {{"content-type", "application/grpc"}});
    answer.trailers = {{"grpc-status", "0"}};
    return answer;
  });
  const uint32_t call = client_->Start(Call(), End::kNo);
  client_->wire().SendData(call, Framed("question"), End::kYes);
  proxy_->Advance(seconds(1));
  EXPECT_EQ(host.requests().size(), 3u);
  EXPECT_EQ(host.connections_accepted(), 1u);
  EXPECT_EQ(client_->response(call).body, Framed("question"));
  EXPECT_EQ(Trailer(client_->response(call).trailers, "grpc-status"), "0");
}

TEST_F(Grpc, MessagesOfAStreamPassAsTheyCome) {
  Start();
  H2Server& host = Host([](const H2Message&) { return H2Answer{}; });
  const uint32_t call = client_->Start(Call(), End::kNo);
  proxy_->Run();
  const auto wire = [&host]() -> H2Endpoint& { return host.connection(0); };
  wire().SendHead(1, {{":status", "200"}, {"content-type", "application/grpc"}}, End::kNo);
  std::string up, down;
  for (int i = 0; i < 3; ++i) {
    client_->wire().SendData(call, Framed(absl::StrCat("up", i)), End::kNo);
    proxy_->Run();
    up += Framed(absl::StrCat("up", i));
    EXPECT_EQ(wire().message(1).body, up);
    wire().SendData(1, Framed(absl::StrCat("down", i)), End::kNo);
    proxy_->Run();
    down += Framed(absl::StrCat("down", i));
    EXPECT_EQ(client_->response(call).body, down);
  }
  client_->wire().SendData(call, "", End::kYes);
  proxy_->Run();
  EXPECT_TRUE(wire().message(1).complete);
  EXPECT_FALSE(client_->response(call).complete);
  wire().SendTrailers(1, {{"grpc-status", "0"}});
  proxy_->Run();
  EXPECT_TRUE(client_->response(call).complete);
}

TEST_F(Grpc, AnAnswerOfTrailersOnly) {
  Start();
  Host([](const H2Message&) {
    return H2Answer::Of(200, "", {{"content-type", "application/grpc"}, {"grpc-status", "5"}});
  });
  const uint32_t call = client_->Start(Call(), End::kYes);
  proxy_->Run();
  const H2Message& response = client_->response(call);
  EXPECT_EQ(response.Get("grpc-status"), "5");
  EXPECT_EQ(response.Get("content-length"), "");
  EXPECT_TRUE(response.complete);
  EXPECT_TRUE(response.body.empty());
}

// The server has said its last word while the client is still speaking.
TEST_F(Grpc, AStatusThatComesEarly) {
  Start();
  H2Server& host = Host([](const H2Message&) { return H2Answer{}; });
  const uint32_t call = client_->Start(Call(), End::kNo);
  client_->wire().SendData(call, Framed("first"), End::kNo);
  proxy_->Run();
  host.connection(0).SendHead(1, {{":status", "200"}, {"grpc-status", "16"}}, End::kYes);
  proxy_->Run();
  EXPECT_EQ(client_->response(call).Get("grpc-status"), "16");
  EXPECT_EQ(client_->response(call).reset, uint32_t{0});
  EXPECT_FALSE(client_->closed_by_peer());
}

TEST_F(Grpc, ALargeMessage) {
  Start();
  const std::string large = Framed(std::string(300 * 1024, 'x'));
  Host([](const H2Message& request) {
    H2Answer answer = H2Answer::Of(200, request.body);
    answer.trailers = {{"grpc-status", "0"}};
    return answer;
  });
  const uint32_t call = client_->Start(Call(), End::kNo);
  client_->wire().SendData(call, large, End::kYes);
  proxy_->Run();
  EXPECT_EQ(client_->response(call).body, large);
  EXPECT_EQ(Trailer(client_->response(call).trailers, "grpc-status"), "0");
}

TEST_F(Grpc, AnAnswerMadeHereIsAStatus) {
  Start();
  const uint32_t call = client_->Start(Call(), End::kYes);
  proxy_->Run();
  const H2Message& response = client_->response(call);
  EXPECT_EQ(response.status(), 200);
  EXPECT_EQ(response.Get("content-type"), "application/grpc");
  EXPECT_EQ(response.Get("grpc-status"), "14");
  EXPECT_NE(response.Get("grpc-message"), "");
  EXPECT_TRUE(response.complete);
  EXPECT_TRUE(response.body.empty());
}

TEST_F(Grpc, ATimeoutIsDeadlineExceeded) {
  Start("timeout: 2s");
  Host([](const H2Message&) { return H2Answer{}; });
  const uint32_t call = client_->Start(Call(), End::kYes);
  proxy_->Advance(milliseconds(2100));
  EXPECT_EQ(client_->response(call).Get("grpc-status"), "4");
}

TEST_F(Grpc, TheCallersDeadlineIsKeptHereToo) {
  Start(
      "max_stream_duration: { grpc_timeout_header_max: 5s, grpc_timeout_header_offset: 0.5s }\n"
      "timeout: 0s");
  H2Server& host = Host([](const H2Message&) { return H2Answer{}; });
  const uint32_t short_one = client_->Start(Call({{"grpc-timeout", "2S"}}), End::kYes);
  const uint32_t long_one = client_->Start(Call({{"grpc-timeout", "1H"}}), End::kYes);
  const uint32_t without = client_->Start(Call(), End::kYes);
  proxy_->Advance(milliseconds(1400));
  EXPECT_FALSE(client_->response(short_one).complete);
  proxy_->Advance(milliseconds(200));
  EXPECT_EQ(client_->response(short_one).Get("grpc-status"), "4");
  EXPECT_EQ(host.connection(0).message(1).reset, uint32_t{8});
  EXPECT_FALSE(client_->response(long_one).complete);
  proxy_->Advance(seconds(3));
  EXPECT_EQ(client_->response(long_one).Get("grpc-status"), "4");
  proxy_->Advance(seconds(60));
  EXPECT_FALSE(client_->response(without).complete);
}

TEST_F(Grpc, ACancelledCallIsCancelledAtTheHost) {
  Start();
  H2Server& host = Host([](const H2Message&) { return H2Answer{}; });
  const uint32_t call = client_->Start(Call(), End::kNo);
  client_->wire().SendData(call, Framed("first"), End::kNo);
  proxy_->Run();
  client_->wire().Reset(call, 8);
  proxy_->Run();
  EXPECT_EQ(host.connection(0).message(1).reset, uint32_t{8});
  EXPECT_EQ(host.connections_open(), 1u);
}

}  // namespace
}  // namespace sluice
