// TcpProbe: whether a host can be connected to, and says what is expected of it when it is told
// what is configured (TcpHealthCheck of Envoy's API). Main thread.
#pragma once

#include <memory>
#include <string>

#include "source/upstream/health/payload_match.h"
#include "source/upstream/health/probe.h"

namespace sluice {

class TcpProbe final : public HealthProbe {
 public:
  TcpProbe(const ProbeTarget& target, const TcpProbeSpec& spec, Report report);
  ~TcpProbe() override;

  void Start() override;
  void Stop() override { Drop(); }

 private:
  // One connection: kept for the next question, or deleted at the end of a turn.
  class Line;
  void AskAnew();
  void Drop();
  void Finish(ProbeVerdict verdict, std::string words);

  const ProbeTarget target_;
  const TcpProbeSpec& spec_;
  const Report report_;
  std::unique_ptr<Line> line_;
};

}  // namespace sluice
