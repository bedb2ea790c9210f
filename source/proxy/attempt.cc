#include "source/proxy/attempt.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "source/http/message_rules.h"
#include "source/upstream/balancers/latency.h"
#include "source/upstream/health/health_reports.h"

namespace sluice {
namespace {

AttemptFailure::Kind KindOf(StreamReset reset) {
  switch (reset) {
    case StreamReset::kRefused:
      return AttemptFailure::Kind::kRefused;
    case StreamReset::kConnection:
      return AttemptFailure::Kind::kClosed;
    case StreamReset::kProtocolError:
      return AttemptFailure::Kind::kProtocolError;
    case StreamReset::kPeer:
    case StreamReset::kLocal:
      break;
  }
  return AttemptFailure::Kind::kReset;
}

}  // namespace

Attempt::Attempt(AttemptOwner& owner, RequestState& state, WorkerCluster& cluster, Host& host)
    : owner_(owner),
      state_(state),
      worker_(state.worker()),
      info_(state.info()),
      cluster_(cluster),
      host_(host),
      address_(host.address()),
      upgrade_(state.upgrade()),
      pending_(worker_.slabs) {}

Attempt::~Attempt() { Cancel(); }

void Attempt::Start(RoutePriority priority, const PoolKey& key) {
  info_.upstream_host = &address_;
  info_.upstream_address = info_.upstream_local_kept = nullptr;
  info_.upstream_io = nullptr;
  if (upgrade_ != nullptr && !TakeUpgradePlace(priority)) {
    done_ = true;
    DropPending();
    return owner_.OnAttemptFailed({.kind = AttemptFailure::Kind::kOverflow});
  }
  WorkerCluster& cluster = cluster_;
  cluster.PoolOf(host_, key).Request(*this, priority);  // which may be the end of this
  cluster.ConnectAhead(key, priority);
}

bool Attempt::TakeUpgradePlace(RoutePriority priority) {
  if (!cluster_.breaker().TryAcquire(priority, BreakerResource::kUpgrades)) {
    stats().cx_upgrades_overflow.Add(worker_.stats);
    return false;
  }
  upgrade_place_ = priority;
  return true;
}

void Attempt::LeaveUpgradePlace() {
  if (!upgrade_place_.has_value()) return;
  cluster_.breaker().Release(*upgrade_place_, BreakerResource::kUpgrades);
  upgrade_place_.reset();
}

void Attempt::SendData(Buffer& data, End end) {
  if (done_) {
    state_.request_gauge().Subtract(data.size());
    return data.Clear();
  }
  pending_.MoveFrom(data);
  request_ended_ |= end == End::kYes;
  if (codec_stream_ == nullptr) return;
  codec_stream_->BodyReady();
  connection_->WantWrite();
}

void Attempt::SendTrailers(Headers& trailers) {
  request_trailers_ = &trailers;
  request_ended_ = true;
  if (codec_stream_ == nullptr) return;
  codec_stream_->BodyReady();
  connection_->WantWrite();
}

void Attempt::TakeOver(Attempt& failed) {
  pending_.MoveFrom(failed.pending_);
  request_ended_ = failed.request_ended_;
  request_trailers_ = failed.request_trailers_;
}

void Attempt::Cancel() {
  DropPending();
  Stop();
}

void Attempt::Abandon() {
  DropPending();
  state_.response_gauge().SetSource(nullptr);
  if (!response_ended_ || !request_sent_ || tunnel_) return Stop();
  KeepLocalAddress();
  abandoned_ = true;
}

void Attempt::Stop() {
  if (done_) return;
  done_ = true;
  LeaveUpgradePlace();
  if (!abandoned_) state_.response_gauge().SetSource(nullptr);
  if (codec_stream_ != nullptr) {
    ClientConnection* const connection = connection_;
    CodecStream* const codec_stream = codec_stream_;
    Release();
    connection->ResetStream(*codec_stream, ResetCode::kCancel);
  } else {
    CancelWaiting();
  }
}

// ---- A connection, or none.

void Attempt::OnPoolReady(ClientConnection& connection) {
  connection_ = &connection;
  codec_stream_ = &connection.StartStream(*this);
  if (OutlierMonitor* const outliers = cluster_.outliers()) outliers->OnConnected(host_);
  started_ = worker_.loop.now();
  info_.upstream_request_start = started_;
  info_.upstream_protocol = connection.protocol();
  info_.upstream_tls = connection.tls();
  IoHandle& io = connection.connection().io();
  info_.upstream_io = &io;
  if (!(io.peer_address() == address_)) {
    remote_address_.reset(state_.arena().New<const Address>(io.peer_address()));
    info_.upstream_address = remote_address_.get();
  }
  state_.response_gauge().SetSource(codec_stream_);
  if (!asks_extended_connect()) return SendRequest();
  if (connection.extended_connect() != PeerSetting::kUnknown) OnPeerSettings();
}

bool Attempt::asks_extended_connect() const {
  return upgrade_ != nullptr && upgrade_->form != UpgradeForm::kConnect &&
         connection_->protocol() == HttpProtocol::kHttp2;
}

// RFC 8441 section 3: not before the host has said that it takes it.
void Attempt::OnPeerSettings() {
  if (head_sent_) return;
  if (connection_->extended_connect() != PeerSetting::kYes)
    return FailAtOnce(AttemptFailure::Kind::kNoExtendedConnect);
  const HandshakeError error = CheckHandshake();
  if (error != HandshakeError::kNone) return FailAtOnce(AttemptFailure::Kind::kBadHandshake, error);
  SendRequest();
}

// Between two connections of HTTP/1 the handshake is the host's to judge. Here the proxy answers
// it, as HTTP/2 has no key to pass on (RFC 6455 section 4.2.1, RFC 8441 section 5).
HandshakeError Attempt::CheckHandshake() const {
  const bool answers =
      upgrade_->form == UpgradeForm::kField && absl::EqualsIgnoreCase(upgrade_->type, "websocket");
  return answers ? CheckWebSocketRequest(state_.request_headers()) : HandshakeError::kNone;
}

void Attempt::SendRequest() {
  head_sent_ = true;
  owner_.OnAttemptSending();
  const Headers& head = RequestHead();
  info_.upstream_header_bytes_sent = head.byte_size();
  const bool body =
      upgrade_ != nullptr || !request_ended_ || !pending_.empty() || request_trailers_ != nullptr;
  request_sent_ = !body;
  codec_stream_->SendHeaders(head, body ? End::kNo : End::kYes);
  if (may_send_body() && (!pending_.empty() || (body && request_ended_)))
    codec_stream_->BodyReady();
  connection_->WantWrite();
}

const Headers& Attempt::RequestHead() {
  const Headers& request = state_.request_headers();
  const bool http2 = connection_->protocol() == HttpProtocol::kHttp2;
  if (upgrade_ == nullptr || upgrade_->form == UpgradeForm::kConnect) return request;
  const bool key_due = !http2 && absl::EqualsIgnoreCase(upgrade_->type, "websocket") &&
                       !request.Has(HeaderId::kSecWebsocketKey);
  if (!http2 && !key_due) return request;
  Arena& arena = state_.request_headers().arena();
  Headers& head = *arena.New<Headers>(arena);
  head.CopyFrom(request);
  if (http2) {
    MakeExtendedConnect(head, upgrade_->type);
  } else {
    const WebSocketKey key = MakeWebSocketKey(worker_.random);
    made_key_ = state_.arena().Copy({key.data(), key.size()});
    head.AddReference(HeaderId::kSecWebsocketKey, made_key_);
  }
  return head;
}

void Attempt::OnPoolFailure(PoolFailure failure, absl::string_view reason) {
  done_ = true;
  LeaveUpgradePlace();
  info_.upstream_transport_failure_reason = state_.arena().Copy(reason);
  DropPending();
  const bool overflow = failure == PoolFailure::kOverflow;
  if (!overflow) CountHostError();
  if (!overflow && cluster_.outliers() != nullptr) cluster_.outliers()->OnBroken(host_);
  owner_.OnAttemptFailed(
      {.kind = overflow ? AttemptFailure::Kind::kOverflow : AttemptFailure::Kind::kNoConnection});
}

// ---- The response comes in.

Headers& Attempt::BeginHeaders(HeadersKind kind) {
  switch (kind) {
    case HeadersKind::kHead:
      return state_.response_headers();
    case HeadersKind::kTrailers:
      return state_.response_trailers();
    case HeadersKind::kInformational:
      break;
  }
  if (informational_ == nullptr) informational_ = state_.arena().New<Headers>(state_.arena());
  informational_->Clear();
  return *informational_;
}

void Attempt::OnHeaders(Headers& headers, End end) {
  response_started_ = true;
  info_.response_start = worker_.loop.now();
  info_.upstream_header_bytes_received = headers.byte_size();
  uint32_t code = 0;
  for (const char digit : headers.Get(HeaderId::kStatus)) code = code * 10 + (digit - '0');
  CountResponse(headers, code);
  const BalancerSpec& balancer = cluster_.spec().settings->balancer;
  if (balancer.policy == BalancerPolicy::kPeakEwma) {
    NoteLatency(connection_->host(), balancer.peak_ewma, info_.response_start - started_,
                info_.response_start);
  }
  if (headers.Has(HeaderId::kXEnvoyImmediateHealthCheckFail)) CountOut(host_);
  if (upgrade_ != nullptr && !TakeUpgradeAnswer(headers, code)) return;
  if (headers.Has(HeaderId::kConnection) && ListsToken(headers, HeaderId::kConnection, "close"))
    stats().cx_close_notify.Add(worker_.stats);
  if (tunnel_) return OpenTunnel(end);
  response_ended_ = end == End::kYes;
  if (response_ended_) info_.response_end = info_.response_start;
  owner_.OnAttemptHeaders(end);
}

// Whatever the connection speaks, an accepted upgrade is answered by 101 from here on, and by 2xx
// where it was CONNECT. Any other answer is a refusal, which is the client's to read. False: the
// attempt has failed.
bool Attempt::TakeUpgradeAnswer(Headers& headers, uint32_t code) {
  if (upgrade_->form == UpgradeForm::kConnect) {
    tunnel_ = code / 100 == 2;
  } else if (connection_->protocol() != HttpProtocol::kHttp2) {
    tunnel_ = code == 101;
    if (tunnel_ && !made_key_.empty() && !CheckMadeKey(headers)) return false;
  } else if (code / 100 == 2) {
    tunnel_ = true;
    TakeExtendedConnectAnswer(headers, upgrade_->type);
    const Header* const key = state_.request_headers().Find(HeaderId::kSecWebsocketKey);
    if (key != nullptr) {
      const WebSocketAccept accept = WebSocketAcceptOf(key->value);
      headers.Set(HeaderId::kSecWebsocketAccept, {accept.data(), accept.size()});
    }
  }
  if (!tunnel_) LeaveUpgradePlace();
  return true;
}

bool Attempt::CheckMadeKey(Headers& headers) {
  std::string offered;
  for (const Header& header : state_.request_headers()) {
    if (header.id == HeaderId::kSecWebsocketProtocol) absl::StrAppend(&offered, header.value, ",");
  }
  if (CheckWebSocketResponse(headers, made_key_, offered) != HandshakeError::kNone) {
    tunnel_ = false;
    FailAtOnce(AttemptFailure::Kind::kProtocolError);
    return false;
  }
  headers.Remove(HeaderId::kSecWebsocketAccept);
  return true;
}

void Attempt::OpenTunnel(End end) {
  connection_->OnTunnelOpened();
  owner_.OnAttemptHeaders(End::kNo);
  if (done_) return;
  if (!pending_.empty() || request_ended_) {
    codec_stream_->BodyReady();
    connection_->WantWrite();
  }
  if (end == End::kNo) return;
  Buffer none(worker_.slabs);
  OnData(none, End::kYes);
}

void Attempt::OnInformational(Headers& headers) { owner_.OnAttemptInformational(headers); }

void Attempt::OnData(Buffer& data, End end) {
  if (end == End::kYes) {
    response_ended_ = true;
    info_.response_end = worker_.loop.now();
  }
  owner_.OnAttemptData(data, end);
}

void Attempt::OnTrailers(Headers& trailers) {
  response_ended_ = true;
  info_.response_end = worker_.loop.now();
  owner_.OnAttemptTrailers();
}

void Attempt::OnReset(StreamReset reset, ResetCode code) {
  if (done_) return;
  // RFC 9113 section 8.1: a whole answer, and the host wants no more of the request.
  if (response_ended_ && !tunnel_) return OnComplete();
  done_ = true;
  LeaveUpgradePlace();
  AttemptFailure failure{.kind = KindOf(reset), .code = code};
  failure.stale_connection =
      reset == StreamReset::kConnection && connection_->reused() && !response_started_;
  failure.replayable = !body_sent_;
  // Neither a race with the end of an idle connection nor the end of a tunnel says much of a host.
  const bool hosts_fault = reset != StreamReset::kLocal && !failure.stale_connection && !tunnel_;
  if (hosts_fault) CountHostError();
  if (hosts_fault && cluster_.outliers() != nullptr) cluster_.outliers()->OnBroken(host_);
  failure.request_sent = head_sent_;
  // An end of the connection is counted as one by the pool.
  if (reset == StreamReset::kPeer || reset == StreamReset::kRefused)
    stats().rq_rx_reset.Add(worker_.stats);
  state_.response_gauge().SetSource(nullptr);
  connection_->CountEndedStream();
  if (reset == StreamReset::kRefused) connection_->StepBack();
  Release();
  owner_.OnAttemptFailed(failure);
}

// Both messages are complete, or the response is and no one needs the rest of the request.
void Attempt::OnComplete() {
  if (done_) return;
  done_ = true;
  LeaveUpgradePlace();
  stats().rq_completed.Add(worker_.stats);
  const auto elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(worker_.loop.now() - started_);
  stats().rq_time.Record(worker_.stats, static_cast<uint64_t>(elapsed.count()));
  if (abandoned_) return Release();
  state_.response_gauge().SetSource(nullptr);
  DropPending();
  Release();
  owner_.OnAttemptComplete();
}

// ---- The request goes out.

BodyState Attempt::FillBody(Buffer& out, size_t bytes_max) {
  const size_t bytes = std::min(pending_.size(), bytes_max);
  body_sent_ |= bytes > 0;
  out.MoveFrom(pending_, bytes);
  state_.request_gauge().Subtract(bytes);
  if (!pending_.empty() || !request_ended_) return BodyState::kMore;
  info_.upstream_request_end = worker_.loop.now();
  request_sent_ = true;
  return request_trailers_ != nullptr ? BodyState::kTrailers : BodyState::kEnd;
}

void Attempt::DropPending() {
  if (pending_.empty()) return;
  state_.request_gauge().Subtract(pending_.size());
  pending_.Clear();
}

// The connection may go on, the attempt does not.
void Attempt::FailAtOnce(AttemptFailure::Kind kind, HandshakeError handshake) {
  Stop();
  owner_.OnAttemptFailed({.kind = kind,
                          .handshake = handshake,
                          .replayable = !body_sent_,
                          .request_sent = head_sent_});
}

void Attempt::Release() {
  KeepLocalAddress();
  if (tunnel_) connection_->OnTunnelEnded();
  tunnel_ = false;
  connection_ = nullptr;
  codec_stream_ = nullptr;
}

}  // namespace sluice
