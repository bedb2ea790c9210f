// The probe that speaks WebSocket: against servers that do, and against what only seems to.
#include "source/upstream/health/websocket_probe.h"

#include "absl/strings/match.h"
#include "test/harness/ws_peer.h"
#include "test/upstream/health/probe_fixture.h"

namespace sluice {
namespace {

class WebSocketProbeTest : public ProbeFixture {
 protected:
  WebSocketProbeTest() { check_.probe.emplace<WebSocketProbeSpec>().path = "/chat"; }
  WebSocketProbeSpec& ws() { return std::get<WebSocketProbeSpec>(check_.probe); }

  // As WebSocket servers do: 400 to a plain GET, 101 to a handshake.
  WsServer::OnRequest Chat(int to_plain = 400, const std::vector<std::string>& with_101 = {}) {
    return [to_plain, with_101](const H1Message& request) {
      if (!request.header("upgrade").has_value()) return WsRefuse(to_plain, "Bad Request\n");
      return WsAccept(request, with_101);
    };
  }
  std::string AskServer(WsServer::OnRequest on_request, const WsManners& manners = {}) {
    server_.reset();
    probe_.reset();
    world_.RunUntilIdle();
    server_ = std::make_unique<WsServer>(world_, host_->address(), manners, std::move(on_request));
    return Ask();
  }
  ~WebSocketProbeTest() override {
    probe_.reset();
    world_.RunUntilIdle();
    server_.reset();
  }
  std::unique_ptr<WsServer> server_;
};

TEST_F(WebSocketProbeTest, AsksWithAPlainGetFirstAsAnHttpProbeDoes) {
  Serve("");
  Ask();
  ASSERT_EQ(heard_.size(), 1u);
  EXPECT_EQ(heard_[0], "GET /chat HTTP/1.1\r\nhost: users\r\nuser-agent: Envoy/HC\r\n\r\n");
}

TEST_F(WebSocketProbeTest, TakesA200ForAnAnswer) {
  EXPECT_EQ(AskServer(Chat(200)), "pass: status 200");
  EXPECT_EQ(server_->tunnels(), 0u);
}

TEST_F(WebSocketProbeTest, TriesTheHandshakeWhereTheAnswerIs400) {
  EXPECT_EQ(AskServer(Chat(400)), "pass: websocket");
  EXPECT_EQ(server_->tunnels(), 1u);
}

TEST_F(WebSocketProbeTest, TriesTheHandshakeWhereTheAnswerIs426) {
  EXPECT_EQ(AskServer(Chat(426)), "pass: websocket");
}

TEST_F(WebSocketProbeTest, NothingElseIsTakenForAWebSocketServersAnswer) {
  EXPECT_EQ(AskServer(Chat(503)), "fail: status 503, expected 200, 400 or 426");
  EXPECT_EQ(AskServer(Chat(404)), "fail: status 404, expected 200, 400 or 426");
}

TEST_F(WebSocketProbeTest, AHostThatSays400ToBothFails) {
  EXPECT_EQ(AskServer([](const H1Message&) { return WsRefuse(400); }),
            "fail: handshake answered with status 400, expected 101; plain request with 400");
}

TEST_F(WebSocketProbeTest, TheHandshakeIsThatOfTheRfc) {
  ws().subprotocols = "chat, superchat";
  AskServer(Chat(400, {"sec-websocket-protocol: chat"}));
  ASSERT_EQ(server_->requests().size(), 2u);
  const H1Message& handshake = server_->requests()[1];
  EXPECT_EQ(handshake.header("upgrade").value_or(""), "websocket");
  EXPECT_EQ(handshake.header("connection").value_or(""), "upgrade");
  EXPECT_EQ(handshake.header("sec-websocket-version").value_or(""), "13");
  EXPECT_EQ(handshake.header("sec-websocket-key").value_or("").size(), 24u);
  EXPECT_EQ(handshake.header("sec-websocket-protocol").value_or(""), "chat, superchat");
  EXPECT_EQ(handshake.header("user-agent").value_or(""), "Envoy/HC");
  EXPECT_EQ(results_.back(), "pass: websocket");
}

TEST_F(WebSocketProbeTest, AWrongAcceptFails) {
  EXPECT_EQ(AskServer([](const H1Message& request) -> std::string {
              if (!request.header("upgrade").has_value()) return WsRefuse(400);
              return "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n"
                     "connection: Upgrade\r\nsec-websocket-accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n"
                     "\r\n";
            }),
            "fail: Sec-WebSocket-Accept is not the answer to the key");
}

TEST_F(WebSocketProbeTest, A101ThatDoesNotSwitchFails) {
  EXPECT_EQ(AskServer([](const H1Message& request) -> std::string {
              if (!request.header("upgrade").has_value()) return WsRefuse(400);
              return "HTTP/1.1 101 Switching Protocols\r\n\r\n";
            }),
            "fail: the answer does not switch to websocket");
}

TEST_F(WebSocketProbeTest, OfOfferedSubprotocolsOneHasToBeChosen) {
  ws().subprotocols = "chat";
  EXPECT_EQ(AskServer(Chat()), "fail: no subprotocol was chosen");
  EXPECT_EQ(AskServer(Chat(400, {"sec-websocket-protocol: other"})),
            "fail: a subprotocol was chosen that was not offered");
}

TEST_F(WebSocketProbeTest, InModeWebSocketOnlyTheHandshakeIsAsked) {
  ws().plain_first = false;
  EXPECT_EQ(AskServer(Chat()), "pass: websocket");
  ASSERT_EQ(server_->requests().size(), 1u);
}

TEST_F(WebSocketProbeTest, AnImpostorThatSays200Fails) {
  ws().plain_first = false;
  EXPECT_EQ(AskServer([](const H1Message&) { return WsRefuse(200, "I am a web site"); }),
            "fail: handshake answered with status 200, expected 101");
  ws().plain_first = true;
  ws().handshake_always = true;
  EXPECT_EQ(AskServer([](const H1Message&) { return WsRefuse(200, "I am a web site"); }),
            "fail: handshake answered with status 200, expected 101; plain request with 200");
}

TEST_F(WebSocketProbeTest, RequiredAServerThatSays200ToAPlainGetPassesByItsHandshake) {
  ws().handshake_always = true;
  EXPECT_EQ(AskServer(Chat(200)), "pass: websocket");
}

TEST_F(WebSocketProbeTest, ClosesWhatItHasOpened) {
  AskServer(Chat());
  ASSERT_EQ(server_->tunnels(), 1u);
  EXPECT_EQ(server_->ws().close_code(), 1000);
  EXPECT_TRUE(server_->peer().got_fin());
}

TEST_F(WebSocketProbeTest, PingsAndWaitsForThePong) {
  ws().ping = true;
  EXPECT_EQ(AskServer(Chat()), "pass: websocket, PONG");
}

TEST_F(WebSocketProbeTest, WhatIsSaidBeforeThePongIsNoMatter) {
  ws().ping = true;
  EXPECT_EQ(AskServer([](const H1Message& request) {
              if (!request.header("upgrade").has_value()) return WsRefuse(400);
              return WsAccept(request) + std::string("\x81\x05hello", 7);
            }),
            "pass: websocket, PONG");
}

TEST_F(WebSocketProbeTest, AServerThatClosesInsteadOfAPongFails) {
  ws().ping = true;
  AskServer(Chat(), {.answer_ping = false});
  EXPECT_TRUE(results_.empty());
  server_->peer().SendFin();
  world_.RunUntilIdle();
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_EQ(results_[0], "fail: the websocket was closed before the PONG");
}

TEST_F(WebSocketProbeTest, AServerThatBreaksTheProtocolInsteadOfAPongFails) {
  ws().ping = true;
  AskServer([](const H1Message& request) {
    if (!request.header("upgrade").has_value()) return WsRefuse(400);
    return WsAccept(request) + std::string("\x83\x00", 2);
  });
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_TRUE(absl::StartsWith(results_[0], "fail: a frame breaks the protocol: ")) << results_[0];
}

TEST_F(WebSocketProbeTest, AServerThatTalksWithoutEndInsteadOfAPongFails) {
  ws().ping = true;
  AskServer(Chat(), {.answer_ping = false});
  size_t sent = 0;
  while (results_.empty() && sent < 1_MiB) {
    server_->peer().Send(std::string("\x82\x7e\x10\x00", 4) + std::string(4096, 'x'));
    sent += 4100;
    world_.RunUntilIdle();
  }
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_EQ(results_[0], "fail: too much was sent instead of a PONG");
}

TEST_F(WebSocketProbeTest, AProbeFollowsTheOther) {
  AskServer(Chat());
  EXPECT_EQ(Ask(), "pass: websocket");
  EXPECT_EQ(Ask(), "pass: websocket");
  EXPECT_EQ(server_->tunnels(), 3u);
}

TEST_F(WebSocketProbeTest, ARefusedConnectionIsAFailureOfTheNetwork) {
  EXPECT_EQ(Ask(), "network: connection refused");
}

TEST_F(WebSocketProbeTest, AHandshakeThatIsNotAnsweredCanBeStopped) {
  AskServer([](const H1Message& request) {
    return !request.header("upgrade").has_value() ? WsRefuse(400) : std::string();
  });
  EXPECT_TRUE(results_.empty());
  Probe().Stop();
  world_.RunUntilIdle();
  EXPECT_TRUE(results_.empty());
}

}  // namespace
}  // namespace sluice
