#include "test/harness/h1_peer.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

using std::chrono::seconds;

TEST(H1Reader, ReadsEveryFramingByteByByte) {
  H1Reader reader(H1Reader::Role::kResponses);
  std::vector<H1Message> messages;
  const std::string wire =
      "HTTP/1.1 100 Continue\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"
      "HTTP/1.1 204 No Content\r\n\r\n"
      "HTTP/1.1 200 OK\r\ntransfer-encoding: "
      "chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nt: v\r\n\r\n"
      "HTTP/1.1 200 OK\r\n\r\nuntil the end";
  for (char byte : wire) {
    for (H1Message& message : reader.Feed(absl::string_view(&byte, 1))) messages.push_back(message);
  }
  messages.push_back(reader.FeedEnd().value());
  ASSERT_EQ(messages.size(), 5);
  EXPECT_EQ(messages[0].status(), 100);
  EXPECT_EQ(messages[1].body, "abc");
  EXPECT_EQ(messages[1].header("content-length"), "3");
  EXPECT_EQ(messages[2].status(), 204);
  EXPECT_EQ(messages[3].body, "abc0123456789");
  ASSERT_EQ(messages[3].trailers.size(), 1);
  EXPECT_EQ(messages[3].trailers[0].second, "v");
  EXPECT_EQ(messages[4].body, "until the end");
  EXPECT_FALSE(reader.broken());
}

TEST(H1Reader, AnswersToHeadHaveNoBody) {
  H1Reader reader(H1Reader::Role::kResponses);
  reader.ExpectNoBody();
  const std::vector<H1Message> messages =
      reader.Feed("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nHTTP/1.1 204 N\r\n\r\n");
  EXPECT_EQ(messages.size(), 2);
}

TEST(H1Reader, ABrokenChunkIsBroken) {
  H1Reader reader(H1Reader::Role::kRequests);
  EXPECT_TRUE(reader.Feed("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n").empty());
  EXPECT_TRUE(reader.broken());
}

class H1PeersTest : public ::testing::Test {
 protected:
  SimWorld world_;
  const Address kServer = Address::FromIp("10.0.0.1", 80).value();
};

TEST_F(H1PeersTest, AClientGetsItsAnswers) {
  H1Server server(world_, kServer, [](const H1Message& request) {
    return H1Answer::Of(200, request.path() + request.body, {"x-a: b"});
  });
  H1Client client(world_, kServer);
  client.Get("/one");
  client.Post("/two", "body");
  world_.RunUntilIdle();
  EXPECT_EQ(client.responses().size(), 2);
  EXPECT_EQ(client.response(0).body, "/one");
  EXPECT_EQ(client.response(0).header("X-A"), "b");
  EXPECT_EQ(client.response(1).body, "/twobody");
  EXPECT_EQ(server.requests()[1].method(), "POST");
  EXPECT_EQ(server.connections_accepted(), 1);
  client.Close();
  world_.RunUntilIdle();
  EXPECT_EQ(server.connections_open(), 0);
}

TEST_F(H1PeersTest, ASlowAnswerHoldsUpTheNext) {
  int n = 0;
  H1Server server(world_, kServer, [&n](const H1Message&) {
    H1Answer answer = H1Answer::Of(200, "x");
    if (++n == 1) answer.delay = seconds(5);
    return answer;
  });
  H1Client client(world_, kServer);
  client.Get("/");
  client.Get("/");
  world_.Advance(seconds(4));
  EXPECT_EQ(client.responses().size(), 0);
  world_.Advance(seconds(1));
  EXPECT_EQ(client.responses().size(), 2);
}

TEST_F(H1PeersTest, AServerMayEndOrResetAfterAnAnswer) {
  H1Answer::Then then = H1Answer::Then::kFin;
  H1Server server(world_, kServer, [&then](const H1Message&) {
    H1Answer answer = {"HTTP/1.1 200 OK\r\n\r\nbody"};
    answer.then = then;
    return answer;
  });
  H1Client first(world_, kServer);
  first.Get("/");
  world_.RunUntilIdle();
  EXPECT_EQ(first.response(0).body, "body");
  EXPECT_TRUE(first.closed_by_peer());
  then = H1Answer::Then::kReset;
  H1Client second(world_, kServer);
  second.Get("/");
  world_.RunUntilIdle();
  EXPECT_TRUE(second.peer().got_reset());
  EXPECT_TRUE(second.responses().empty());
}

}  // namespace
}  // namespace sluice
