#include "source/proxy/tcp_attempt.h"

#include <algorithm>
#include <utility>

namespace sluice {

TcpAttempt::TcpAttempt(AttemptOwner& owner, ResponseSink& sink, WorkerCluster& cluster, Host& host)
    : owner_(owner),
      sink_(sink),
      info_(sink.info()),
      cluster_(cluster),
      host_(host),
      address_(host.address()),
      pending_(sink.worker().slabs) {}

TcpAttempt::~TcpAttempt() { Cancel(); }

void TcpAttempt::Start(absl::string_view server_name) {
  info_.upstream_host = &address_;
  info_.upstream_address = nullptr;
  info_.upstream_protocol = HttpProtocol::kNone;
  upstream_ = HostConnection::Open(cluster_, host_, server_name);
  if (upstream_ != nullptr) return upstream_->connection().Start(*this);
  done_ = true;
  owner_.OnAttemptFailed({.kind = AttemptFailure::Kind::kOverflow});
}

void TcpAttempt::SendData(Buffer& data, End end) {
  if (done_) {
    sink_.request_gauge().Subtract(data.size());
    return data.Clear();
  }
  pending_.MoveFrom(data);
  if (end == End::kYes) return EndRequest();
  upstream_->connection().WantWrite();
}

void TcpAttempt::EndRequest() {
  request_ended_ = true;
  if (upstream_ != nullptr) upstream_->connection().WantWrite();
}

// A tunnel that is cut must not look like one that has ended.
void TcpAttempt::Cancel() {
  DropPending();
  if (done_) return;
  done_ = true;
  sink_.response_gauge().SetSource(nullptr);
  if (upstream_ == nullptr) return;
  Connection& connection = upstream_->connection();
  const bool ended = response_ended_ && end_passed_ && connection.unwritten_bytes() == 0;
  connection.Close(ended ? CloseKind::kNow : CloseKind::kAbort);
  Release();
}

void TcpAttempt::OnConnected() {
  upstream_->OnConnected();
  Connection& connection = upstream_->connection();
  connection.AllowHalfClose();
  WorkerContext& worker = sink_.worker();
  info_.upstream_request_start = info_.response_start = worker.loop.now();
  remote_address_ = connection.io().peer_address();
  info_.upstream_address = &remote_address_;
  local_address_ = connection.io().local_address();
  info_.upstream_local_kept = &local_address_;
  const TlsFacts* const tls = connection.transport().tls_facts();
  if (tls != nullptr) info_.upstream_tls = std::make_shared<const TlsFacts>(*tls);
  upstream_->spec().stats.rq_2xx.Add(worker.stats);
  sink_.response_gauge().SetSource(&connection);
  // Of a POST it would begin with the client's end, though the host's may be far.
  sink_.SetResponseTimeout(Duration{0});
  sink_.response_headers().AddReference(HeaderId::kStatus, "200");
  owner_.OnAttemptHeaders(End::kNo);
}

void TcpAttempt::OnBytes(Buffer& in, End end) {
  CountBytes();
  Buffer data(sink_.worker().slabs);
  data.MoveFrom(in);
  if (end == End::kYes) {
    response_ended_ = true;
    info_.response_end = sink_.worker().loop.now();
  }
  owner_.OnAttemptData(data, end);
}

void TcpAttempt::FillOutput(Buffer& out, size_t bytes_max) {
  const size_t bytes = std::min(pending_.size(), bytes_max);
  out.MoveFrom(pending_, bytes);
  sink_.request_gauge().Subtract(bytes);
  if (bytes > 0) upstream_->connection().NotifyWhenFlushed();
  if (!pending_.empty() || !request_ended_ || end_passed_) return;
  end_passed_ = true;
  info_.upstream_request_end = sink_.worker().loop.now();
  upstream_->connection().CloseWriteSide();
}

void TcpAttempt::OnConnectionClosed(CloseCause cause) {
  const bool was_connecting = upstream_->connecting();
  upstream_->OnClosed(cause);
  if (done_) return;
  done_ = true;
  sink_.response_gauge().SetSource(nullptr);
  DropPending();
  if (was_connecting) {
    info_.upstream_transport_failure_reason = sink_.arena().Copy(upstream_->FailureReason());
  }
  Release();
  if (was_connecting) {
    return owner_.OnAttemptFailed({.kind = AttemptFailure::Kind::kNoConnection});
  }
  if (cause == CloseCause::kPeer) return owner_.OnAttemptComplete();
  // RFC 9113 section 8.5: so a client of HTTP/2 is told of the host's reset.
  owner_.OnAttemptFailed({.kind = AttemptFailure::Kind::kClosed, .code = ResetCode::kConnectError});
}

void TcpAttempt::Release() {
  CountBytes();
  sink_.worker().loop.DeleteLater(std::move(upstream_));
}

void TcpAttempt::DropPending() {
  if (pending_.empty()) return;
  sink_.request_gauge().Subtract(pending_.size());
  pending_.Clear();
}

void TcpAttempt::CountBytes() {
  upstream_->CountBytes();
  info_.upstream_wire_bytes_received = upstream_->bytes_received();
  info_.upstream_wire_bytes_sent = upstream_->bytes_sent();
}

}  // namespace sluice
