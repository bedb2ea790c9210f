// Both ends of gRPC calls, with the gRPC library, for a test to put a proxy between them.
//
//   grpc_peer server [KEY CERT]          prints "listens on 127.0.0.1:PORT", serves until it is
//   ended grpc_peer client TARGET CASE [ROOTS]  exit status 0 if the case went as it should
//
// With files in PEM both are over TLS (the server's name is "localhost"), else plaintext. Methods
// of the server, whose messages are plain bytes:
//   /wire.Test/Echo      each message back at once; the metadata x-text and x-bin come back as
//                        initial and as trailing metadata
//   /wire.Test/Collect   the number of bytes of all messages, when the client has no more
//   /wire.Test/Spread    as many messages as the request says, of 1000 bytes each
//   /wire.Test/Refuse    a status and nothing else
//   /wire.Test/Break     one message, then a status
//   /wire.Test/Hang      nothing, until the call is cancelled
//   /wire.Test/Cancelled one message, when a call of Hang has been cancelled
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "grpcpp/completion_queue.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "grpcpp/support/byte_buffer.h"

namespace sluice {
namespace {

constexpr int kMessageBytesMax = 32 << 20;
constexpr char kReason[] = "not today: 100% \xc3\xa4nderbar";

std::string ReadFile(const char* path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

grpc::ByteBuffer Message(const std::string& bytes) {
  grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string Bytes(const grpc::ByteBuffer& message) {
  grpc::Slice whole;
  if (!message.DumpToSingleSlice(&whole).ok()) return "";
  return std::string(reinterpret_cast<const char*>(whole.begin()), whole.size());
}

// Server ------------------------------------------------------------------------------------------

class Call;

// Calls of Hang that were cancelled, and calls that wait to hear of one.
struct Cancellations {
  std::mutex mutex;
  bool seen = false;
  std::vector<Call*> waiting;
};
Cancellations cancellations;

class Call : public grpc::ServerGenericBidiReactor {
 public:
  Call(grpc::GenericCallbackServerContext* context)
      : context_(context), method_(context->method().substr(context->method().rfind('/') + 1)) {
    for (const char* key : {"x-text", "x-bin"}) {
      auto found = context->client_metadata().find(key);
      if (found == context->client_metadata().end()) continue;
      const std::string value(found->second.data(), found->second.size());
      context->AddInitialMetadata(key, value);
      context->AddTrailingMetadata(key, value);
    }
    if (method_ == "Refuse") {
      Finish(grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, kReason));
    } else if (method_ != "Hang") {
      StartRead(&request_);
    }
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      if (method_ == "Collect") return Last(std::to_string(collected_));
      return Finish(grpc::Status::OK);
    }
    if (method_ == "Collect") {
      collected_ += request_.Length();
      StartRead(&request_);
    } else if (method_ == "Echo") {
      StartWrite(&request_);
    } else if (method_ == "Break") {
      response_ = Message("one");
      StartWrite(&response_);
    } else if (method_ == "Spread") {
      left_ = std::stoi(Bytes(request_));
      response_ = Message(std::string(1000, 's'));
      OnWriteDone(true);
    } else if (method_ == "Cancelled") {
      std::lock_guard<std::mutex> lock(cancellations.mutex);
      if (cancellations.seen) return Last("yes");
      cancellations.waiting.push_back(this);
    } else {
      Finish(grpc::Status(grpc::StatusCode::UNIMPLEMENTED, method_));
    }
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status(grpc::StatusCode::UNKNOWN, "not written"));
    if (method_ == "Echo") return StartRead(&request_);
    if (method_ == "Break") {
      return Finish(grpc::Status(grpc::StatusCode::ABORTED, "after one message"));
    }
    if (left_-- == 0) return Finish(grpc::Status::OK);
    StartWrite(&response_);
  }

  void OnCancel() override {
    if (method_ != "Hang") return;
    {
      std::lock_guard<std::mutex> lock(cancellations.mutex);
      cancellations.seen = true;
      for (Call* call : std::exchange(cancellations.waiting, {})) call->Last("yes");
    }
    Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

 private:
  void Last(const std::string& bytes) {
    response_ = Message(bytes);
    StartWriteAndFinish(&response_, grpc::WriteOptions(), grpc::Status::OK);
  }

  grpc::GenericCallbackServerContext* context_;
  const std::string method_;
  grpc::ByteBuffer request_, response_;
  size_t collected_ = 0;
  int left_ = 0;
};

class Service : public grpc::CallbackGenericService {
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    return new Call(context);
  }
};

int Serve(const char* key, const char* certificate) {
  std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials();
  if (key) {
    grpc::SslServerCredentialsOptions options;
    options.pem_key_cert_pairs.push_back({ReadFile(key), ReadFile(certificate)});
    credentials = grpc::SslServerCredentials(options);
  }
  Service service;
  int port = 0;
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(kMessageBytesMax);
  builder.AddListeningPort("127.0.0.1:0", credentials, &port);
  builder.RegisterCallbackGenericService(&service);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (!server) return 1;
  printf("listens on 127.0.0.1:%d\n", port);
  fflush(stdout);
  server->Wait();
  return 0;
}

// Client ------------------------------------------------------------------------------------------

// One call. Each operation waits for its end.
class Exchange {
 public:
  Exchange(grpc::GenericStub& stub, const std::string& method, int deadline_ms = 20000) {
    context_.set_deadline(std::chrono::system_clock::now() +
                          std::chrono::milliseconds(deadline_ms));
    context_.AddMetadata("x-text", "some text");
    context_.AddMetadata("x-bin", std::string("\0\xff\x01", 3));
    const std::string path = method[0] == '/' ? method : "/wire.Test/" + method;
    call_ = stub.PrepareCall(&context_, path, &queue_);
    call_->StartCall(this);
    Done();
  }

