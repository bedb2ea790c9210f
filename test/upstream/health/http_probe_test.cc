// HTTP probes against a host that answers well, badly, slowly, too much or not at all.
#include "source/upstream/health/http_probe.h"

#include "absl/strings/match.h"
#include "test/harness/h2_peer.h"
#include "test/upstream/health/probe_fixture.h"

namespace sluice {
namespace {

class HttpProbeTest : public ProbeFixture {
 protected:
  HttpProbeTest() { check_.probe.emplace<HttpProbeSpec>().path = "/health"; }
  HttpProbeSpec& http() { return std::get<HttpProbeSpec>(check_.probe); }
};

TEST_F(HttpProbeTest, AsksWithGetForItsPathAndTheClustersNameAsEnvoyDoes) {
  Serve(Response(200));
  EXPECT_EQ(Ask(), "pass: status 200");
  ASSERT_EQ(heard_.size(), 1u);
  EXPECT_EQ(heard_[0], "GET /health HTTP/1.1\r\nhost: users\r\nuser-agent: Envoy/HC\r\n\r\n");
}

TEST_F(HttpProbeTest, AddsNothingOfWebSocket) {  // S-13
  Serve(Response(200));
  Ask();
  ASSERT_EQ(heard_.size(), 1u);
  EXPECT_FALSE(absl::StrContains(heard_[0], "pgrade"));
  EXPECT_FALSE(absl::StrContains(heard_[0], "websocket"));
}

TEST_F(HttpProbeTest, SendsTheConfiguredMethodHostAndBody) {
  http().method = "PUT";
  http().host = "checks.test";
  http().send = "ok?";
  Serve(Response(200));
  EXPECT_EQ(Ask(), "pass: status 200");
  EXPECT_EQ(heard_[0],
            "PUT /health HTTP/1.1\r\nhost: checks.test\r\nuser-agent: Envoy/HC\r\n"
            "content-length: 3\r\n\r\nok?");
}

TEST_F(HttpProbeTest, TheEndpointsHostNameAddressAndPortWin) {
  HostFacts facts = host_->facts();
  facts.probe = ProbePlaceRef({.address = TestAddress(9), .port = 8080, .hostname = "one.test"});
  host_ = std::make_shared<Host>(facts);
  http().host = "checks.test";
  std::string heard;
  std::unique_ptr<MemoryPeer> there;
  world_.memory().Serve(TestAddress(9).WithPort(8080), [&](std::unique_ptr<MemoryPeer> peer) {
    there = std::move(peer);
    there->OnActivity([&] { heard += there->received(); });
  });
  Ask();
  EXPECT_TRUE(absl::StrContains(heard, "host: one.test\r\n")) << heard;
}

TEST_F(HttpProbeTest, OnlyExpectedStatusesPass) {
  Serve(Response(204));
  EXPECT_EQ(Ask(), "fail: status 204, expected 200");
  http().expected = {{200, 300}, {404, 405}};
  EXPECT_EQ(Ask(), "pass: status 204");
  Serve(Response(404));
  peers_.clear();
  EXPECT_EQ(Ask(), "pass: status 404");
}

TEST_F(HttpProbeTest, SaysWhatWasExpected) {
  http().expected = {{200, 300}, {404, 405}};
  Serve(Response(503));
  EXPECT_EQ(Ask(), "fail: status 503, expected 200-299 or 404");
}

TEST_F(HttpProbeTest, RetriableStatusesAreNoSentence) {
  http().retriable = {{500, 600}};
  Serve(Response(503));
  EXPECT_EQ(Ask(), "retriable: status 503, expected 200");
}

TEST_F(HttpProbeTest, ExpectedWinsOverRetriable) {
  http().retriable = {{200, 300}};
  Serve(Response(200));
  EXPECT_EQ(Ask(), "pass: status 200");
}

TEST_F(HttpProbeTest, AFailureThatAsksToBeCountedOutIs) {
  Serve(Response(503, "", "x-envoy-immediate-health-check-fail: true\r\n"));
  EXPECT_EQ(Ask(), "excluded: status 503, expected 200");
}

TEST_F(HttpProbeTest, AnExpectedStatusPassesWhateverItAsksFor) {
  Serve(Response(200, "", "x-envoy-immediate-health-check-fail: true\r\n"));
  EXPECT_EQ(Ask(), "pass: status 200");
}

TEST_F(HttpProbeTest, AHostCanCallItselfDegraded) {
  Serve(Response(200, "", "x-envoy-degraded: true\r\n"));
  EXPECT_EQ(Ask(), "degraded: status 200");
}

TEST_F(HttpProbeTest, TheServiceHasToBearTheNameThatIsMatched) {
  http().service_name.emplace(StringMatch::Kind::kPrefix, "users-", CaseRule::kExact);
  Serve(Response(200, "", "x-envoy-upstream-healthchecked-cluster: users-7\r\n"));
  EXPECT_EQ(Ask(), "pass: status 200");
  Serve(Response(200));
  peers_.clear();
  EXPECT_EQ(Ask(), "fail: the service calls itself \"\", which is not the one");
  EXPECT_EQ(world_.stats().Value("cluster.users.health_check.verify_cluster"), 2);
}

// ---- The body.

TEST_F(HttpProbeTest, BlocksHaveToBeFoundInTheirOrder) {
  http().receive = {"first", "second"};
  Serve(Response(200, "..first....second.."));
  EXPECT_EQ(Ask(), "pass: status 200");
  Serve(Response(200, "..second....first.."));
  peers_.clear();
  EXPECT_EQ(Ask(), "fail: the body does not have what was expected");
}

TEST_F(HttpProbeTest, BlocksHaveToBeFoundWithinTheBuffer) {
  http().receive = {"end"};
  http().receive_bytes_max = 10;
  Serve(Response(200, "1234567end"));
  EXPECT_EQ(Ask(), "pass: status 200");
  Serve(Response(200, "12345678end"));
  peers_.clear();
  EXPECT_EQ(Ask(), "fail: the body does not have what was expected");
}

TEST_F(HttpProbeTest, NoBufferSizeMeansTheWholeBody) {
  http().receive = {"end"};
  http().receive_bytes_max = 0;
  Serve(Response(200, std::string(300'000, 'x') + "end"));
  EXPECT_EQ(Ask(), "pass: status 200");
}

// ---- Connections.

TEST_F(HttpProbeTest, AConnectionIsUsedAgain) {
  Serve(Response(200));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ask(), "pass: status 200");
  EXPECT_EQ(peers_.size(), 1u);
}

TEST_F(HttpProbeTest, OrIsNotWhereThatIsNotWanted) {
  check_.reuse_connection = false;
  Serve(Response(200));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ask(), "pass: status 200");
  EXPECT_EQ(peers_.size(), 3u);
  EXPECT_TRUE(peers_[0]->got_fin());
}

TEST_F(HttpProbeTest, NorWhereTheHostSaysClose) {
  Serve(Response(200, "", "connection: close\r\n"));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(Ask(), "pass: status 200");
  EXPECT_EQ(peers_.size(), 2u);
}

TEST_F(HttpProbeTest, AConnectionThatWasClosedMeanwhileIsNoFailure) {
  Serve(Response(200));
  Ask();
  peers_.clear();
  world_.RunUntilIdle();
  EXPECT_EQ(Ask(), "pass: status 200");
}

TEST_F(HttpProbeTest, NorOneThatIsClosedInsteadOfAnAnswer) {
  Serve(Response(200));
  Ask();
  peers_[0]->OnActivity([this] { peers_[0]->Reset(); });
  EXPECT_EQ(Ask(), "pass: status 200");
  EXPECT_EQ(peers_.size(), 2u);
}

TEST_F(HttpProbeTest, ButOnANewConnectionItIs) {
  world_.memory().Serve(host_->address(), [](std::unique_ptr<MemoryPeer> peer) {});
  EXPECT_TRUE(absl::StartsWith(Ask(), "network: the connection was closed")) << results_[0];
}

TEST_F(HttpProbeTest, AHostThatRefusesConnectionsIsSaidTo) {
  EXPECT_EQ(Ask(), "network: connection refused");
}

TEST_F(HttpProbeTest, SpeaksHttp2WhereThatIsConfigured) {
  http().http2 = true;
  H2Server server(world_, host_->address(),
                  [](const H2Message& request) { return H2Answer::Of(200, "ok"); });
  EXPECT_EQ(Ask(), "pass: status 200");
  EXPECT_EQ(Ask(), "pass: status 200");
  EXPECT_EQ(server.connections_accepted(), 1u);
  ASSERT_EQ(server.requests().size(), 2u);
  EXPECT_EQ(server.requests()[0].Get(":path"), "/health");
  EXPECT_EQ(server.requests()[0].Get(":authority"), "users");
  EXPECT_EQ(server.requests()[0].Get("user-agent"), "Envoy/HC");
  probe_.reset();
  world_.RunUntilIdle();
}

// ---- Hosts that do not behave.

TEST_F(HttpProbeTest, GarbageIsAFailureOfTheNetwork) {
  Serve("\x01\x02garbage\r\n\r\n");
  EXPECT_TRUE(absl::StartsWith(Ask(), "network: not valid HTTP: ")) << results_[0];
}

TEST_F(HttpProbeTest, AnAnswerOfSingleBytesIsAnAnswer) {
  const std::string answer = Response(200, "hello");
  Serve("");
  EXPECT_EQ(Ask(), "");
  for (const char byte : answer) {
    peers_[0]->Send(std::string(1, byte));
    world_.RunUntilIdle();
  }
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_EQ(results_[0], "pass: status 200");
}

TEST_F(HttpProbeTest, AnAnswerThatBreaksOffIsAFailureWhereverItDoes) {
  const std::string answer = Response(200, "hello");
  for (size_t cut = 0; cut < answer.size(); ++cut) {
    probe_.reset();
    peers_.clear();
    Serve(answer.substr(0, cut));
    EXPECT_EQ(Ask(), "") << cut;
    peers_[0]->SendFin();
    world_.RunUntilIdle();
    ASSERT_EQ(results_.size(), 1u) << cut;
    EXPECT_TRUE(absl::StartsWith(results_[0], "network: the connection was closed")) << results_[0];
  }
}

TEST_F(HttpProbeTest, OfABodyThatHasNothingToSayOnlySoMuchIsRead) {
  Serve(absl::StrCat("HTTP/1.1 200 OK\r\ncontent-length: ", 64_MiB, "\r\n\r\n"));
  EXPECT_EQ(Ask(), "");
  size_t sent = 0;
  while (results_.empty() && sent < 64_MiB) {
    peers_[0]->Send(std::string(16_KiB, 'x'));
    sent += 16_KiB;
    world_.RunUntilIdle();
  }
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_EQ(results_[0], "pass: status 200");
  EXPECT_LE(sent, HttpProbe::kIdleBodyBytesMax + 32_KiB);
  EXPECT_TRUE(peers_[0]->got_fin() || peers_[0]->got_reset());
}

TEST_F(HttpProbeTest, AHeadWithoutEndIsCutOff) {
  Serve("HTTP/1.1 200 OK\r\n");
  EXPECT_EQ(Ask(), "");
  size_t sent = 0;
  while (results_.empty() && sent < 1_MiB) {
    peers_[0]->Send("x: " + std::string(1000, 'x') + "\r\n");
    sent += 1005;
    world_.RunUntilIdle();
  }
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_TRUE(absl::StartsWith(results_[0], "network: not valid HTTP: ")) << results_[0];
}

TEST_F(HttpProbeTest, AProbeThatIsStoppedReportsNothingAndCloses) {
  Serve("");
  EXPECT_EQ(Ask(), "");
  Probe().Stop();
  world_.RunUntilIdle();
  EXPECT_TRUE(peers_[0]->got_fin() || peers_[0]->got_reset());
  Serve(Response(200));
  EXPECT_EQ(Ask(), "pass: status 200");
  EXPECT_EQ(results_.size(), 1u);
}

TEST_F(HttpProbeTest, AProbeMayBeStoppedWhileItConnects) {
  world_.memory().shape(host_->address()).latency = std::chrono::seconds(5);
  Serve(Response(200));
  EXPECT_EQ(Ask(), "pass: status 200");  // the world waits for bytes under way
  probe_.reset();
  peers_.clear();
  Probe().Start();
  Probe().Stop();
  results_.clear();
  world_.RunUntilIdle();
  EXPECT_TRUE(results_.empty());
}

}  // namespace
}  // namespace sluice
