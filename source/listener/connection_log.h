// ConnectionLog: a listener's access log: one line for each connection that it has accepted, when
// that is over, in the logs that the listener has then. One worker's part.
#pragma once

#include <memory>
#include <string>

#include "source/event/worker_context.h"
#include "source/http/stream_info.h"
#include "source/listener/listener_config.h"
#include "source/net/accepted_facts.h"
#include "source/net/connection.h"
#include "source/net/io_handle.h"
#include "source/sdk/downstream.h"

namespace sluice {

class ConnectionLog {
 public:
  // `config` outlives it: the pointer is its owner's, which changes it.
  ConnectionLog(WorkerContext& worker, const std::shared_ptr<const ListenerConfig>& config)
      : worker_(worker), config_(config) {}

  // Of a connection that a filter chain had.
  void OnClosed(const Downstream& downstream, CloseCause cause);
  // Of one that no filter chain got.
  enum class Refusal : uint8_t { kByListenerFilter, kNoChain };
  void OnRefused(IoHandle& io, std::unique_ptr<const AcceptedFacts> accepted,
                 MonotonicTime accepted_at, Refusal why);

 private:
  void Write(StreamInfo& info, MonotonicTime accepted_at);

  WorkerContext& worker_;
  const std::shared_ptr<const ListenerConfig>& config_;
  std::string scratch_;
};

}  // namespace sluice
