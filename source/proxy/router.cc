#include "source/proxy/router.h"

#include <charconv>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "source/http/message_rules.h"
#include "source/proxy/retry.h"
#include "source/route/virtual_host.h"

namespace sluice {
namespace {

constexpr absl::string_view kViaUpstream = "via_upstream";

Failure FailureOf(AttemptFailure::Kind kind) {
  switch (kind) {
    case AttemptFailure::Kind::kNoConnection:
      return Failure::kConnectFailed;
    case AttemptFailure::Kind::kOverflow:
      return Failure::kOverflow;
    case AttemptFailure::Kind::kClosed:
      return Failure::kUpstreamClosed;
    case AttemptFailure::Kind::kReset:
      return Failure::kUpstreamReset;
    case AttemptFailure::Kind::kRefused:
      return Failure::kUpstreamRefused;
    case AttemptFailure::Kind::kProtocolError:
    case AttemptFailure::Kind::kBadHandshake:
    case AttemptFailure::Kind::kNoExtendedConnect:
      return Failure::kUpstreamProtocolError;
  }
  return Failure::kUpstreamReset;
}

// What a client whose response breaks off is told: the host's own reason, where that makes sense to
// it. Not that the request was never looked at, nor that all is well.
ResetCode DownstreamCode(ResetCode code) {
  const bool untrue = code == ResetCode::kNoError || code == ResetCode::kRefusedStream;
  return untrue ? ResetCode::kInternalError : code;
}

// The name that SNI and the certificate are about: the request's host without its port, as it goes
// out. None for an address (RFC 6066 section 3).
absl::string_view ServerNameOf(const Headers& request, absl::string_view header) {
  absl::string_view host;
  if (!header.empty()) {
    const Header* const found = request.Find(header);
    if (found != nullptr) host = found->value;
  }
  if (host.empty()) host = request.Get(HeaderId::kAuthority);
  if (absl::StartsWith(host, "[")) return {};
  host = host.substr(0, host.find(':'));
  return Address::FromIp(host, 0).ok() ? absl::string_view() : host;
}

// RFC 9110 section 9.2.2.
bool IsIdempotent(absl::string_view method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" ||
         method == "OPTIONS" || method == "TRACE";
}

absl::string_view IntegerText(Arena& arena, int64_t value) {
  char text[24];
  const std::to_chars_result end = std::to_chars(text, text + sizeof(text), value);
  return arena.Copy({text, static_cast<size_t>(end.ptr - text)});
}

int64_t Milliseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

}  // namespace

void Router::OnRequestHeaders(Headers& headers, End end) {
  const Route& route = *sink_.route();
  if (const ClusterAction* action = route.cluster_action()) return SendToCluster(*action, end);
  if (const auto* redirect = std::get_if<Redirect>(&route.action)) return SendRedirect(*redirect);
  SendDirectResponse(std::get<DirectResponse>(route.action));
}

void Router::OnRequestData(Buffer& data, End end) {
  if (retries_ != nullptr && KeepForRetry(data, end)) return;
  if (attempt_ != nullptr) return attempt_->SendData(data, end);
  if (tcp_attempt_ != nullptr) return tcp_attempt_->SendData(data, end);
  sink_.request_gauge().Subtract(data.size());
  data.Clear();
}

void Router::OnRequestTrailers(Headers& trailers) {
  if (retries_ != nullptr) KeepForRetry(trailers);
  if (attempt_ != nullptr) attempt_->SendTrailers(trailers);
  if (tcp_attempt_ != nullptr) tcp_attempt_->EndRequest();
}

void Router::Cancel() {
  if (!failing_ && info_.flags.Has(ResponseFlag::kUpstreamRequestTimeout)) {
    if (const ClusterStats* const counts = stats()) counts->rq_timeout.Add(worker_.context().stats);
    if (attempt_ != nullptr) attempt_->CountTimeout();
  }
  if (retries_ != nullptr) StopRetries();
  if (failed_attempt_ != nullptr) failed_attempt_->Cancel();
  if (attempt_ != nullptr) attempt_->Cancel();
  if (tcp_attempt_ != nullptr) tcp_attempt_->Cancel();
}

// ---- Answers of the route itself.

void Router::SendRedirect(const Redirect& redirect) {
  std::string& scratch = worker_.scratch();
  scratch.clear();
  redirect.AppendLocation(sink_.request_headers(), scratch);
  sink_.SendReply({.status = redirect.status,
                   .details = "direct_response",
                   .location = sink_.arena().Copy(scratch),
                   .header_edits = sink_.route()->response_edits});
}

void Router::SendDirectResponse(const DirectResponse& response) {
  sink_.SendReply({.status = response.status,
                   .body = response.body,
                   .details = "direct_response",
                   .content_type = response.content_type,
                   .header_edits = sink_.route()->response_edits});
}

// ---- To a cluster.

void Router::SendToCluster(const ClusterAction& action, End end) {
  const ClusterChoice choice = ChooseCluster(action, sink_.request_headers(), sink_.random_value());
  weighted_ = choice.weighted;
  WorkerCluster* const cluster = worker_.clusters().Find(choice.name);
  if (cluster == nullptr) return FailWithStatus(Failure::kNoCluster, action.cluster_not_found_code);
  info_.upstream_cluster = sink_.arena().Copy(cluster->spec().name);
  if (cluster->DropsRequest()) return Fail(Failure::kDropOverload);
  HashRequestBy(action.hash_policies);
  Host* const host = PickHost(*cluster, hash_);
  if (host == nullptr) return Fail(Failure::kNoHealthyHost);
  info_.attempts = 1;
  PrepareRequest(action, *host);
  MatchScheme(*cluster, *host);
  if (EndsHere(action)) {
    tcp_attempt_.reset(
        sink_.arena().New<TcpAttempt>(static_cast<AttemptOwner&>(*this), sink_, *cluster, *host));
    if (end == End::kYes) tcp_attempt_->EndRequest();
    return tcp_attempt_->Start(PoolKeyFor(cluster->spec()).server_name);
  }
  attempt_.reset(
      sink_.arena().New<Attempt>(static_cast<AttemptOwner&>(*this), sink_, *cluster, *host));
  if (end == End::kYes) attempt_->EndRequest();
  if (retries_ != nullptr) NoteTry(*host, end);
  attempt_->Start(action.priority, PoolKeyFor(cluster->spec()));
}

void Router::HashRequestBy(const std::vector<HashPolicy>& policies) {
  hash_ = sink_.random_value();
  if (policies.empty()) return;
  const RequestHash hash =
      HashRequest(policies, sink_.request_headers(), info_, sink_.arena(), worker_.scratch());
  hash_ = hash.value.value_or(hash_);
  cookies_ = hash.cookies;
}

// Whether the host gets the tunnel's bytes, and no HTTP.
bool Router::EndsHere(const ClusterAction& action) const {
  if (!action.connect.has_value()) return false;
  const UpgradeRequest* const upgrade = sink_.upgrade();
  if (upgrade != nullptr) return upgrade->form == UpgradeForm::kConnect;
  return action.connect->allow_post && sink_.request_headers().Get(HeaderId::kMethod) == "POST";
}

// Which of the host's connections the request may take.
PoolKey Router::PoolKeyFor(const ClusterSpec& spec) {
  PoolKey key{.protocol = spec.settings->protocol};
  if (spec.settings->protocol == UpstreamProtocol::kUseDownstream) {
    const bool http2 = info_.protocol == HttpProtocol::kHttp2;
    key.protocol = http2 ? UpstreamProtocol::kHttp2 : UpstreamProtocol::kHttp1;
  }
  if (http1_only_) key.protocol = UpstreamProtocol::kHttp1;
  if (AnyTransport(spec) && (spec.settings->auto_sni || spec.settings->auto_san_validation)) {
    key.server_name = ServerNameOf(sink_.request_headers(), spec.settings->auto_sni_header);
  }
  return key;
}

// Turns the client's request into the one that goes to the host: route's rewrites and edits, and
// the hop-by-hop headers taken off (RFC 9110 section 7.6.1).
void Router::PrepareRequest(const ClusterAction& action, const Host& host) {
  Headers& request = sink_.request_headers();
  std::string& scratch = worker_.scratch();
  RemoveHopByHop(request);
  const UpgradeRequest* const upgrade = sink_.upgrade();
  if (upgrade != nullptr && upgrade->form != UpgradeForm::kConnect)
    SetUpgradeFields(upgrade->type, request);
  const Route& route = *sink_.route();
  if (route.EditsRequest(weighted_)) {
    ApplyRequestEdits(route, weighted_, request, {.info = info_, .request = &request}, scratch);
  }
  const OriginalHeaders original =
      config_.suppress_envoy_headers ? OriginalHeaders::kOmit : OriginalHeaders::kSet;
  const ForwardedHost forwarded =
      action.append_x_forwarded_host ? ForwardedHost::kAppend : ForwardedHost::kOmit;
  if (weighted_ != nullptr && !weighted_->host_rewrite_literal.empty()) {
    SetHost(request, weighted_->host_rewrite_literal, forwarded, original);
  } else if (action.host_rewrite.kind == HostRewrite::Kind::kUpstream) {
    if (!host.facts().hostname.empty())
      SetHost(request, host.facts().hostname, forwarded, original);
  } else if (action.host_rewrite.kind != HostRewrite::Kind::kNone) {
    action.host_rewrite.Apply(request, forwarded, original, scratch);
  }
  if (action.path_rewrite.any() && request.Has(HeaderId::kPath))
    action.path_rewrite.Apply(request, original, scratch);
  ChooseTimeout(action);
  SetAttemptCount();
}

// Of every try: the next host may be reached in another way.
void Router::MatchScheme(const WorkerCluster& cluster, const Host& host) {
  if (!config_.scheme_matches_upstream) return;
  const bool secure = TransportOf(cluster.spec(), host.facts()) != nullptr;
  sink_.request_headers().SetReference(HeaderId::kScheme, secure ? "https" : "http");
}

void Router::ChooseTimeout(const ClusterAction& action) {
  Headers& request = sink_.request_headers();
  Duration timeout = action.timeout;
  uint32_t asked_ms = 0;
  const bool expected =
      config_.respect_expected_rq_timeout &&
      absl::SimpleAtoi(request.Get(HeaderId::kXEnvoyExpectedRqTimeoutMs), &asked_ms);
  if (expected || absl::SimpleAtoi(request.Get(HeaderId::kXEnvoyUpstreamRqTimeoutMs), &asked_ms)) {
    timeout = std::chrono::milliseconds(asked_ms);
    sink_.SetResponseTimeout(timeout);
  }
  if (action.retry != nullptr || HasRetryHeaders(request)) timeout = MakeRetries(action, timeout);
  if (config_.suppress_envoy_headers || timeout.count() == 0) return;
  request.SetReference(HeaderId::kXEnvoyExpectedRqTimeoutMs,
                       IntegerText(request.arena(), Milliseconds(timeout)));
}

// Of every try. As in Envoy, suppress_envoy_headers does not count.
void Router::SetAttemptCount() {
  if (!sink_.route()->virtual_host->attempt_count_in_request) return;
  sink_.request_headers().SetReference(
      HeaderId::kXEnvoyAttemptCount, IntegerText(sink_.request_headers().arena(), info_.attempts));
}

// ---- What became of it.

void Router::OnAttemptHeaders(End end) {
  if (retries_ != nullptr && RetryAfterResponse(end)) return;
  response_started_ = true;
  info_.response_code_details = kViaUpstream;
  FinishResponseHead();
  sink_.SendHeaders(end);
}

void Router::FinishResponseHead() {
  Headers& response = sink_.response_headers();
  // What the host answers to an upgrade, or asks for with a 426, is the client's to know.
  const absl::string_view upgraded =
      sink_.upgrade() == nullptr ? absl::string_view() : response.Get(HeaderId::kUpgrade);
  RemoveHopByHop(response);
  if (!upgraded.empty()) SetUpgradeFields(upgraded, response);
  const Route& route = *sink_.route();
  if (route.EditsResponse(weighted_)) {
    const FormatContext context{
        .info = info_, .request = &sink_.request_headers(), .response = &response};
    ApplyResponseEdits(route, weighted_, response, context, worker_.scratch());
  }
  for (const CookieToSet* cookie = cookies_; cookie != nullptr; cookie = cookie->next)
    response.AddReference(HeaderId::kSetCookie, cookie->value);
  if (config_.suppress_envoy_headers) return;
  const Duration elapsed = info_.response_start - info_.upstream_request_start;
  response.SetReference(HeaderId::kXEnvoyUpstreamServiceTime,
                        IntegerText(response.arena(), Milliseconds(elapsed)));
}

// The proxy has answered "expect: 100-continue" itself; other interim responses are the client's.
void Router::OnAttemptInformational(Headers& headers) {
  if (headers.Get(HeaderId::kStatus) == "100") return;
  RemoveHopByHop(headers);
  sink_.SendInformational(headers);
}

void Router::OnAttemptData(Buffer& data, End end) {
  if (retries_ != nullptr) NoteProgress(end);
  sink_.SendData(data, end);
}

void Router::OnAttemptTrailers() {
  if (retries_ != nullptr) NoteProgress(End::kYes);
  sink_.SendTrailers();
}

void Router::OnAttemptFailed(const AttemptFailure& failure) {
  if (failure.kind == AttemptFailure::Kind::kNoExtendedConnect && !http1_only_)
    return TryOverHttp1();
  if (failure.kind == AttemptFailure::Kind::kBadHandshake)
    return RefuseHandshake(failure.handshake);
  if (MayTryAgain(failure)) return TryAgain();
  if (retries_ != nullptr && RetryAfterFailure(failure)) return;
  reset_code_ = DownstreamCode(failure.code);
  if (failure.kind == AttemptFailure::Kind::kNoConnection) return FailToConnect();
  Fail(FailureOf(failure.kind));
}

// RFC 9112 section 9.3.1: a pooled connection may close at any time, and a client may then repeat
// an idempotent request by itself. Once, and only while nothing that was sent is lost.
// RFC 9113 section 8.7: what was refused unseen may be repeated whatever it is; not for ever, as a
// host may refuse all.
bool Router::MayTryAgain(const AttemptFailure& failure) const {
  constexpr uint16_t kTriesMax = 3;
  if (failure.kind == AttemptFailure::Kind::kRefused) {
    return failure.replayable && !response_started_ && info_.attempts < kTriesMax;
  }
  return failure.stale_connection && failure.replayable && info_.attempts == 1 &&
         IsIdempotent(sink_.request_headers().Get(HeaderId::kMethod));
}

void Router::TryAgain() {
  WorkerCluster* const cluster = worker_.clusters().Find(info_.upstream_cluster);
  Host* const host = cluster == nullptr ? nullptr : PickHost(*cluster, hash_);
  if (host == nullptr) return Fail(Failure::kUpstreamClosed);
  cluster->spec().stats.rq_retry.Add(worker_.context().stats);
  ++info_.attempts;
  SetAttemptCount();
  StartNextAttempt(*cluster, *host);
}

// Nothing was asked of a host yet, so it is no retry.
void Router::TryOverHttp1() {
  http1_only_ = true;
  WorkerCluster* const cluster = worker_.clusters().Find(info_.upstream_cluster);
  Host* const host = cluster == nullptr ? nullptr : PickHost(*cluster, hash_);
  if (host == nullptr) return Fail(Failure::kNoHealthyHost);
  StartNextAttempt(*cluster, *host);
}

// RFC 6455 sections 4.2.2 and 4.4: a client of another version is told which one is spoken here.
// RFC 9110 section 15.5.22: a 426 has an Upgrade.
void Router::RefuseHandshake(HandshakeError error) {
  static constexpr ReplyField kVersion[] = {{HeaderId::kUpgrade, "websocket"},
                                            {HeaderId::kSecWebsocketVersion, "13"}};
  Reply reply{.status = 400, .details = HandshakeErrorText(error)};
  if (error == HandshakeError::kVersion) {
    reply.status = 426;
    reply.fields = kVersion;
  }
  sink_.SendReply(reply);
}

// As Envoy: the transport's reason stands in the answer and in its details.
void Router::FailToConnect() {
  const FailureRow& row = RowOf(Failure::kConnectFailed);
  const absl::string_view reason = info_.upstream_transport_failure_reason;
  if (reason.empty()) return Fail(Failure::kConnectFailed);
  failing_ = true;
  info_.flags.Set(row.flag);
  std::string& scratch = worker_.scratch();
  scratch = absl::StrCat(row.body, ", transport failure reason: ", reason);
  const absl::string_view body = sink_.arena().Copy(scratch);
  scratch = absl::StrCat(absl::StripSuffix(row.detail, "}"), "|", reason, "}");
  sink_.SendReply({.status = row.status,
                   .body = body,
                   .details = sink_.arena().Copy(scratch),
                   .grpc_status = row.grpc_status});
}

absl::string_view Router::DetailAfterStart(absl::string_view detail) {
  constexpr absl::string_view kBefore = "upstream_reset_before_response_started";
  if (!absl::ConsumePrefix(&detail, kBefore)) return detail;
  std::string& scratch = worker_.scratch();
  scratch = absl::StrCat("upstream_reset_after_response_started", detail);
  return sink_.arena().Copy(scratch);
}

void Router::Fail(Failure failure) { FailWithStatus(failure, RowOf(failure).status); }

void Router::FailWithStatus(Failure failure, uint16_t status) {
  failing_ = true;
  const FailureRow& row = RowOf(failure);
  if (row.flag != ResponseFlag::kCount) info_.flags.Set(row.flag);
  if (response_started_) return sink_.Abort(DetailAfterStart(row.detail), reset_code_);
  static constexpr ReplyField kOverloaded[] = {{HeaderId::kXEnvoyOverloaded, "true"}};
  const bool says_so = failure == Failure::kOverflow && !config_.suppress_envoy_headers;
  sink_.SendReply({.status = status,
                   .body = row.body,
                   .details = row.detail,
                   .grpc_status = row.grpc_status,
                   .fields = says_so ? kOverloaded : absl::Span<const ReplyField>()});
}

}  // namespace sluice
