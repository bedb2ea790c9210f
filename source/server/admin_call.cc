#include "source/server/admin_call.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "source/grpc/message_frames.h"
#include "source/proxy/local_reply.h"

namespace sluice {
namespace {

constexpr absl::string_view kService = "/envoy.service.status.v3.ClientStatusDiscoveryService/";

}  // namespace

bool AdminCall::Takes(const Headers& request) {
  return request.Get(HeaderId::kMethod) == "POST" && IsGrpcRequest(request);
}

AdminCall::AdminCall(const AdminHandler& pages, ResponseSink& sink)
    : pages_(pages), sink_(sink), in_(sink.worker().slabs) {
  sink_.response_gauge().SetSource(this);
}

AdminCall::~AdminCall() {
  if (!done_) sink_.response_gauge().SetSource(nullptr);
}

AdminCall::Method AdminCall::MethodOf(absl::string_view path) {
  if (!absl::ConsumePrefix(&path, kService)) return Method::kUnknown;
  if (path == "FetchClientStatus") return Method::kFetch;
  return path == "StreamClientStatus" ? Method::kStream : Method::kUnknown;
}

// ---- What comes.

void AdminCall::OnRequestHeaders(Headers& headers, End end) {
  const absl::string_view path = headers.Get(HeaderId::kPath);
  method_ = MethodOf(path);
  if (method_ == Method::kUnknown) {
    return Finish(absl::UnimplementedError(absl::StrCat("there is no method ", path)));
  }
  request_ended_ = end == End::kYes;
  GoOn();
}

void AdminCall::OnRequestData(Buffer& data, End end) {
  if (done_) {
    sink_.request_gauge().Subtract(data.size());
    return data.Clear();
  }
  counted_ += data.size();
  in_.MoveFrom(data);
  request_ended_ = end == End::kYes;
  GoOn();
}

void AdminCall::OnRequestTrailers(Headers& trailers) {
  if (done_) return;
  request_ended_ = true;
  GoOn();
}

void AdminCall::Cancel() {
  BreakLinks();
  if (!std::exchange(done_, true)) sink_.response_gauge().SetSource(nullptr);
}

// ---- Message by message.

void AdminCall::GoOn() {
  if (done_ || waits_for_turn_ || client_is_slow_) return;
  switch (TakeMessage(in_, kMessageBytesMax, message_)) {
    case FrameRead::kMessage:
      return OnMessage();
    case FrameRead::kTooLong:
      return Finish(absl::ResourceExhaustedError(
          absl::StrCat("the message has more than ", kMessageBytesMax, " bytes")));
    case FrameRead::kCompressed:
      return Finish(absl::UnimplementedError("compressed messages are not read here"));
    case FrameRead::kNeedMore:
      Release(counted_);
      if (request_ended_) OnRequestEnd();
  }
}

void AdminCall::OnMessage() {
  Release(counted_ - std::min(counted_, in_.size()));
  if (done_) return;
  const bool is_one_too_many = ++messages_ > 1 && method_ == Method::kFetch;
  if (is_one_too_many) return Finish(absl::InvalidArgumentError("more than one message"));
  // What is asked once is answered when it is known to be all.
  if (method_ == Method::kFetch) return GoOn();
  if (Respond()) GoOnSoon();
}

void AdminCall::OnRequestEnd() {
  if (done_) return;
  if (!in_.empty()) {
    return Finish(absl::InvalidArgumentError(
        absl::StrCat("the last message is cut off after ", in_.size(), " bytes")));
  }
  if (method_ == Method::kFetch) {
    if (messages_ == 0) return Finish(absl::InvalidArgumentError("there is no message"));
    if (!Respond()) return;
  }
  Finish(absl::OkStatus());
}

void AdminCall::ResumeReading() {
  client_is_slow_ = false;
  GoOnSoon();
}

// Not from inside of the call that writes to the client.
void AdminCall::GoOnSoon() {
  if (done_ || std::exchange(waits_for_turn_, true)) return;
  sink_.worker().loop.Post([link = std::make_unique<Link<AdminCall>>(*this)] {
    if (!*link) return;
    (*link)->waits_for_turn_ = false;
    (*link)->GoOn();
  });
}

void AdminCall::Release(size_t bytes) {
  counted_ -= bytes;
  if (bytes > 0) sink_.request_gauge().Subtract(bytes);
}

// ---- What goes.

// The answer to the last message. False: the call is over.
bool AdminCall::Respond() {
  const absl::StatusOr<std::string> answer = pages_.CallClientStatus(message_);
  if (!answer.ok()) {
    Finish(answer.status());
    return false;
  }
  if (!std::exchange(has_head_, true)) {
    Headers& head = sink_.response_headers();
    head.AddReference(HeaderId::kStatus, "200");
    head.AddReference(HeaderId::kContentType, "application/grpc");
    sink_.info().response_code_details = "admin_filter_response";
    sink_.SendHeaders(End::kNo);
  }
  if (done_) return false;
  Buffer bytes(sink_.worker().slabs);
  AppendMessage(*answer, bytes);
  sink_.SendData(bytes, End::kNo);
  return !done_;
}

// Without a response so far the status is all there is of it: gRPC's "Trailers-Only".
void AdminCall::Finish(const absl::Status& status) {
  if (std::exchange(done_, true)) return;
  sink_.response_gauge().SetSource(nullptr);
  in_.Clear();
  Release(counted_);
  Headers& end = has_head_ ? sink_.response_trailers() : sink_.response_headers();
  if (!has_head_) {
    end.AddReference(HeaderId::kStatus, "200");
    end.AddReference(HeaderId::kContentType, "application/grpc");
    sink_.info().response_code_details = "admin_filter_response";
  }
  end.Add(HeaderId::kGrpcStatus, absl::StrCat(static_cast<int>(status.code())));
  if (!status.ok()) end.Add(HeaderId::kGrpcMessage, EncodedStatusText(status.message()));
  has_head_ ? sink_.SendTrailers() : sink_.SendHeaders(End::kYes);
}

}  // namespace sluice
