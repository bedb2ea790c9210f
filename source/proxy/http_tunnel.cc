#include "source/proxy/http_tunnel.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "source/http/authority.h"
#include "source/proxy/tcp_proxy.h"

namespace sluice {

HttpTunnel::HttpTunnel(TcpProxy& proxy, ProxyWorker& worker, const TunnelingConfig& config,
                       Connection& client, size_t client_bytes_max)
    : proxy_(proxy),
      worker_(worker),
      config_(config),
      client_(client),
      upgrade_{.form = UpgradeForm::kConnect, .type = "CONNECT", .allowed = true},
      request_headers_(arena_),
      response_headers_(arena_),
      response_trailers_(arena_),
      request_gauge_(client_bytes_max),
      response_gauge_(client_bytes_max),
      held_(worker.context().slabs),
      to_client_(worker.context().slabs) {
  client_.AllowHalfClose();
  request_gauge_.SetSource(&client_);
}

HttpTunnel::~HttpTunnel() {
  request_gauge_.SetSource(nullptr);
  Cancel();
}

// ---- A request for a tunnel.

bool HttpTunnel::Connect(WorkerCluster& cluster, Host& host, const StreamInfo& facts) {
  spec_ = cluster.PinSpec();
  info_.upstream_cluster = arena_.Copy(spec_->name);
  if (!MakeRequest(cluster, host, facts)) return false;
  PoolKey key{.protocol = cluster.spec().settings->protocol};
  if (key.protocol == UpstreamProtocol::kUseDownstream) key.protocol = UpstreamProtocol::kHttp1;
  failed_attempt_ = std::move(attempt_);
  attempt_.reset(arena_.New<Attempt>(static_cast<AttemptOwner&>(*this),
                                     static_cast<RequestState&>(*this), cluster, host));
  attempt_->Start(RoutePriority::kDefault, key);
  return true;
}

bool HttpTunnel::MakeRequest(const WorkerCluster& cluster, const Host& host,
                             const StreamInfo& facts) {
  Headers& request = request_headers_;
  request.Clear();
  response_headers_.Clear();
  std::string& scratch = worker_.scratch();
  scratch.clear();
  config_.hostname.Append({.info = facts}, scratch);
  const absl::string_view authority = arena_.Copy(scratch);
  request.AddReference(HeaderId::kMethod, config_.use_post ? "POST" : "CONNECT");
  request.AddReference(HeaderId::kAuthority, authority);
  if (config_.use_post) {
    request.AddReference(HeaderId::kPath, config_.post_path);
    request.AddReference(HeaderId::kScheme,
                         TransportOf(cluster.spec(), host.facts()) != nullptr ? "https" : "http");
  }
  config_.headers.Apply(request, {.info = facts, .request = &request}, scratch);
  return config_.use_post ? IsValidAuthority(authority) : IsValidAuthorityWithPort(authority);
}

void HttpTunnel::OnAttemptHeaders(End end) {
  const bool accepted =
      absl::StartsWith(response_headers_.Get(HeaderId::kStatus), "2") && end == End::kNo;
  if (!accepted) {
    attempt_->Cancel();
    return proxy_.OnTunnelFailed(AttemptFailure::Kind::kReset);
  }
  open_ = true;
  proxy_.OnTunnelOpened();
  if (over_ || (held_.empty() && !client_ended_)) return;
  attempt_->SendData(held_, client_ended_ ? End::kYes : End::kNo);
}

void HttpTunnel::OnAttemptFailed(const AttemptFailure& failure) {
  if (!open_) return proxy_.OnTunnelFailed(failure.kind);
  over_ = true;
  if (!client_closed_) client_.Close(CloseKind::kFlushAbort);
  proxy_.OnTunnelOver();
}

// ---- Bytes.

void HttpTunnel::OnBytes(Buffer& in, End end) {
  if (over_) return in.Clear();
  client_ended_ = client_ended_ || end == End::kYes;
  request_gauge_.Add(in.size());
  if (open_) {
    Buffer data(worker_.context().slabs);
    data.MoveFrom(in);
    attempt_->SendData(data, end);
    return worker_.context().loop.AtEndOfTurn(*this);
  }
  held_.MoveFrom(in);
}

void HttpTunnel::RunEndOfTurn() { proxy_.OnTunnelMoved(); }

void HttpTunnel::OnAttemptData(Buffer& data, End end) {
  if (client_closed_) return data.Clear();
  response_gauge_.Add(data.size());
  to_client_.MoveFrom(data);
  host_ended_ = host_ended_ || end == End::kYes;
  client_.WantWrite();
  worker_.context().loop.AtEndOfTurn(*this);
}

void HttpTunnel::OnAttemptTrailers() {
  host_ended_ = true;
  if (!client_closed_) client_.WantWrite();
}

void HttpTunnel::FillOutput(Buffer& out, size_t bytes_max) {
  const size_t bytes = std::min(to_client_.size(), bytes_max);
  out.MoveFrom(to_client_, bytes);
  response_gauge_.Subtract(bytes);
  if (!host_ended_ || end_passed_ || !to_client_.empty()) return;
  end_passed_ = true;
  client_.CloseWriteSide();
}

// ---- How it ends.

void HttpTunnel::OnAttemptComplete() {
  over_ = true;
  host_ended_ = true;
  if (!client_closed_ && !client_ended_) client_.Close(CloseKind::kFlush);
  proxy_.OnTunnelOver();
}

void HttpTunnel::OnClientClosed(CloseCause cause) {
  client_closed_ = true;
  request_gauge_.SetSource(nullptr);
  response_gauge_.Subtract(to_client_.size());
  to_client_.Clear();
  // What it has sent before its end is still the host's.
  const bool in_order = cause == CloseCause::kPeer && open_ && client_ended_;
  if (!in_order) Cancel();
}

void HttpTunnel::Cancel() {
  over_ = true;
  request_gauge_.Subtract(held_.size());
  held_.Clear();
  if (attempt_ != nullptr) attempt_->Cancel();
}

}  // namespace sluice
