#include "source/http/websocket/handshake.h"

#include <openssl/base64.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstring>

#include "source/http/message_rules.h"

namespace sluice {
namespace {

constexpr absl::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // section 1.3
constexpr absl::string_view kVersion = "13";
constexpr size_t kNonceBytes = 16;

// EVP_EncodeBlock ends what it writes with a zero byte.
template <size_t kTextBytes, size_t kBytes>
std::array<char, kTextBytes> Base64(const uint8_t (&bytes)[kBytes]) {
  static_assert(kTextBytes == (kBytes + 2) / 3 * 4);
  uint8_t text[kTextBytes + 1];
  EVP_EncodeBlock(text, bytes, kBytes);
  std::array<char, kTextBytes> out;
  std::memcpy(out.data(), text, kTextBytes);
  return out;
}

bool IsKey(absl::string_view text) {
  uint8_t bytes[18];
  size_t count = 0;
  return text.size() == WebSocketKey().size() &&
         EVP_DecodeBase64(bytes, &count, sizeof(bytes),
                          reinterpret_cast<const uint8_t*>(text.data()), text.size()) == 1 &&
         count == kNonceBytes;
}

bool Lists(absl::string_view list, absl::string_view wanted) {
  bool found = false;
  ForEachListElement(list, [&](absl::string_view element) { found |= element == wanted; });
  return found;
}

}  // namespace

WebSocketKey MakeWebSocketKey(Random& random) {
  const uint64_t words[] = {random.Next(), random.Next()};
  uint8_t nonce[kNonceBytes];
  static_assert(sizeof(words) == kNonceBytes);
  std::memcpy(nonce, words, kNonceBytes);
  return Base64<WebSocketKey().size()>(nonce);
}

WebSocketAccept WebSocketAcceptOf(absl::string_view key) {
  SHA_CTX context;
  SHA1_Init(&context);
  SHA1_Update(&context, key.data(), key.size());
  SHA1_Update(&context, kGuid.data(), kGuid.size());
  uint8_t digest[SHA_DIGEST_LENGTH];
  SHA1_Final(digest, &context);
  return Base64<WebSocketAccept().size()>(digest);
}

bool AsksForWebSocket(const Headers& request) {
  return ListsToken(request, HeaderId::kUpgrade, "websocket") &&
         ListsToken(request, HeaderId::kConnection, "upgrade");
}

absl::string_view HandshakeErrorText(HandshakeError error) {
  static constexpr absl::string_view kTexts[] = {
      "",
      "websocket_bad_method",
      "websocket_bad_version",
      "websocket_bad_key",
      "websocket_request_with_body",
      "websocket_not_switched",
      "websocket_bad_upgrade",
      "websocket_bad_accept",
      "websocket_bad_subprotocol",
  };
  static_assert(std::size(kTexts) == static_cast<size_t>(HandshakeError::kCount));
  return kTexts[static_cast<size_t>(error)];
}

HandshakeError CheckWebSocketRequest(const Headers& request) {
  if (request.Get(HeaderId::kMethod) != "GET") return HandshakeError::kMethod;
  if (request.Count(HeaderId::kSecWebsocketVersion) != 1 ||
      request.Get(HeaderId::kSecWebsocketVersion) != kVersion) {
    return HandshakeError::kVersion;
  }
  if (request.Count(HeaderId::kSecWebsocketKey) != 1 ||
      !IsKey(request.Get(HeaderId::kSecWebsocketKey))) {
    return HandshakeError::kKey;
  }
  const absl::string_view length = request.Get(HeaderId::kContentLength);
  if (request.Has(HeaderId::kTransferEncoding) || (!length.empty() && length != "0")) {
    return HandshakeError::kBody;
  }
  return HandshakeError::kNone;
}

HandshakeError CheckWebSocketResponse(const Headers& response, absl::string_view key,
                                      absl::string_view offered) {
  if (response.Get(HeaderId::kStatus) != "101") return HandshakeError::kStatus;
  if (!AsksForWebSocket(response)) return HandshakeError::kUpgrade;
  const WebSocketAccept accept = WebSocketAcceptOf(key);
  if (response.Count(HeaderId::kSecWebsocketAccept) != 1 ||
      response.Get(HeaderId::kSecWebsocketAccept) !=
          absl::string_view(accept.data(), accept.size())) {
    return HandshakeError::kAccept;
  }
  const Header* const chosen = response.Find(HeaderId::kSecWebsocketProtocol);
  const bool one = response.Count(HeaderId::kSecWebsocketProtocol) <= 1;
  if (!one || (chosen != nullptr && !Lists(offered, chosen->value))) {
    return HandshakeError::kProtocol;
  }
  return HandshakeError::kNone;
}

}  // namespace sluice
