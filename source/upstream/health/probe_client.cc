#include "source/upstream/health/probe_client.h"

#include <utility>

namespace sluice {
namespace {

constexpr absl::string_view kUserAgent = "Envoy/HC";

}  // namespace

ProbeClient::~ProbeClient() {
  DeleteLater(std::move(connection_));
  DeleteLater(std::move(closing_));
}

// It may be in a frame below.
void ProbeClient::DeleteLater(std::unique_ptr<ProbeConnection> connection) {
  if (connection == nullptr) return;
  connection->Forget();
  target_.main.loop.DeleteLater(std::move(connection));
}

Headers& ProbeClient::NewRequest(absl::string_view method, absl::string_view path,
                                 absl::string_view authority) {
  request_ = std::make_unique<Request>();
  Headers& head = request_->head;
  head.AddReference(HeaderId::kMethod, method);
  head.AddReference(HeaderId::kPath, path);
  head.AddReference(HeaderId::kScheme, target_.transport() != nullptr ? "https" : "http");
  head.AddReference(HeaderId::kAuthority, authority);
  head.AddReference(HeaderId::kUserAgent, kUserAgent);
  return head;
}

void ProbeClient::Send(std::string body, LeavesHttp leaves_http) {
  request_->body = std::move(body);
  request_->leaves_http = leaves_http;
  if (connection_ != nullptr && !connection_->reusable()) Drop();
  if (connection_ == nullptr) return Connect();
  connection_->Send(request_->head, request_->body, request_->leaves_http);
}

void ProbeClient::Connect() {
  connection_ = std::make_unique<ProbeConnection>(*this, target_, version_, alpn_);
  connection_->Send(request_->head, request_->body, request_->leaves_http);
}

void ProbeClient::EndExchange() {
  // Whether the host lets it be used again shows when it is.
  if (!target_.check.reuse_connection || connection_ == nullptr || !connection_->complete()) Drop();
}

void ProbeClient::Drop() {
  if (connection_ == nullptr) return;
  DeleteLater(std::move(closing_));
  closing_ = std::move(connection_);
  closing_->Close();
}

void ProbeClient::OnFailed(std::string words) {
  const bool stale = connection_->reused() && !connection_->answered();
  Drop();
  if (stale) return Connect();
  events_.OnExchangeFailed(std::move(words));
}

void ProbeClient::OnClosed(ProbeConnection& connection) {
  DeleteLater(std::move(&connection == closing_.get() ? closing_ : connection_));
}

}  // namespace sluice
