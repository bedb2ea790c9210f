#include "source/grpc/grpc_channel.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/channel_arguments.h"
#include "grpcpp/support/client_callback.h"
#include "source/base/link.h"
#include "source/grpc/channel_credentials.h"

namespace sluice {
namespace {

constexpr int kReconnectFirstMs = 500;
constexpr int kReconnectMaxMs = 5000;  // the streams have longer pauses of their own
constexpr int kConnectMs = 20'000;     // gRPC's own

int Milliseconds(Duration duration) {
  return static_cast<int>(
      std::min<int64_t>(duration / std::chrono::milliseconds(1), std::numeric_limits<int>::max()));
}

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  if (!buffer.Dump(&slices).ok()) return "";
  std::string bytes;
  bytes.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

grpc::ByteBuffer BufferOf(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

absl::Status StatusOf(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

grpc::ChannelArguments ArgumentsOf(const ChannelSpec& spec) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(spec.message_bytes_max);
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectFirstMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMaxMs);
  // By its name a pause; what gRPC takes it for is the time that a connection, its TLS and its
  // SETTINGS may take until they are there.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectMs);
  // Not by way of what "http_proxy" says in the environment.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // Streams of other channels to the same server fail and come back on their own.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  if (spec.keepalive_interval > Duration::zero()) {
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(spec.keepalive_interval));
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(spec.keepalive_timeout));
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  }
  if (spec.tls.has_value() && !spec.tls->sni.empty()) {
    arguments.SetSslTargetNameOverride(spec.tls->sni);
  }
  return arguments;
}

}  // namespace

// One call as gRPC's threads see it. What they report becomes a task of the loop, and all that is
// started is started there; so nothing here is touched by two threads at once. The task of the last
// report owns it.
class GrpcChannel::Call final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                                public LinkTarget<GrpcChannel::Call> {
 public:
  Call(GrpcChannel& channel, MessageStreamEvents& events)
      : channel_(channel), loop_(channel.loop_), events_(&events) {}

  void Start(const ChannelSpec& spec, const std::string& method,
             const std::shared_ptr<grpc::Channel>& channel) {
    for (const auto& [name, value] : spec.metadata) context_.AddMetadata(name, value);
    if (!spec.authority.empty()) context_.set_authority(spec.authority);
    grpc::GenericStub stub(channel);
    stub.PrepareBidiStreamingCall(&context_, method, grpc::StubOptions(), this);
    AddHold();  // until no more reads are started from the loop
    StartRead(&read_);
    StartCall();
  }

  void Send(std::string message) {
    waiting_.push_back(std::move(message));
    WriteNext();
  }
  // Its user is gone.
  void Cancel() {
    events_ = nullptr;
    context_.TryCancel();
    StartNoMore();
  }

 private:
  void OnReadDone(bool ok) override {
    loop_.Post([this, ok] { AfterRead(ok); });
  }
  void OnWriteDone(bool ok) override {
    loop_.Post([this, ok] {
      is_writing_ = false;
      if (!ok) waiting_.clear();  // gRPC takes no more; the end is on its way
      WriteNext();
    });
  }
  // The last report. The channel may be gone as soon as it has counted it.
  void OnDone(const grpc::Status& status) override {
    GrpcChannel& channel = channel_;
    loop_.Post([call = std::unique_ptr<Call>(this), status] {
      if (call->events_ == nullptr) return;
      MessageStreamEvents& events = *std::exchange(call->events_, nullptr);
      call->BreakLinks();
      events.OnEnd(StatusOf(status));
    });
    channel.NoteCallDone();
  }

  void AfterRead(bool ok) {
    if (events_ == nullptr) return;
    if (!ok) return StartNoMore();
    std::string message = BytesOf(read_);
    StartRead(&read_);
    events_->OnMessage(std::move(message));
  }
  void StartNoMore() {
    if (!std::exchange(has_ended_, true)) RemoveHold();
  }
  void WriteNext() {
    if (is_writing_ || has_ended_ || waiting_.empty()) return;
    is_writing_ = true;
    written_ = BufferOf(waiting_.front());
    waiting_.pop_front();
    StartWrite(&written_);
  }

  GrpcChannel& channel_;
  EventLoop& loop_;
  MessageStreamEvents* events_;  // null: nobody is to be told any more
  grpc::ClientContext context_;
  grpc::ByteBuffer read_, written_;
  std::deque<std::string> waiting_;
  bool is_writing_ = false;
  bool has_ended_ = false;
};

class GrpcChannel::Stream final : public MessageStream {
 public:
  explicit Stream(Call& call) : call_(call) {}
  ~Stream() override {
    if (call_.get() != nullptr) call_->Cancel();
  }
  void Send(std::string message) override {
    if (call_.get() != nullptr) call_->Send(std::move(message));
  }

 private:
  Link<Call> call_;
};

GrpcChannel::GrpcChannel(EventLoop& loop, ChannelSpec spec)
    : loop_(loop),
      spec_(std::move(spec)),
      channel_(
          grpc::CreateCustomChannel(spec_.target, CredentialsOf(spec_.tls), ArgumentsOf(spec_))) {}

std::unique_ptr<MessageChannel> OpenGrpcChannel(EventLoop& loop, ChannelSpec spec) {
  return std::make_unique<GrpcChannel>(loop, std::move(spec));
}

GrpcChannel::~GrpcChannel() {
  const absl::MutexLock lock(&mutex_);
  const auto none_left = +[](int* calls) { return *calls == 0; };
  mutex_.Await(absl::Condition(none_left, &calls_));
}

std::unique_ptr<MessageStream> GrpcChannel::Open(absl::string_view method,
                                                 MessageStreamEvents& events) {
  {
    const absl::MutexLock lock(&mutex_);
    ++calls_;
  }
  // gRPC has it until its last report.
  auto* const call = new Call(*this, events);
  auto stream = std::make_unique<Stream>(*call);
  call->Start(spec_, std::string(method), channel_);
  return stream;
}

}  // namespace sluice
