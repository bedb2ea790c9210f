#include "source/http/websocket/handshake.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace sluice {
namespace {

template <size_t n>
std::string Text(const std::array<char, n>& chars) {
  return {chars.data(), n};
}

// A head, with some fields replaced (by nothing: left out).
class Head {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;
  Head(Fields fields, const Fields& changes) : headers_(arena_) {
    for (const auto& [name, value] : changes) {
      std::erase_if(fields, [&name = name](const auto& field) { return field.first == name; });
    }
    for (const Fields& some : {fields, changes}) {
      for (const auto& [name, value] : some) {
        if (!value.empty()) headers_.Add(name, value);
      }
    }
  }
  const Headers& headers() const { return headers_; }

 private:
  Arena arena_;
  Headers headers_;
};

const char kKey[] = "dGhlIHNhbXBsZSBub25jZQ==";

HandshakeError CheckRequest(const Head::Fields& changes) {
  return CheckWebSocketRequest(Head({{":method", "GET"},
                                     {"upgrade", "websocket"},
                                     {"connection", "Upgrade"},
                                     {"sec-websocket-key", kKey},
                                     {"sec-websocket-version", "13"}},
                                    changes)
                                   .headers());
}

HandshakeError CheckResponse(const Head::Fields& changes, absl::string_view offered = {}) {
  return CheckWebSocketResponse(Head({{":status", "101"},
                                      {"upgrade", "websocket"},
                                      {"connection", "Upgrade"},
                                      {"sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}},
                                     changes)
                                    .headers(),
                                kKey, offered);
}

TEST(WebSocketHandshake, AnswersTheKeyOfTheStandard) {  // RFC 6455 section 1.3
  EXPECT_EQ(Text(WebSocketAcceptOf(kKey)), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WebSocketHandshake, AnyTextHasAnAnswer) {
  EXPECT_EQ(Text(WebSocketAcceptOf("")), "Kfh9QIsMVZcl6xEPYxPHzW8SZ8w=");
  EXPECT_EQ(Text(WebSocketAcceptOf("x3JJHMbDL1EzLkh9GBhXDw==")), "HSmrc0sMlYUkAGmm5OPpG2HaGWk=");
  EXPECT_NE(WebSocketAcceptOf("123"), WebSocketAcceptOf("124"));
}

TEST(WebSocketHandshake, MakesKeysFromItsRandomness) {
  FastRandom random(1), same(1);
  std::set<std::string> keys;
  for (int i = 0; i < 100; ++i) {
    const std::string key = Text(MakeWebSocketKey(random));
    EXPECT_EQ(key, Text(MakeWebSocketKey(same)));
    EXPECT_EQ(CheckRequest({{"sec-websocket-key", key}}), HandshakeError::kNone) << key;
    keys.insert(key);
  }
  EXPECT_EQ(keys.size(), 100u);
}

TEST(WebSocketHandshake, IsAskedForInAnyCaseAndCompany) {
  const auto asks = [](const Head::Fields& fields) {
    return AsksForWebSocket(Head({}, fields).headers());
  };
  EXPECT_TRUE(asks({{"upgrade", "websocket"}, {"connection", "Upgrade"}}));
  EXPECT_TRUE(asks({{"upgrade", "WebSocket"}, {"connection", "keep-alive, UPGRADE"}}));
  EXPECT_TRUE(asks({{"upgrade", "foo/2, websocket"}, {"connection", "close,upgrade"}}));
  EXPECT_TRUE(asks({{"upgrade", "foo"},
                    {"upgrade", "websocket"},
                    {"connection", "x"},
                    {"connection", "upgrade"}}));
  EXPECT_FALSE(asks({{"upgrade", "websocket"}}));
  EXPECT_FALSE(asks({{"connection", "upgrade"}}));
  EXPECT_FALSE(asks({{"upgrade", "websockets"}, {"connection", "upgrade"}}));
  EXPECT_FALSE(asks({{"upgrade", "websocket"}, {"connection", "upgraded"}}));
}

TEST(WebSocketHandshake, HoldsAClientToItsPart) {
  EXPECT_EQ(CheckRequest({}), HandshakeError::kNone);
  EXPECT_EQ(CheckRequest({{"content-length", "0"}}), HandshakeError::kNone);
  EXPECT_EQ(CheckRequest({{":method", "POST"}}), HandshakeError::kMethod);
  EXPECT_EQ(CheckRequest({{":method", "get"}}), HandshakeError::kMethod);
  for (const char* version : {"", "8", "013", "13, 8", "14"}) {
    EXPECT_EQ(CheckRequest({{"sec-websocket-version", version}}), HandshakeError::kVersion);
  }
  EXPECT_EQ(CheckRequest({{"sec-websocket-version", "13"}, {"sec-websocket-version", "13"}}),
            HandshakeError::kVersion);
  for (const char* key : {"", "123", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZSE=",
                          "dGhlIHNhbXBsZSBub25jZQ===", "dGhlIHNhbXBsZSBub25j====",
                          "dGhlIHNhbXBs ZSBub25jZQ=", "################======="}) {
    EXPECT_EQ(CheckRequest({{"sec-websocket-key", key}}), HandshakeError::kKey) << key;
  }
  EXPECT_EQ(CheckRequest({{"sec-websocket-key", kKey}, {"sec-websocket-key", kKey}}),
            HandshakeError::kKey);
  EXPECT_EQ(CheckRequest({{"content-length", "1"}}), HandshakeError::kBody);
  EXPECT_EQ(CheckRequest({{"transfer-encoding", "chunked"}}), HandshakeError::kBody);
}

TEST(WebSocketHandshake, HoldsAServerToItsPart) {
  EXPECT_EQ(CheckResponse({}), HandshakeError::kNone);
  EXPECT_EQ(CheckResponse({{":status", "200"}}), HandshakeError::kStatus);
  EXPECT_EQ(CheckResponse({{"upgrade", ""}}), HandshakeError::kUpgrade);
  EXPECT_EQ(CheckResponse({{"upgrade", "h2c"}}), HandshakeError::kUpgrade);
  EXPECT_EQ(CheckResponse({{"connection", "close"}}), HandshakeError::kUpgrade);
  EXPECT_EQ(CheckResponse({{"sec-websocket-accept", ""}}), HandshakeError::kAccept);
  EXPECT_EQ(CheckResponse({{"sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOO="}}),
            HandshakeError::kAccept);
  EXPECT_EQ(CheckResponse({{"sec-websocket-protocol", "chat"}}, "superchat, chat"),
            HandshakeError::kNone);
  EXPECT_EQ(CheckResponse({{"sec-websocket-protocol", "chat"}}, "superchat"),
            HandshakeError::kProtocol);
  EXPECT_EQ(CheckResponse({{"sec-websocket-protocol", "chat"}}), HandshakeError::kProtocol);
  EXPECT_EQ(HandshakeErrorText(HandshakeError::kProtocol), "websocket_bad_subprotocol");
}

}  // namespace
}  // namespace sluice
