// WsEnd: one scripted end of a WebSocket, whatever carries its bytes (ws_peer.h, ws_h2_peer.h):
// says frames, keeps those that come, and judges them as a strict peer would. Answers pings and
// closes, unless told not to. One thread; it acts when the world runs.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "test/harness/ws_frame.h"

namespace sluice {

struct WsManners {
  bool echo = false;            // says every message back, as one frame
  bool answer_ping = true;      // with a PONG
  bool answer_close = true;     // with the code that came
  bool end_after_close = true;  // servers: ends the connection when both closes are out (7.1.1)
  bool end_after_end = true;    // ends its direction when the other has ended
};

class WsEnd {
 public:
  enum class Role : uint8_t { kClient, kServer };
  using SendBytes = std::function<void(absl::string_view bytes)>;
  WsEnd(Role role, const WsManners& manners, SendBytes send, std::function<void()> end);

  // As it should be: masked if a client says it.
  void Text(absl::string_view payload) { Say(WsType::kText, payload); }
  void Binary(absl::string_view payload) { Say(WsType::kBinary, payload); }
  void Ping(absl::string_view payload = "") { Say(WsType::kPing, payload); }
  void Pong(absl::string_view payload = "") { Say(WsType::kPong, payload); }
  void Close(uint16_t code, absl::string_view reason = "");
  void Close() { Say(WsType::kClose, ""); }  // without a code
  // One message in so many frames.
  void Fragments(WsType type, const std::vector<std::string>& pieces);
  // As it is: masked if the frame says so.
  void Send(const WsFrame& frame) { SendRaw(WsBytes(frame)); }
  void SendRaw(absl::string_view bytes) { send_(bytes); }
  void Finish() { end_(); }  // this direction, without a word
  // As Send would, for bytes that go in one piece with others.
  std::string Masked(WsFrame frame);

  // Bytes from the other end, and its end.
  void Feed(absl::string_view bytes);
  void FeedEnd();

  // All frames so far, and as lines (WsLine).
  const std::vector<WsFrame>& frames() const { return frames_; }
  std::vector<std::string> Lines() const;
  // The complete ones, put together.
  const std::vector<std::string>& messages() const { return messages_; }
  std::vector<std::string> pongs() const;
  // The code the other end has closed with: 1005 where it gave none, 1006 where it ended without a
  // close frame; nothing while it is open.
  std::optional<uint16_t> close_code() const;
  bool ended_by_peer() const { return ended_; }
  // What was wrong first: "not masked" ...; empty: nothing.
  const std::string& wrong() const { return wrong_; }
  absl::string_view half_frame() const { return reader_.left(); }

 private:
  void Say(WsType type, absl::string_view payload);
  void OnFrame(const WsFrame& frame);
  void OnClose(const WsFrame& frame);
  std::string WrongWith(const WsFrame& frame) const;
  void MaybeEnd();

  const Role role_;
  const WsManners manners_;
  const SendBytes send_;
  const std::function<void()> end_;
  WsFrameReader reader_;
  std::vector<WsFrame> frames_;
  std::vector<std::string> messages_;
  std::optional<WsFrame> message_;  // under way
  std::optional<uint16_t> closed_;
  std::string wrong_;
  uint32_t next_mask_ = 0x12345678;
  bool close_said_ = false;
  bool ended_ = false;
};

}  // namespace sluice
