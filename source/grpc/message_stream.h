// MessageStream: one bidirectional gRPC stream of messages that are still bytes. What is over it
// (discovery, logs) knows neither gRPC nor threads.
//
// The thread of the loop that its channel was made for.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sluice {

class MessageStreamEvents {
 public:
  virtual void OnMessage(std::string message) = 0;
  // The last call: the stream has ended, or never came to be. Ok: the server has ended it so.
  virtual void OnEnd(const absl::Status& why) = 0;

 protected:
  ~MessageStreamEvents() = default;
};

class MessageStream {
 public:
  // Cancels. Nothing is told of it any more.
  virtual ~MessageStream() = default;
  // Any number; they are sent in this order. After the end they are dropped.
  virtual void Send(std::string message) = 0;
};

// One server, or several that stand in for each other. Connects when it is needed.
class MessageChannel {
 public:
  virtual ~MessageChannel() = default;
  // `method`: "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources".
  // Events come in later turns; `events` outlives the stream.
  virtual std::unique_ptr<MessageStream> Open(absl::string_view method,
                                              MessageStreamEvents& events) = 0;
};

}  // namespace sluice
