// The reader of WebSocket frames, and the checks of a handshake: whatever the bytes and however
// they are cut, the account of them is the same.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "source/base/arena.h"
#include "source/http/websocket/frame_meter.h"
#include "source/http/websocket/handshake.h"

namespace sluice {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

FrameMeter Meter(FrameMeter::From from, absl::string_view bytes, size_t piece) {
  FrameMeter meter;
  for (size_t at = 0; at < bytes.size(); at += piece)
    meter.OnBytes(from, bytes.substr(at, piece), MonotonicTime());
  return meter;
}

void CheckCuts(FrameMeter::From from, absl::string_view bytes) {
  const FrameMeter whole = Meter(from, bytes, bytes.size() + 1);
  const FrameMeter::Counts& expected = whole.counts(from);
  Require(expected.violations <= 2 * expected.frames);
  for (const size_t piece : {1, 2, 3, 7, 100}) {
    const FrameMeter cut = Meter(from, bytes, piece);
    const FrameMeter::Counts& counts = cut.counts(from);
    Require(counts.frames == expected.frames);
    Require(counts.text_messages == expected.text_messages);
    Require(counts.binary_messages == expected.binary_messages);
    Require(counts.pings == expected.pings && counts.pongs == expected.pongs);
    Require(counts.violations == expected.violations);
    Require(counts.first_violation == expected.first_violation);
    Require(cut.first_close().has_value() == whole.first_close().has_value());
    if (whole.first_close().has_value()) {
      Require(cut.first_close()->code == whole.first_close()->code);
    }
    Require(cut.reader(from).at_boundary() == whole.reader(from).at_boundary());
    Require(cut.reader(from).payload_bytes() == whole.reader(from).payload_bytes());
  }
}

// The bytes as the fields of a handshake, a line each.
void CheckHandshakes(absl::string_view bytes) {
  constexpr HeaderId kFields[] = {
      HeaderId::kSecWebsocketKey, HeaderId::kSecWebsocketVersion, HeaderId::kUpgrade,
      HeaderId::kConnection,      HeaderId::kSecWebsocketAccept,  HeaderId::kSecWebsocketProtocol};
  Arena arena;
  Headers headers(arena);
  headers.AddReference(HeaderId::kMethod, "GET");
  headers.AddReference(HeaderId::kStatus, "101");
  absl::string_view key;
  for (size_t field = 0; !bytes.empty(); ++field) {
    const absl::string_view line = bytes.substr(0, bytes.find('\n'));
    bytes.remove_prefix(line.size() < bytes.size() ? line.size() + 1 : bytes.size());
    if (field == 0) key = line;
    headers.AddReference(kFields[field % std::size(kFields)], line);
  }
  const HandshakeError request = CheckWebSocketRequest(headers);
  // Its own answer is always right.
  const WebSocketAccept accept = WebSocketAcceptOf(key);
  headers.Set(HeaderId::kSecWebsocketAccept, absl::string_view(accept.data(), accept.size()));
  const HandshakeError response = CheckWebSocketResponse(headers, key, "");
  Require(response != HandshakeError::kAccept && response != HandshakeError::kStatus);
  if (request == HandshakeError::kNone) Require(key.size() == WebSocketKey().size());
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(bytes), size);
  sluice::CheckCuts(sluice::FrameMeter::From::kClient, text);
  sluice::CheckCuts(sluice::FrameMeter::From::kServer, text);
  sluice::CheckHandshakes(text);
  return 0;
}
