#include "test/harness/ws_end.h"

#include <utility>

namespace sluice {

WsEnd::WsEnd(Role role, const WsManners& manners, SendBytes send, std::function<void()> end)
    : role_(role), manners_(manners), send_(std::move(send)), end_(std::move(end)) {}

std::string WsEnd::Masked(WsFrame frame) {
  if (role_ == Role::kClient) {
    frame.mask = next_mask_;
    next_mask_ = next_mask_ * 1664525 + 1013904223;
  }
  return WsBytes(frame);
}

void WsEnd::Say(WsType type, absl::string_view payload) {
  close_said_ = close_said_ || type == WsType::kClose;
  send_(Masked({.type = type, .payload = std::string(payload)}));
}

void WsEnd::Close(uint16_t code, absl::string_view reason) {
  Say(WsType::kClose, WsCloseFrame(code, reason).payload);
  MaybeEnd();
}

void WsEnd::Fragments(WsType type, const std::vector<std::string>& pieces) {
  for (size_t i = 0; i < pieces.size(); ++i) {
    send_(Masked({.type = i == 0 ? type : WsType::kContinuation,
                  .payload = pieces[i],
                  .fin = i + 1 == pieces.size()}));
  }
}

void WsEnd::Feed(absl::string_view bytes) {
  for (const WsFrame& frame : reader_.Feed(bytes)) OnFrame(frame);
}

void WsEnd::FeedEnd() {
  if (ended_) return;
  ended_ = true;
  if (manners_.end_after_end) end_();
}

void WsEnd::OnFrame(const WsFrame& frame) {
  if (wrong_.empty()) wrong_ = WrongWith(frame);
  frames_.push_back(frame);
  if (frame.type == WsType::kClose) return OnClose(frame);
  if (frame.type == WsType::kPing && manners_.answer_ping) Pong(frame.payload);
  if (frame.control()) return;
  if (message_.has_value()) {
    message_->payload += frame.payload;
  } else {
    message_ = frame;
  }
  if (!frame.fin) return;
  const WsFrame whole = *std::exchange(message_, std::nullopt);
  messages_.push_back(whole.payload);
  if (manners_.echo && !close_said_) Say(whole.type, whole.payload);
}

void WsEnd::OnClose(const WsFrame& frame) {
  if (!closed_.has_value()) closed_ = WsCloseCode(frame);
  if (manners_.answer_close && !close_said_) Say(WsType::kClose, frame.payload.substr(0, 2));
  MaybeEnd();
}

void WsEnd::MaybeEnd() {
  const bool both = closed_.has_value() && close_said_;
  if (both && role_ == Role::kServer && manners_.end_after_close) end_();
}

// RFC 6455 sections 5.1, 5.2, 5.4, 5.5.
std::string WsEnd::WrongWith(const WsFrame& frame) const {
  const bool should_mask = role_ == Role::kServer;
  if (frame.mask.has_value() != should_mask) return should_mask ? "not masked" : "masked";
  if (frame.rsv != 0) return "reserved bits";
  if (closed_.has_value()) return "a frame after the close";
  if (frame.control()) {
    if (!frame.fin) return "a control frame in pieces";
    return frame.payload.size() > 125 ? "a long control frame" : "";
  }
  const bool continues = frame.type == WsType::kContinuation;
  if (continues != message_.has_value()) {
    return continues ? "a continuation of nothing" : "a message inside another";
  }
  return "";
}

std::vector<std::string> WsEnd::Lines() const {
  std::vector<std::string> lines;
  for (const WsFrame& frame : frames_) lines.push_back(WsLine(frame));
  return lines;
}

std::vector<std::string> WsEnd::pongs() const {
  std::vector<std::string> pongs;
  for (const WsFrame& frame : frames_) {
    if (frame.type == WsType::kPong) pongs.push_back(frame.payload);
  }
  return pongs;
}

std::optional<uint16_t> WsEnd::close_code() const {
  if (!closed_.has_value() && ended_) return 1006;
  return closed_;
}

}  // namespace sluice
