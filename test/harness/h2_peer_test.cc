#include "test/harness/h2_peer.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

const Address kAt = Address::FromIp("10.0.0.1", 80).value();

// RFC 7541 appendix C.4 and C.6.1: Huffman and the dynamic table, by the RFC's own bytes.
TEST(H2Hpack, DecodesTheExamplesOfTheRfc) {
  HpackDecoder decoder;
  H2Fields fields;
  ASSERT_TRUE(decoder.Decode(
      absl::string_view("\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff"),
      &fields));
  const H2Fields first = {
      {":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "www.example.com"}};
  EXPECT_EQ(fields, first);
  fields.clear();
  ASSERT_TRUE(decoder.Decode(absl::string_view("\x82\x86\x84\xbe\x58\x86\xa8\xeb\x10\x64\x9c\xbf"),
                             &fields));
  const H2Fields second = {{":method", "GET"},
                           {":scheme", "http"},
                           {":path", "/"},
                           {":authority", "www.example.com"},
                           {"cache-control", "no-cache"}};
  EXPECT_EQ(fields, second);
}

TEST(H2Peers, AskAndAnswerEachOther) {
  SimWorld world;
  H2Server server(world, kAt, [](const H2Message& request) {
    H2Answer answer =
        H2Answer::Of(200, request.body + " heard", {{"x-path", request.Get(":path")}});
    answer.trailers = {{"x-end", "1"}};
    return answer;
  });
  H2Client client(world, kAt);
  const uint32_t first = client.Get("/a");
  const uint32_t second = client.Post("/b", "hello");
  world.RunUntilIdle();
  EXPECT_EQ(client.response(first).status(), 200);
  EXPECT_EQ(client.response(first).Get("x-path"), "/a");
  EXPECT_EQ(client.response(second).body, "hello heard");
  EXPECT_EQ(client.response(second).trailers, (H2Fields{{"x-end", "1"}}));
  EXPECT_TRUE(client.response(second).complete);
  EXPECT_TRUE(client.wire().settings_acknowledged());
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST(H2Peers, WaitForWindows) {
  SimWorld world;
  H2PeerOptions stingy;
  stingy.give_windows = false;
  stingy.settings = {{4, 10}};
  H2Server server(
      world, kAt, [](const H2Message&) { return H2Answer::Of(200); }, stingy);
  H2Client client(world, kAt);
  world.RunUntilIdle();
  const uint32_t stream = client.Post("/", std::string(25, 'x'));
  world.RunUntilIdle();
  EXPECT_EQ(client.wire().unsent_bytes(stream), 15u);
  EXPECT_EQ(server.requests().size(), 0u);
  server.connection(0).Send(H2WindowUpdateFrame(stream, 15));
  world.RunUntilIdle();
  EXPECT_EQ(client.response(stream).status(), 200);
}

}  // namespace
}  // namespace sluice
