#include "test/harness/ws_peer.h"

#include <gtest/gtest.h>

#include "test/harness/ws_h2_peer.h"

namespace sluice {
namespace {

using Lines = std::vector<std::string>;

const Address kAt = Address::FromIp("10.0.0.1", 80).value();

// RFC 6455 section 5.7 and 1.3: by the RFC's own bytes.
TEST(WsFrame, IsWrittenAndReadAsInTheRfc) {
  EXPECT_EQ(WsBytes({.payload = "Hello"}), "\x81\x05Hello");
  EXPECT_EQ(WsBytes({.payload = "Hello", .mask = 0x37fa213d}),
            "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
  EXPECT_EQ(WsBytes({.payload = "Hel", .fin = false}), "\x01\x03Hel");
  EXPECT_EQ(WsBytes({.type = WsType::kBinary, .payload = std::string(256, 'x')}).substr(0, 4),
            absl::string_view("\x82\x7e\x01\x00", 4));
  EXPECT_EQ(WsBytes({.type = WsType::kBinary, .payload = std::string(65536, 'x')}).substr(0, 10),
            absl::string_view("\x82\x7f\0\0\0\0\0\1\0\0", 10));
  EXPECT_EQ(WsBytes({.payload = "a"}, WsLength::kTwoBytes), absl::string_view("\x81\x7e\0\1a", 5));
  EXPECT_EQ(WsAcceptOf("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WsFrame, IsReadByteByByte) {
  const std::string wire = WsBytes({.payload = "Hello", .mask = 0x37fa213d}) +
                           WsBytes({.type = WsType::kPing, .fin = false, .rsv = 4}) +
                           WsBytes({.type = WsType::kBinary, .payload = std::string(70000, 'x')}) +
                           WsBytes(WsCloseFrame(1001, "bye"));
  WsFrameReader reader;
  Lines lines;
  for (const char byte : wire) {
    for (const WsFrame& frame : reader.Feed({&byte, 1})) lines.push_back(WsLine(frame));
  }
  EXPECT_EQ(lines, (Lines{"TEXT \"Hello\"", "PING+ rsv=4", "BINARY 70000", "CLOSE 1001 \"bye\""}));
  EXPECT_EQ(reader.left(), "");
}

TEST(WsPeers, TalkAndCloseOverHttp1) {
  SimWorld world;
  WsServer server(world, kAt, {.echo = true});
  WsClient client(world, kAt);
  client.Handshake("/chat", {"Sec-WebSocket-Protocol: chat"});
  world.RunUntilIdle();
  ASSERT_TRUE(client.open());
  EXPECT_TRUE(client.accept_is_right());
  EXPECT_EQ(server.requests()[0].header("sec-websocket-protocol"), "chat");
  client.ws().Text("one");
  client.ws().Fragments(WsType::kBinary, {"t", "w", "o"});
  client.ws().Ping("are you there");
  client.ws().Close(1000);
  world.RunUntilIdle();
  EXPECT_EQ(client.ws().Lines(),
            (Lines{"TEXT \"one\"", "BINARY \"two\"", "PONG \"are you there\"", "CLOSE 1000"}));
  EXPECT_EQ(server.ws().messages(), (Lines{"one", "two"}));
  EXPECT_EQ(server.ws().close_code(), 1000);
  EXPECT_EQ(client.ws().wrong() + server.ws().wrong(), "");
  EXPECT_TRUE(client.ws().ended_by_peer());
}

TEST(WsPeers, KeepWhatComesRightBehindTheHandshake) {
  SimWorld world;
  WsServer server(world, kAt);
  WsClient client(world, kAt);
  server.SetOnRequest(
      [](const H1Message& request) { return WsAccept(request) + WsBytes({.payload = "welcome"}); });
  client.Send(WsRequest("/") + client.ws().Masked({.payload = "early"}));
  world.RunUntilIdle();
  EXPECT_EQ(client.ws().messages(), Lines{"welcome"});
  EXPECT_EQ(server.ws().messages(), Lines{"early"});
}

TEST(WsPeers, MayBeRefusedAndAskAgain) {
  SimWorld world;
  WsServer server(world, kAt, {}, [](const H1Message&) { return WsRefuse(403, "no"); });
  WsClient client(world, kAt);
  client.Handshake("/a");
  world.RunUntilIdle();
  EXPECT_EQ(client.response(0).body, "no");
  EXPECT_FALSE(client.open());
  server.SetOnRequest([](const H1Message&) { return ""; });
  client.Handshake("/b");
  world.RunUntilIdle();
  EXPECT_FALSE(client.open());
  server.Answer(WsAccept(server.requests()[1]));
  world.RunUntilIdle();
  EXPECT_TRUE(client.open());
  EXPECT_EQ(server.connections(), 1u);
  EXPECT_EQ(server.tunnels(), 1u);
}

TEST(WsPeers, SayWhatIsWrong) {
  SimWorld world;
  WsServer server(world, kAt);
  WsClient client(world, kAt, {.end_after_end = false});
  client.Handshake();
  client.ws().Send({.payload = "not masked"});
  world.RunUntilIdle();
  EXPECT_EQ(server.ws().wrong(), "not masked");
  server.ws().Send({.type = WsType::kContinuation});
  server.ws().Finish();
  world.RunUntilIdle();
  EXPECT_EQ(client.ws().wrong(), "a continuation of nothing");
  EXPECT_EQ(client.ws().close_code(), 1006);
  client.ws().Text("one direction is open");
  world.RunUntilIdle();
  EXPECT_EQ(server.ws().messages().back(), "one direction is open");
}

TEST(WsH2Peers, TalkAndCloseOnStreamsOfTheirOwn) {
  SimWorld world;
  WsH2Server server(world, kAt, {.echo = true});
  WsH2Client client(world, kAt);
  const uint32_t first = client.Handshake("/a"), second = client.Handshake("/b");
  client.ws(second).Text("early");
  world.RunUntilIdle();
  EXPECT_EQ(client.http().wire().setting(kH2EnableConnectProtocol), 1u);
  ASSERT_TRUE(client.open(first) && client.open(second));
  EXPECT_EQ(server.requests()[1].Get(":path"), "/b");
  client.ws(first).Text("hello");
  client.ws(first).Close(1001);
  world.RunUntilIdle();
  EXPECT_EQ(client.ws(first).Lines(), (Lines{"TEXT \"hello\"", "CLOSE 1001"}));
  EXPECT_TRUE(client.ws(first).ended_by_peer());
  EXPECT_TRUE(server.message(0).complete);
  EXPECT_EQ(client.ws(second).messages(), Lines{"early"});
  EXPECT_FALSE(client.ws(second).ended_by_peer());
  EXPECT_EQ(server.connections(), 1u);
}

TEST(WsH2Peers, MayBeRefused) {
  SimWorld world;
  WsH2Server server(world, kAt);
  server.SetOnRequest([](const H2Message&) { return H2Fields{{":status", "404"}}; });
  WsH2Client client(world, kAt);
  const uint32_t stream = client.Handshake();
  world.RunUntilIdle();
  EXPECT_EQ(client.response(stream).status(), 404);
  EXPECT_FALSE(client.open(stream));
  EXPECT_EQ(server.tunnels(), 0u);
}

}  // namespace
}  // namespace sluice
