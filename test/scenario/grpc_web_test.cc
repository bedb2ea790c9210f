// A browser's gRPC calls, over HTTP/1 to hosts that speak gRPC.
#include <memory>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "test/harness/h2_peer.h"
#include "test/harness/proxy_fixture.h"

namespace sluice {
namespace {

constexpr char kGrpcWeb[] = R"(
- name: web
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.grpc_web.v3.GrpcWeb
)";

std::string Framed(char flag, absl::string_view content) {
  const auto size = static_cast<uint32_t>(content.size());
  return absl::StrCat(std::string(1, flag), H2Uint32(size), content);
}
const std::string kStatus = Framed('\x80', "grpc-status: 0\r\n");

class GrpcWebScenario : public testing::Test {
 protected:
  // Answers with the question, and that all is well.
  H2Server& Host() {
    host_ = std::make_unique<H2Server>(
        proxy_.world(), ProxyFixture::HostAddress(0, 0), [](const H2Message& request) {
          H2Answer answer = H2Answer::Of(200, request.body, {{"content-type", "application/grpc"}});
          answer.trailers = {{"grpc-status", "0"}};
          return answer;
        });
    return *host_;
  }
  H1Client& Call(const std::string& type, const std::string& body) {
    H1Client& client = proxy_.Client();
    client.Post("/s/m", body, {absl::StrCat("content-type: ", type)});
    proxy_.Run();
    return client;
  }
  ProxyFixture proxy_{ProxyFixture::ToUsers(),
                      {.filters = kGrpcWeb, .cluster = "http2_protocol_options: {}"}};
  std::unique_ptr<H2Server> host_;
};

TEST_F(GrpcWebScenario, ABinaryCall) {
  H2Server& host = Host();
  const std::string question = Framed('\0', "question");
  const H1Message& response = Call("application/grpc-web+proto", question).response(0);
  ASSERT_EQ(host.requests().size(), 1u);
  EXPECT_EQ(host.requests()[0].Get("content-type"), "application/grpc+proto");
  EXPECT_EQ(host.requests()[0].Get("te"), "trailers");
  EXPECT_EQ(host.requests()[0].Get("content-length"), "");
  EXPECT_EQ(host.requests()[0].body, question);
  EXPECT_EQ(response.status(), 200);
  EXPECT_EQ(response.header("content-type"), "application/grpc-web+proto");
  EXPECT_EQ(response.body, question + kStatus);
}

TEST_F(GrpcWebScenario, ACallInText) {
  H2Server& host = Host();
  const std::string question = Framed('\0', std::string(20'000, 'q'));
  const H1Message& response =
      Call("application/grpc-web-text", absl::Base64Escape(question)).response(0);
  ASSERT_EQ(host.requests().size(), 1u);
  EXPECT_EQ(host.requests()[0].body, question);
  EXPECT_EQ(response.header("content-type"), "application/grpc-web-text+proto");
  // Padded where the pieces came: read quartet by quartet.
  std::string answer;
  for (size_t at = 0; at < response.body.size(); at += 4) {
    std::string bytes;
    EXPECT_TRUE(absl::Base64Unescape(response.body.substr(at, 4), &bytes));
    answer += bytes;
  }
  EXPECT_EQ(answer, question + kStatus);
}

TEST_F(GrpcWebScenario, AnAnswerOfTheProxyIsAStatusInTheHead) {
  const H1Message& response = Call("application/grpc-web", Framed('\0', "q")).response(0);
  EXPECT_EQ(response.status(), 200);  // nobody listens
  EXPECT_EQ(response.header("content-type"), "application/grpc-web+proto");
  EXPECT_EQ(response.header("grpc-status"), "14");
}

TEST_F(GrpcWebScenario, WhatIsNoBase64IsNotAnsweredAsGrpc) {
  Host();
  const H1Message& response = Call("application/grpc-web-text", "!!!!").response(0);
  EXPECT_EQ(response.status(), 400);
  EXPECT_EQ(response.body, "Bad gRPC-web request, invalid base64 data.");
}

}  // namespace
}  // namespace sluice
