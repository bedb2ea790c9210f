// WebSocketProbe: whether a host speaks WebSocket (RFC 6455). To a plain GET such a server says 400
// or 426, as it should; so where it does, the handshake is tried before anything is held against
// it. HTTP/1.1. Main thread. See api/sluice/health_checkers/websocket/v1/websocket.proto.
#pragma once

#include <optional>
#include <string>

#include "source/http/websocket/frame_header.h"
#include "source/upstream/health/probe.h"
#include "source/upstream/health/probe_client.h"

namespace sluice {

class WebSocketProbe final : public HealthProbe, private ExchangeEvents {
 public:
  WebSocketProbe(const ProbeTarget& target, const WebSocketProbeSpec& spec, Report report);

  void Start() override;
  void Stop() override { client_.Drop(); }

  // Behind the handshake, until the PONG.
  static constexpr size_t kBytesBeforePongMax = 64 * 1024;

 private:
  enum class Step : uint8_t { kPlain, kHandshake, kPong };

  void SendPlain();
  void SendHandshake();
  void OnPlainAnswer();
  void OnHandshakeAnswer(const Headers& head);
  // Section 5.3: it has to be one that nobody can foresee.
  uint32_t NewMask() const { return target_.main.random.NextSecret(); }
  void Finish(ProbeVerdict verdict, std::string words);

  void OnAnswerHead(const Headers& head) override;
  void OnAnswerBytes(Buffer& bytes) override;
  void OnAnswerEnd(const Headers* trailers) override;
  void OnExchangeFailed(std::string words) override;

  const ProbeTarget target_;
  const WebSocketProbeSpec& spec_;
  const Report report_;
  ProbeClient client_;
  Step step_ = Step::kPlain;
  uint16_t status_ = 0;
  uint16_t plain_status_ = 0;  // 0: it was not asked
  size_t bytes_ = 0;           // of a body, or before the PONG
  std::string key_;
  std::optional<FrameHeaderReader> frames_;  // behind the handshake
};

}  // namespace sluice
