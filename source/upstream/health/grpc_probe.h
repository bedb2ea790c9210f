// GrpcProbe: grpc.health.v1.Health/Check, whose answer has to be SERVING (GrpcHealthCheck of
// Envoy's API). Over HTTP/2. Main thread.
#pragma once

#include <string>

#include "source/upstream/health/probe.h"
#include "source/upstream/health/probe_client.h"

namespace sluice {

// The message of one call as gRPC frames it, and back; pure.
std::string GrpcHealthRequest(absl::string_view service);
// ServingStatus of the first message in `bytes`; negative: it is none.
int GrpcServingStatus(absl::string_view bytes);

class GrpcProbe final : public HealthProbe, private ExchangeEvents {
 public:
  GrpcProbe(const ProbeTarget& target, const GrpcProbeSpec& spec, Report report);

  void Start() override;
  void Stop() override { client_.Drop(); }

  static constexpr size_t kAnswerBytesMax = 4096;

 private:
  void OnAnswerHead(const Headers& head) override;
  void OnAnswerBytes(Buffer& bytes) override;
  void OnAnswerEnd(const Headers* trailers) override;
  void OnExchangeFailed(std::string words) override;
  void Finish(ProbeVerdict verdict, std::string words);

  const ProbeTarget target_;
  const GrpcProbeSpec& spec_;
  const Report report_;
  ProbeClient client_;
  std::string answer_;
  std::string grpc_status_;  // empty: not known yet
  bool degraded_ = false;
};

}  // namespace sluice
