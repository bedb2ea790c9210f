#include "source/listener/connection_log.h"

#include <utility>

namespace sluice {

void ConnectionLog::OnClosed(const Downstream& downstream, CloseCause cause) {
  if (config_->access_logs.empty()) return;
  StreamInfo info;
  downstream.Describe(info);
  if (cause == CloseCause::kConnectTimeout) {
    info.connection_termination_details = kHandshakeTimeoutDetails;
  }
  Write(info, downstream.accepted_at);
}

void ConnectionLog::OnRefused(IoHandle& io, std::unique_ptr<const AcceptedFacts> accepted,
                              MonotonicTime accepted_at, Refusal why) {
  if (config_->access_logs.empty()) return;
  DownstreamFacts facts;
  facts.io = &io;
  facts.accepted = std::move(accepted);
  StreamInfo info;
  info.downstream = &facts;
  info.protocol = HttpProtocol::kNone;
  if (why == Refusal::kNoChain) {
    info.flags.Set(ResponseFlag::kNoRouteFound);
    info.response_code_details = "filter_chain_not_found";
  }
  Write(info, accepted_at);
}

void ConnectionLog::Write(StreamInfo& info, MonotonicTime accepted_at) {
  const WallTime wall_now = worker_.loop.wall_now();
  info.start = accepted_at;
  info.end = worker_.loop.now();
  info.start_wall = wall_now - (info.end - info.start);
  const FormatContext context{.info = info, .now = wall_now, .type = AccessLogType::kNotSet};
  for (const auto& log : config_->access_logs) log->Log(worker_.index, context, scratch_);
}

}  // namespace sluice
