#include "source/upstream/health/grpc_probe.h"

#include "absl/strings/match.h"
#include "test/harness/h2_peer.h"
#include "test/upstream/health/probe_fixture.h"

namespace sluice {
namespace {

// ---- The messages.

TEST(GrpcHealth, ARequestIsOneFramedMessage) {
  EXPECT_EQ(GrpcHealthRequest(""), std::string(5, '\0'));
  EXPECT_EQ(GrpcHealthRequest("a"), std::string("\0\0\0\0\x03\x0a\x01"
                                                "a",
                                                8));
  EXPECT_EQ(GrpcHealthRequest(std::string(200, 'x')).substr(0, 8),
            std::string("\0\0\0\0\xcb\x0a\xc8\x01", 8));
}

std::string Framed(const std::string& message) {
  return std::string(4, '\0') + static_cast<char>(message.size()) + message;
}

TEST(GrpcHealth, TheStatusIsFieldOne) {
  EXPECT_EQ(GrpcServingStatus(Framed(std::string("\x08\x01", 2))), 1);
  EXPECT_EQ(GrpcServingStatus(Framed(std::string("\x08\x02", 2))), 2);
  EXPECT_EQ(GrpcServingStatus(Framed("")), 0);
}

TEST(GrpcHealth, FieldsThatAreNotKnownAreSkipped) {
  EXPECT_EQ(GrpcServingStatus(Framed(std::string("\x12\x02hi\x08\x01", 6))), 1);
  EXPECT_EQ(GrpcServingStatus(Framed(std::string("\x15\1\2\3\4\x08\x01", 7))), 1);
  EXPECT_EQ(GrpcServingStatus(Framed(std::string("\x11\1\2\3\4\5\6\7\0\x08\x01", 11))), 1);
  EXPECT_EQ(GrpcServingStatus(Framed(std::string("\x10\xff\x01\x08\x01", 5))), 1);
}

TEST(GrpcHealth, AStatusThatIsNotKnownIsNotServing) {
  EXPECT_EQ(GrpcServingStatus(Framed(std::string("\x08\x63", 2))), 0);
}

TEST(GrpcHealth, WhateverIsCutOffHasNoStatus) {
  const std::string whole = Framed(std::string("\x12\x02hi\x08\x01", 6));
  for (size_t cut = 0; cut < whole.size(); ++cut) {
    EXPECT_EQ(GrpcServingStatus(whole.substr(0, cut)), -1) << cut;
  }
  EXPECT_EQ(GrpcServingStatus(Framed(std::string("\x08\xff", 2))), -1);
  EXPECT_EQ(GrpcServingStatus(Framed(std::string("\x12\x7f", 2))), -1);
  EXPECT_EQ(GrpcServingStatus(Framed(std::string("\x0b", 1))), -1);  // a group
}

TEST(GrpcHealth, ACompressedMessageHasNoStatus) {
  EXPECT_EQ(GrpcServingStatus(std::string("\x01\0\0\0\x02\x08\x01", 7)), -1);
}

// ---- The probe.

class GrpcProbeTest : public ProbeFixture {
 protected:
  GrpcProbeTest() { check_.probe.emplace<GrpcProbeSpec>().service = "chat"; }
  ~GrpcProbeTest() override {
    probe_.reset();
    world_.RunUntilIdle();
    server_.reset();
  }
  std::string AskServer(H2Answer answer) {
    probe_.reset();
    world_.RunUntilIdle();
    server_.reset();
    server_ = std::make_unique<H2Server>(world_, host_->address(),
                                         [answer](const H2Message&) { return answer; });
    return Ask();
  }
  static H2Answer Serving(int status) {
    H2Answer answer = H2Answer::Of(200, Framed(std::string("\x08", 1) + static_cast<char>(status)),
                                   {{"content-type", "application/grpc"}});
    answer.trailers = {{"grpc-status", "0"}};
    return answer;
  }
  std::unique_ptr<H2Server> server_;
};

TEST_F(GrpcProbeTest, AServiceThatServesPasses) {
  EXPECT_EQ(AskServer(Serving(1)), "pass: SERVING");
  EXPECT_EQ(Ask(), "pass: SERVING");
  EXPECT_EQ(server_->connections_accepted(), 1u);
  const H2Message& request = server_->requests()[0];
  EXPECT_EQ(request.Get(":method"), "POST");
  EXPECT_EQ(request.Get(":path"), "/grpc.health.v1.Health/Check");
  EXPECT_EQ(request.Get(":authority"), "users");
  EXPECT_EQ(request.Get("content-type"), "application/grpc");
  EXPECT_EQ(request.Get("te"), "trailers");
  EXPECT_EQ(request.body, GrpcHealthRequest("chat"));
}

TEST_F(GrpcProbeTest, OneThatDoesNotFails) {
  EXPECT_EQ(AskServer(Serving(2)), "fail: NOT_SERVING");
  EXPECT_EQ(AskServer(Serving(0)), "fail: UNKNOWN");
  EXPECT_EQ(AskServer(Serving(3)), "fail: SERVICE_UNKNOWN");
}

TEST_F(GrpcProbeTest, AnErrorOfTheCallFails) {
  H2Answer answer =
      H2Answer::Of(200, "", {{"content-type", "application/grpc"}, {"grpc-status", "12"}});
  EXPECT_EQ(AskServer(answer), "fail: grpc-status 12, expected 0");
  answer = Serving(1);
  answer.trailers = {{"grpc-status", "14"}};
  EXPECT_EQ(AskServer(answer), "fail: grpc-status 14, expected 0");
  answer.trailers = {{"x", "y"}};
  EXPECT_EQ(AskServer(answer), "fail: grpc-status missing, expected 0");
}

TEST_F(GrpcProbeTest, WhatIsNoGrpcFails) {
  EXPECT_EQ(AskServer(H2Answer::Of(503)), "fail: status 503, expected 200");
  EXPECT_EQ(AskServer(H2Answer::Of(200, "hi")), "fail: the answer is not gRPC");
  H2Answer answer = H2Answer::Of(200, "hi", {{"content-type", "application/grpc"}});
  answer.trailers = {{"grpc-status", "0"}};
  EXPECT_EQ(AskServer(answer), "fail: the answer has no HealthCheckResponse");
}

TEST_F(GrpcProbeTest, AnAnswerHasItsLimit) {
  H2Answer answer =
      H2Answer::Of(200, std::string(1_MiB, 'x'), {{"content-type", "application/grpc"}});
  EXPECT_EQ(AskServer(answer), "fail: the answer is too long");
}

TEST_F(GrpcProbeTest, AServerThatSpeaksNoHttp2IsAFailureOfTheNetwork) {
  Serve(Response(400));
  EXPECT_TRUE(absl::StartsWith(Ask(), "network: ")) << results_[0];
}

TEST_F(GrpcProbeTest, AResetCallIsAFailureOfTheNetwork) {
  H2Answer answer;
  answer.reset = 2;
  EXPECT_EQ(AskServer(answer), "network: the request was reset");
}

}  // namespace
}  // namespace sluice
