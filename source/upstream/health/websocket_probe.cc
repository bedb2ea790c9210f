#include "source/upstream/health/websocket_probe.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "source/http/websocket/control_frame.h"
#include "source/http/websocket/handshake.h"
#include "source/upstream/health/http_probe.h"

namespace sluice {
namespace {

constexpr absl::string_view kHttp1Alpn = "\x08http/1.1";
constexpr uint16_t kNormalClosure = 1000;

absl::string_view Words(HandshakeError error) {
  switch (error) {
    case HandshakeError::kUpgrade:
      return "the answer does not switch to websocket";
    case HandshakeError::kAccept:
      return "Sec-WebSocket-Accept is not the answer to the key";
    case HandshakeError::kProtocol:
      return "a subprotocol was chosen that was not offered";
    default:
      return "the handshake failed";
  }
}

}  // namespace

WebSocketProbe::WebSocketProbe(const ProbeTarget& target, const WebSocketProbeSpec& spec,
                               Report report)
    : target_(target),
      spec_(spec),
      report_(std::move(report)),
      client_(target_, ProbeClient::Version::kHttp1,
              target.check.alpn.empty() ? kHttp1Alpn : absl::string_view(target.check.alpn),
              *this) {}

void WebSocketProbe::Start() {
  plain_status_ = 0;
  spec_.plain_first ? SendPlain() : SendHandshake();
}

void WebSocketProbe::SendPlain() {
  step_ = Step::kPlain;
  bytes_ = 0;
  client_.NewRequest("GET", spec_.path, target_.Authority(spec_.host));
  client_.Send();
}

// RFC 6455 section 4.1.
void WebSocketProbe::SendHandshake() {
  step_ = Step::kHandshake;
  bytes_ = 0;
  const WebSocketKey key = MakeWebSocketKey(target_.main.random);
  key_.assign(key.data(), key.size());
  Headers& request = client_.NewRequest("GET", spec_.path, target_.Authority(spec_.host));
  request.AddReference(HeaderId::kUpgrade, "websocket");
  request.AddReference(HeaderId::kConnection, "Upgrade");
  request.AddReference(HeaderId::kSecWebsocketKey, key_);
  request.AddReference(HeaderId::kSecWebsocketVersion, "13");
  if (!spec_.subprotocols.empty()) {
    request.AddReference(HeaderId::kSecWebsocketProtocol, spec_.subprotocols);
  }
  client_.Send({}, ProbeClient::LeavesHttp::kYes);
}

void WebSocketProbe::OnAnswerHead(const Headers& head) {
  status_ = AnsweredStatus(head);
  if (step_ == Step::kHandshake && status_ == 101) OnHandshakeAnswer(head);
}

void WebSocketProbe::OnAnswerEnd(const Headers*) {
  if (step_ == Step::kPlain) return OnPlainAnswer();
  if (step_ == Step::kPong) {
    return Finish(ProbeVerdict::kFail, "the websocket was closed before the PONG");
  }
  Finish(ProbeVerdict::kFail,
         absl::StrCat("handshake answered with status ", status_, ", expected 101",
                      plain_status_ == 0 ? "" : "; plain request with ",
                      plain_status_ == 0 ? "" : absl::StrCat(plain_status_)));
}

void WebSocketProbe::OnPlainAnswer() {
  plain_status_ = status_;
  const bool refused = status_ == 400 || status_ == 426;
  client_.EndExchange();
  if (refused || (status_ == 200 && spec_.handshake_always)) return SendHandshake();
  const bool passes = status_ == 200;
  report_({passes ? ProbeVerdict::kPass : ProbeVerdict::kFail,
           absl::StrCat("status ", status_, passes ? "" : ", expected 200, 400 or 426")});
}

void WebSocketProbe::OnHandshakeAnswer(const Headers& head) {
  const HandshakeError error = CheckWebSocketResponse(head, key_, spec_.subprotocols);
  if (error != HandshakeError::kNone) {
    return Finish(ProbeVerdict::kFail, std::string(Words(error)));
  }
  if (!spec_.subprotocols.empty() && !head.Has(HeaderId::kSecWebsocketProtocol)) {
    return Finish(ProbeVerdict::kFail, "no subprotocol was chosen");
  }
  if (!spec_.ping) return Finish(ProbeVerdict::kPass, "websocket");
  step_ = Step::kPong;
  frames_.emplace(FrameHeaderReader::From::kServer);
  Buffer ping(target_.main.slabs);
  AppendPingFrame(NewMask(), ping);
  client_.SendBytes(ping.ToString());
}

void WebSocketProbe::OnAnswerBytes(Buffer& bytes) {
  bytes_ += bytes.size();
  if (step_ != Step::kPong) {
    if (bytes_ > HttpProbe::kIdleBodyBytesMax) OnAnswerEnd(nullptr);
    return;
  }
  // Its payload is not compared: nobody else has sent a PING.
  const std::string text = bytes.ToString();
  absl::string_view rest = text;
  while (true) {
    const FrameHeaderReader::Event event = frames_->Next(rest);
    if (frames_->violation() != FrameViolation::kNone) {
      return Finish(ProbeVerdict::kFail, absl::StrCat("a frame breaks the protocol: ",
                                                      FrameViolationText(frames_->violation())));
    }
    if (event == FrameHeaderReader::Event::kNeedMore) break;
    if (event != FrameHeaderReader::Event::kFrame) continue;
    if (frames_->frame().opcode == Opcode::kPong) {
      return Finish(ProbeVerdict::kPass, "websocket, PONG");
    }
  }
  if (bytes_ > kBytesBeforePongMax) {
    Finish(ProbeVerdict::kFail, "too much was sent instead of a PONG");
  }
}

// A WebSocket that was opened is closed as one, and so is its connection.
void WebSocketProbe::Finish(ProbeVerdict verdict, std::string words) {
  if (status_ == 101 && Passes(verdict)) {
    Buffer close(target_.main.slabs);
    AppendCloseFrame(kNormalClosure, NewMask(), close);
    client_.SendBytes(close.ToString());
  }
  if (step_ == Step::kHandshake && status_ != 101) {
    client_.EndExchange();
  } else {
    client_.Drop();
  }
  report_({verdict, std::move(words)});
}

void WebSocketProbe::OnExchangeFailed(std::string words) {
  report_({ProbeVerdict::kNetwork, std::move(words)});
}

}  // namespace sluice