  bool Write(const std::string& bytes) {
    call_->Write(Message(bytes), this);
    return Done();
  }
  bool WritesDone() {
    call_->WritesDone(this);
    return Done();
  }
  bool Read(std::string& bytes) {
    grpc::ByteBuffer message;
    call_->Read(&message, this);
    if (!Done()) return false;
    bytes = Bytes(message);
    return true;
  }
  grpc::Status Finish() {
    grpc::Status status;
    call_->Finish(&status, this);
    Done();
    return status;
  }
  bool MetadataCameBack() {
    return Has(context_.GetServerInitialMetadata()) && Has(context_.GetServerTrailingMetadata());
  }

 private:
  static bool Has(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata) {
    auto text = metadata.find("x-text"), binary = metadata.find("x-bin");
    return text != metadata.end() && text->second == "some text" && binary != metadata.end() &&
           binary->second == grpc::string_ref("\0\xff\x01", 3);
  }
  bool Done() {
    void* tag;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  grpc::CompletionQueue queue_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
};

bool Fail(const std::string& what) {
  fprintf(stderr, "failed: %s\n", what.c_str());
  return false;
}

bool Is(const grpc::Status& status, grpc::StatusCode code, const std::string& message = "") {
  if (status.error_code() == code && (message.empty() || status.error_message() == message)) {
    return true;
  }
  return Fail("status " + std::to_string(status.error_code()) + " \"" + status.error_message() +
              "\"");
}

// One message, one answer.
bool Once(grpc::GenericStub& stub, const std::string& method, const std::string& request,
          const std::string& wanted) {
  Exchange call(stub, method);
  std::string answer;
  if (!call.Write(request) || !call.WritesDone()) return Fail("not written");
  if (!call.Read(answer)) return Fail("no answer: " + call.Finish().error_message());
  if (answer != wanted) return Fail("answer of " + std::to_string(answer.size()) + " bytes");
  return Is(call.Finish(), grpc::StatusCode::OK) &&
         (call.MetadataCameBack() || Fail("metadata did not come back"));
}

bool Unary(grpc::GenericStub& stub) { return Once(stub, "Echo", "hello", "hello"); }

bool EmptyMessage(grpc::GenericStub& stub) { return Once(stub, "Echo", "", ""); }

bool TenMegabytes(grpc::GenericStub& stub) {
  const std::string large(10 << 20, 'L');
  return Once(stub, "Echo", large, large);
}

bool ClientStreaming(grpc::GenericStub& stub) {
  Exchange call(stub, "Collect");
  for (int i = 0; i < 200; i++) {
    if (!call.Write(std::string(3000, 'c'))) return Fail("not written");
  }
  std::string answer;
  if (!call.WritesDone() || !call.Read(answer)) return Fail("no answer");
  return (answer == "600000" || Fail(answer)) && Is(call.Finish(), grpc::StatusCode::OK);
}

bool ServerStreaming(grpc::GenericStub& stub) {
  Exchange call(stub, "Spread");
  if (!call.Write("500") || !call.WritesDone()) return Fail("not written");
  int messages = 0;
  std::string answer;
  while (call.Read(answer)) messages += answer.size() == 1000;
  return (messages == 500 || Fail(std::to_string(messages))) &&
         Is(call.Finish(), grpc::StatusCode::OK);
}

// Each answer comes before the next message is sent: nothing on the way may wait for more.
bool Bidirectional(grpc::GenericStub& stub) {
  Exchange call(stub, "Echo");
  std::string answer;
  for (int i = 0; i < 100; i++) {
    const std::string message = "message " + std::to_string(i);
    if (!call.Write(message) || !call.Read(answer)) return Fail("broken off");
    if (answer != message) return Fail(answer);
  }
  call.WritesDone();
  return (!call.Read(answer) || Fail("one more answer")) &&
         Is(call.Finish(), grpc::StatusCode::OK) &&
         (call.MetadataCameBack() || Fail("metadata did not come back"));
}

bool TrailersOnly(grpc::GenericStub& stub) {
  Exchange call(stub, "Refuse");
  std::string answer;
  call.WritesDone();
  return (!call.Read(answer) || Fail("an answer")) &&
         Is(call.Finish(), grpc::StatusCode::FAILED_PRECONDITION, kReason);
}

bool StatusAfterAMessage(grpc::GenericStub& stub) {
  Exchange call(stub, "Break");
  std::string answer;
  call.Write("go");
  if (!call.Read(answer) || answer != "one") return Fail("no answer");
  return (!call.Read(answer) || Fail("a second answer")) &&
         Is(call.Finish(), grpc::StatusCode::ABORTED, "after one message");
}

bool UnknownMethod(grpc::GenericStub& stub) {
  Exchange call(stub, "Nothing");
  std::string answer;
  call.Write("x");
  call.Read(answer);
  return Is(call.Finish(), grpc::StatusCode::UNIMPLEMENTED);
}

// The client gives up, and the server hears of it.
bool Deadline(grpc::GenericStub& stub) {
  {
    Exchange call(stub, "Hang", 300);
    std::string answer;
    call.Write("x");
    call.Read(answer);
    if (!Is(call.Finish(), grpc::StatusCode::DEADLINE_EXCEEDED)) return false;
  }
  Exchange call(stub, "Cancelled");
  std::string answer;
  if (!call.Write("") || !call.Read(answer)) return Fail("the server never heard of it");
  call.WritesDone();
  return Is(call.Finish(), grpc::StatusCode::OK);
}

// What a proxy says where there is no server. The client would make the same status of HTTP's 503,
// and a message that speaks of HTTP: a proxy that speaks gRPC says it itself.
bool Unavailable(grpc::GenericStub& stub) {
  Exchange call(stub, "Echo");
  std::string answer;
  call.Write("x");
  call.Read(answer);
  const grpc::Status status = call.Finish();
  return Is(status, grpc::StatusCode::UNAVAILABLE) &&
         (status.error_message().find("status: 503") == std::string::npos ||
          Fail(status.error_message()));
}

// Of the admin port: CSDS. The proxy has a cluster "plain".
bool ClientStatus(grpc::GenericStub& stub) {
  const std::string service = "/envoy.service.status.v3.ClientStatusDiscoveryService/";
  Exchange fetch(stub, service + "FetchClientStatus");
  std::string answer;
  if (!fetch.Write("") || !fetch.WritesDone() || !fetch.Read(answer)) return Fail("no answer");
  if (answer.find("plain") == std::string::npos) return Fail("an answer without the cluster");
  if (!Is(fetch.Finish(), grpc::StatusCode::OK)) return false;
  Exchange stream(stub, service + "StreamClientStatus");
  for (int i = 0; i < 3; i++) {
    std::string again;
    if (!stream.Write("") || !stream.Read(again)) return Fail("the stream is broken off");
    if (again != answer) return Fail("another answer");
  }
  if (!stream.WritesDone() || stream.Read(answer)) return Fail("the stream does not end");
  if (!Is(stream.Finish(), grpc::StatusCode::OK)) return false;
  Exchange wrong(stub, service + "FetchClientStatus");
  wrong.Write("\xff");
  wrong.WritesDone();
  return (!wrong.Read(answer) || Fail("an answer to what is no request")) &&
         Is(wrong.Finish(), grpc::StatusCode::INVALID_ARGUMENT,
            "the message cannot be read as a envoy.service.status.v3.ClientStatusRequest");
}

int RunClient(const std::string& target, const std::string& name, const char* roots) {
  const std::map<std::string, std::function<bool(grpc::GenericStub&)>> cases = {
      {"unary", Unary},
      {"empty_message", EmptyMessage},
      {"ten_megabytes", TenMegabytes},
      {"client_streaming", ClientStreaming},
      {"server_streaming", ServerStreaming},
      {"bidirectional", Bidirectional},
      {"trailers_only", TrailersOnly},
      {"status_after_a_message", StatusAfterAMessage},
      {"unknown_method", UnknownMethod},
      {"deadline", Deadline},
      {"unavailable", Unavailable},
      {"client_status", ClientStatus},
  };
  auto found = cases.find(name);
  if (found == cases.end()) {
    fprintf(stderr, "no case %s\n", name.c_str());
    return 2;
  }
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (roots) {
    credentials = grpc::SslCredentials({ReadFile(roots), "", ""});
    arguments.SetSslTargetNameOverride("localhost");
  }
  grpc::GenericStub stub(grpc::CreateCustomChannel(target, credentials, arguments));
  return found->second(stub) ? 0 : 1;
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) {
  const std::string role = argc > 1 ? argv[1] : "";
  if (role == "server" && (argc == 2 || argc == 4)) {
    return sluice::Serve(argc == 4 ? argv[2] : nullptr, argc == 4 ? argv[3] : nullptr);
  }
  if (role == "client" && (argc == 4 || argc == 5)) {
    return sluice::RunClient(argv[2], argv[3], argc == 5 ? argv[4] : nullptr);
  }
  fprintf(stderr, "usage: grpc_peer server [KEY CERT] | client TARGET CASE [ROOTS]\n");
  return 2;
}
