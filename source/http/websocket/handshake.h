// The opening handshake of WebSocket (RFC 6455 section 4): who asks for one, and the key that
// proves that the other side has understood. Pure; any thread.
//
// Between two HTTP/1 hops the peers' own key and answer pass unchanged and unjudged; what is here
// is for hops where the proxy itself is a peer: HTTP/2 on the other side, probes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "source/base/random.h"
#include "source/http/headers.h"

namespace sluice {

using WebSocketKey = std::array<char, 24>;     // 16 bytes in base64
using WebSocketAccept = std::array<char, 28>;  // a SHA-1 in base64

// Section 4.1, number 7. Not a secret: any source of numbers that do not repeat will do.
WebSocketKey MakeWebSocketKey(Random& random);
// Section 4.2.2, number 5.4. `key` as it stands in its field; any text has an answer.
WebSocketAccept WebSocketAcceptOf(absl::string_view key);

// Upgrade and Connection list "websocket" and "upgrade", each among whatever else, in any case.
bool AsksForWebSocket(const Headers& request);

enum class HandshakeError : uint8_t {
  kNone,
  kMethod,    // other than GET
  kVersion,   // Sec-WebSocket-Version is not the one and only 13: 426 says which is understood
  kKey,       // Sec-WebSocket-Key is missing, there twice, or not 16 bytes in base64
  kBody,      // a request that opens a WebSocket has none
  kStatus,    // of a response: not 101
  kUpgrade,   // of a response: Upgrade or Connection do not say so
  kAccept,    // of a response: not the answer to our key
  kProtocol,  // of a response: a subprotocol that was not offered
  kCount
};
absl::string_view HandshakeErrorText(HandshakeError error);  // "websocket_bad_key"

// What the proxy holds an HTTP/1 client to when it answers itself (section 4.2.1), and an HTTP/1
// server that it has asked (section 4.1). `offered`: Sec-WebSocket-Protocol of the request.
HandshakeError CheckWebSocketRequest(const Headers& request);
HandshakeError CheckWebSocketResponse(const Headers& response, absl::string_view key,
                                      absl::string_view offered);

}  // namespace sluice
