// GrpcChannel: a MessageChannel of the gRPC C++ library, on threads of that library's own.
//
// Made, used and destroyed on the thread of its loop, which outlives it. Destroying it cancels the
// calls that are left and waits until gRPC has let go of them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/channel.h"
#include "source/event/event_loop.h"
#include "source/grpc/channel_spec.h"
#include "source/grpc/message_stream.h"

namespace sluice {

class GrpcChannel final : public MessageChannel {
 public:
  GrpcChannel(EventLoop& loop, ChannelSpec spec);
  ~GrpcChannel() override;

  std::unique_ptr<MessageStream> Open(absl::string_view method,
                                      MessageStreamEvents& events) override;

 private:
  class Call;
  class Stream;
  void NoteCallDone() {
    const absl::MutexLock lock(&mutex_);
    --calls_;
  }

  EventLoop& loop_;
  const ChannelSpec spec_;
  const std::shared_ptr<grpc::Channel> channel_;
  absl::Mutex mutex_;
  int calls_ ABSL_GUARDED_BY(mutex_){0};  // that gRPC has not let go of
};

// As an OpenMessageChannel.
std::unique_ptr<MessageChannel> OpenGrpcChannel(EventLoop& loop, ChannelSpec spec);

}  // namespace sluice
