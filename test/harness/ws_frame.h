// WebSocket frames as bytes (RFC 6455 section 5), for tests: any frame out, right or wrong, and a
// reader that takes the wire apart on its own. Written without a look at source/http/websocket. One
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice {

enum class WsType : uint8_t {
  kContinuation = 0,
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10,
};

struct WsFrame {
  WsType type = WsType::kText;
  std::string payload;  // not masked, whatever `mask` says
  bool fin = true;
  uint8_t rsv = 0;               // RSV1 is 4
  std::optional<uint32_t> mask;  // none: the frame is not masked

  bool control() const { return (static_cast<uint8_t>(type) & 8) != 0; }
};

// How the length is written; all but the shortest that fits are wrong (section 5.2).
enum class WsLength : uint8_t { kShortest, kTwoBytes, kEightBytes };

std::string WsBytes(const WsFrame& frame, WsLength length = WsLength::kShortest);
WsFrame WsCloseFrame(uint16_t code, absl::string_view reason = "");
// Of a close frame; 1005 where it has none (section 7.1.5).
uint16_t WsCloseCode(const WsFrame& frame);

// "TEXT \"hi\"", "PING", "CLOSE 1000 \"bye\""; "+" behind a type without FIN, "rsv=4" where it has
// any. Long payloads are only counted: "BINARY 70000".
std::string WsLine(const WsFrame& frame);

// The Sec-WebSocket-Accept to this key (section 4.2.2).
std::string WsAcceptOf(absl::string_view key);

class WsFrameReader {
 public:
  // All that is complete.
  std::vector<WsFrame> Feed(absl::string_view bytes);
  absl::string_view left() const { return pending_; }

 private:
  std::optional<WsFrame> TakeFrame();
  std::string pending_;
};

}  // namespace sluice
