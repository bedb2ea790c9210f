// HttpProbe: an HTTP request whose answer is judged by its status, and where that is wanted by its
// body and by the name of the service (HttpHealthCheck of Envoy's API). HTTP/1.1 or HTTP/2. Main
// thread.
//
// Of a body that has nothing to say any more so much is read and no more: then the connection is
// closed instead of kept.
#pragma once

#include <optional>
#include <string>

#include "source/upstream/health/payload_match.h"
#include "source/upstream/health/probe.h"
#include "source/upstream/health/probe_client.h"

namespace sluice {

// The status of a final head; 0: it is none.
uint16_t AnsweredStatus(const Headers& head);

class HttpProbe final : public HealthProbe, private ExchangeEvents {
 public:
  HttpProbe(const ProbeTarget& target, const HttpProbeSpec& spec, Report report);

  void Start() override;
  void Stop() override { client_.Drop(); }

  static constexpr size_t kIdleBodyBytesMax = 64 * 1024;

 private:
  void OnAnswerHead(const Headers& head) override;
  void OnAnswerBytes(Buffer& bytes) override;
  void OnAnswerEnd(const Headers* trailers) override { Finish(); }
  void OnExchangeFailed(std::string words) override;
  ProbeResult JudgeHead(const Headers& head) const;
  void Finish();

  const ProbeTarget target_;
  const HttpProbeSpec& spec_;
  const Report report_;
  ProbeClient client_;
  ProbeResult result_;  // by the head
  std::optional<PayloadMatch> match_;
  size_t idle_bytes_ = 0;  // of the body, since all was known
};

}  // namespace sluice
