#include "examples/control_plane/discovery_server.h"

#include <chrono>
#include <deque>
#include <iostream>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "examples/control_plane/asked.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"
#include "grpcpp/support/byte_buffer.h"

namespace control_plane {
namespace {

namespace discovery = envoy::service::discovery::v3;

// In this order, so that nothing is named before it is there.
constexpr const char* kOrder[] = {
    "type.googleapis.com/envoy.service.runtime.v3.Runtime",
    "type.googleapis.com/envoy.config.cluster.v3.Cluster",
    "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
    "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
    "type.googleapis.com/envoy.config.listener.v3.Listener",
    "type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration",
    "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
};

template <class Message>
bool Parse(const grpc::ByteBuffer& buffer, Message& message) {
  std::vector<grpc::Slice> slices;
  if (!buffer.Dump(&slices).ok()) return false;
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return message.ParseFromString(bytes);
}

std::string ShortName(const std::string& type_url) {
  return type_url.substr(type_url.rfind('.') + 1);
}

}  // namespace

// One stream of one proxy.
class Conversation final : public grpc::ServerGenericBidiReactor {
 public:
  Conversation(DiscoveryServer& server, bool is_delta, std::shared_ptr<const Snapshot> snapshot)
      : server_(server), is_delta_(is_delta), snapshot_(std::move(snapshot)) {
    StartRead(&read_);
  }

  void Set(std::shared_ptr<const Snapshot> snapshot) {
    const std::lock_guard lock(mutex_);
    snapshot_ = std::move(snapshot);
    SendWhatIsOwed();
  }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return End(grpc::Status::OK);  // the proxy has ended it
    const bool is_good = is_delta_ ? Take<discovery::DeltaDiscoveryRequest>(changes_)
                                   : Take<discovery::DiscoveryRequest>(wholes_);
    if (!is_good) {
      return End(grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "this is no discovery request"));
    }
    StartRead(&read_);
  }

  template <class Request, class AskedByType>
  bool Take(AskedByType& asked) {
    Request request;
    if (!Parse(read_, request) || request.type_url().empty()) return false;
    const std::lock_guard lock(mutex_);
    if (!request.node().id().empty()) node_ = request.node().id();
    if (request.has_error_detail()) {
      std::cout << node_ << " refuses: " << request.error_detail().message() << std::endl;
    }
    // A nonce comes again where names change afterwards.
    if (unanswered_.erase({request.type_url(), request.response_nonce()}) > 0) {
      ++(request.has_error_detail() ? server_.refused_ : server_.taken_);
    }
    asked[request.type_url()].Take(request);
    SendWhatIsOwed();
    return true;
  }

  // Under the lock, as all below.
  void SendWhatIsOwed() {
    for (const char* type : kOrder) SendKind(*snapshot_, type);
  }

  void SendKind(const Snapshot& snapshot, const std::string& type) {
    const auto found = snapshot.find(type);
    const ItemsOfKind none;
    const ItemsOfKind& items = found == snapshot.end() ? none : found->second;
    if (const auto asked = wholes_.find(type); asked != wholes_.end()) {
      const auto response = asked->second.Owed(type, items);
      if (response.has_value()) Send(*response, response->resources_size(), 0);
    }
    if (const auto asked = changes_.find(type); asked != changes_.end()) {
      const auto response = asked->second.Owed(type, items);
      if (!response.has_value()) return;
      Send(*response, response->resources_size(), response->removed_resources_size());
    }
  }

  template <class Response>
  void Send(const Response& response, int sent, int removed) {
    std::cout << node_ << ": " << ShortName(response.type_url()) << ": " << sent << " sent";
    if (removed > 0) std::cout << ", " << removed << " removed";
    std::cout << std::endl;
    unanswered_.emplace(response.type_url(), response.nonce());
    ++server_.sent_;
    const grpc::Slice slice(response.SerializeAsString());
    waiting_.emplace_back(&slice, 1);
    WriteNext();
  }
  void WriteNext() {
    if (is_writing_ || has_ended_ || waiting_.empty()) return;
    is_writing_ = true;
    written_ = std::move(waiting_.front());
    waiting_.pop_front();
    StartWrite(&written_);
  }
  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    is_writing_ = false;
    if (ok) WriteNext();
  }
  void End(const grpc::Status& status) {
    const std::lock_guard lock(mutex_);
    has_ended_ = true;
    Finish(status);
  }
  void OnDone() override {
    server_.Forget(*this);
    delete this;
  }

  DiscoveryServer& server_;
  const bool is_delta_;
  std::mutex mutex_;  // taken after the server's, never before
  std::shared_ptr<const Snapshot> snapshot_;
  std::string node_ = "?";
  std::map<std::string, AskedWhole> wholes_;
  std::map<std::string, AskedChanges> changes_;
  std::set<std::pair<std::string, std::string>> unanswered_;  // responses: type and nonce
  grpc::ByteBuffer read_, written_;
  std::deque<grpc::ByteBuffer> waiting_;
  bool is_writing_ = false;
  bool has_ended_ = false;
};

DiscoveryServer::DiscoveryServer(int port) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(absl::StrCat("127.0.0.1:", port), grpc::InsecureServerCredentials(),
                           &port_);
  // Two of these on one port would be two truths.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(-1);
  builder.RegisterCallbackGenericService(this);
  server_ = builder.BuildAndStart();
}

DiscoveryServer::~DiscoveryServer() {
  if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
}

void DiscoveryServer::Set(std::shared_ptr<const Snapshot> snapshot) {
  const std::lock_guard lock(mutex_);
  snapshot_ = std::move(snapshot);
  for (Conversation* conversation : conversations_) conversation->Set(snapshot_);
}

grpc::ServerGenericBidiReactor* DiscoveryServer::CreateReactor(
    grpc::GenericCallbackServerContext* context) {
  const std::lock_guard lock(mutex_);
  const bool is_delta = absl::StrContains(context->method(), "/Delta");
  auto* const conversation = new Conversation(*this, is_delta, snapshot_);
  conversations_.insert(conversation);
  return conversation;
}

void DiscoveryServer::Forget(Conversation& conversation) {
  const std::lock_guard lock(mutex_);
  conversations_.erase(&conversation);
}

}  // namespace control_plane
