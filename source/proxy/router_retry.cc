// The part of Router that tries a request again: when retry.h says so, after a wait, within the
// cluster's limit of retries, from what request_replay.h has kept of it.
#include <algorithm>
#include <optional>
#include <utility>

#include "source/event/timer.h"
#include "source/proxy/request_replay.h"
#include "source/proxy/retry.h"
#include "source/proxy/router.h"
#include "source/route/virtual_host.h"
#include "source/upstream/original_dst.h"

namespace sluice {
namespace {

const RetryPolicy& NoPolicy() {
  static const RetryPolicy policy;
  return policy;
}

TryEnd EndOf(AttemptFailure::Kind kind) {
  switch (kind) {
    case AttemptFailure::Kind::kNoConnection:
      return TryEnd::kNoConnection;
    case AttemptFailure::Kind::kOverflow:
      return TryEnd::kOverflow;
    case AttemptFailure::Kind::kRefused:
      return TryEnd::kRefused;
    default:
      return TryEnd::kReset;
  }
}

// A host that was tried, in the order of the latest first.
struct TriedHost {
  absl::string_view address;
  const TriedHost* next;
};

}  // namespace

struct Router::Retries {
  Retries(Router& router, const RetryRules& rules, size_t replay_bytes_max)
      : rules(rules),
        replay(router.worker_.context().slabs, replay_bytes_max),
        back_off(router.worker_.context().loop, &router, kMethod<&Router::StartRetry>),
        try_timer(router.worker_.context().loop, &router, kMethod<&Router::OnTryTimeout>),
        idle_timer(router.worker_.context().loop, &router, kMethod<&Router::OnTryIdle>) {
    if (rules.on.empty()) replay.GiveUp();
  }
  ~Retries() { ReleasePlace(); }

  // Its place under the cluster's limit: from the decision until what the retry came to is known.
  void ReleasePlace() {
    if (breaker != nullptr) breaker->Release(priority, BreakerResource::kRetries);
    breaker = nullptr;
  }

  const RetryRules rules;
  RequestReplay replay;
  Timer back_off, try_timer, idle_timer;
  std::shared_ptr<CircuitBreaker> breaker;  // null: no retry goes on
  RoutePriority priority = RoutePriority::kDefault;
  const TriedHost* tried = nullptr;
  uint32_t count = 0;
  bool sending = false;  // the try has a connection
  bool after_timeout = false;
};

Router::Router(const RouterConfig& config, ProxyWorker& worker, ResponseSink& sink)
    : config_(config), worker_(worker), sink_(sink), info_(sink.info()) {}

Router::~Router() = default;

const ClusterStats* Router::stats() {
  WorkerCluster* const cluster = worker_.clusters().Find(info_.upstream_cluster);
  return cluster == nullptr ? nullptr : &cluster->spec().stats;
}

// ---- What is kept of the request.

// Returns what is left of the timeout for a host: a try's own, where it has one.
Duration Router::MakeRetries(const ClusterAction& action, Duration timeout) {
  Headers& request = sink_.request_headers();
  const RetryPolicy& policy = action.retry == nullptr ? NoPolicy() : *action.retry;
  const RetryRules rules = MakeRetryRules(policy, request, timeout);
  RemoveRetryHeaders(request);
  const bool timed =
      rules.per_try_timeout > Duration{0} || policy.per_try_idle_timeout > Duration{0};
  if ((rules.on.empty() && !timed) || EndsHere(action)) return timeout;
  size_t bytes_max = sink_.request_gauge().bytes_max();
  const std::optional<uint32_t> asked = sink_.route()->replay_bytes_max;
  if (asked.has_value()) bytes_max = std::min<size_t>(bytes_max, *asked);
  retries_.reset(sink_.arena().New<Retries>(*this, rules, bytes_max));
  retries_->priority = action.priority;
  return rules.per_try_timeout > Duration{0} ? rules.per_try_timeout : timeout;
}

void Router::NoteTry(const Host& host, End end) {
  Buffer nothing(worker_.context().slabs);
  retries_->replay.Keep(nothing, end);
  NoteTried(host);
}

void Router::NoteTried(const Host& host) {
  if (!retries_->rules.policy.other_hosts) return;
  char text[Address::kTextBytesMax];
  const absl::string_view address = sink_.arena().Copy({text, host.address().WriteText(text)});
  retries_->tried = sink_.arena().New<TriedHost>(TriedHost{address, retries_->tried});
}

bool Router::WasTried(const Host& host) const {
  char text[Address::kTextBytesMax];
  const absl::string_view address(text, host.address().WriteText(text));
  for (const TriedHost* tried = retries_->tried; tried != nullptr; tried = tried->next) {
    if (tried->address == address) return true;
  }
  return false;
}

// True: nobody is there to send it to, between two tries.
bool Router::KeepForRetry(Buffer& data, End end) {
  if (attempt_ == nullptr) {
    retries_->replay.Hold(data, end);
    return true;
  }
  if (!retries_->replay.Keep(data, end)) {
    if (const ClusterStats* const counts = stats())
      counts->retry_or_shadow_abandoned.Add(worker_.context().stats);
  }
  ArmIdleTimer();
  if (end == End::kYes) ArmTryTimer();
  return false;
}

void Router::KeepForRetry(Headers& trailers) {
  retries_->replay.KeepTrailers(trailers);
  if (attempt_ == nullptr) return;
  ArmTryTimer();
  ArmIdleTimer();
}

// ---- The time of a try.

// As in Envoy: a try's time runs from when it has a connection and the request has come whole,
// until its answer begins; the time in which it may be idle goes on to the end of that.
void Router::OnAttemptSending() {
  if (retries_ == nullptr) return;
  retries_->sending = true;
  ArmTryTimer();
  ArmIdleTimer();
}

// From here on it is the host that is waited for.
bool Router::TryRuns() const {
  // What follows a request to upgrade is not its body.
  const bool whole = retries_->replay.ended() || sink_.upgrade() != nullptr;
  return retries_->sending && whole;
}

void Router::ArmTryTimer() {
  const Duration timeout = retries_->rules.per_try_timeout;
  if (timeout > Duration{0} && TryRuns() && !response_started_) retries_->try_timer.Arm(timeout);
}

void Router::ArmIdleTimer() {
  const Duration timeout = retries_->rules.policy.per_try_idle_timeout;
  if (timeout > Duration{0} && TryRuns()) retries_->idle_timer.Arm(timeout);
}

void Router::NoteProgress(End end) {
  if (end == End::kNo) return ArmIdleTimer();
  retries_->sending = false;
  retries_->try_timer.Disarm();
  retries_->idle_timer.Disarm();
}

void Router::OnTryTimeout() {
  if (const ClusterStats* const counts = stats())
    counts->rq_per_try_timeout.Add(worker_.context().stats);
  OnTryTooLong(Failure::kPerTryTimeout);
}

void Router::OnTryIdle() {
  if (const ClusterStats* const counts = stats())
    counts->rq_per_try_idle_timeout.Add(worker_.context().stats);
  OnTryTooLong(Failure::kPerTryIdleTimeout);
}

void Router::OnTryTooLong(Failure failure) {
  attempt_->CountTimeout();
  const bool retriable =
      !response_started_ && IsRetriable(retries_->rules, TryEnd::kTimeout, RequestSent::kYes);
  if (!retriable || !TakeRetry()) return Fail(failure);
  retries_->after_timeout = true;
  Postpone(NextBackOff());
}

// ---- Another try.

// auto_host_rewrite, for another host than the first.
void Router::NameHost(const Host& host) {
  const HostRewrite& rewrite = sink_.route()->cluster_action()->host_rewrite;
  if (weighted_ != nullptr && !weighted_->host_rewrite_literal.empty()) return;
  if (rewrite.kind != HostRewrite::Kind::kUpstream || host.facts().hostname.empty()) return;
  SetHost(sink_.request_headers(), host.facts().hostname, ForwardedHost::kOmit,
          OriginalHeaders::kOmit);
}

// With what the last one still holds.
void Router::StartNextAttempt(WorkerCluster& cluster, Host& host) {
  if (retries_ != nullptr) {
    NoteProgress(End::kYes);
    NoteTried(host);
  }
  NameHost(host);
  MatchScheme(cluster, host);
  failed_attempt_ = std::move(attempt_);
  attempt_.reset(
      sink_.arena().New<Attempt>(static_cast<AttemptOwner&>(*this), sink_, cluster, host));
  attempt_->TakeOver(*failed_attempt_);
  attempt_->Start(sink_.route()->cluster_action()->priority, PoolKeyFor(cluster.spec()));
}

bool Router::RetryAfterResponse(End end) {
  const Headers& response = sink_.response_headers();
  const bool tunnel = sink_.upgrade() != nullptr && response.Get(HeaderId::kStatus) < "300";
  const bool retriable = !tunnel && IsRetriable(retries_->rules, response);
  if (retriable && TakeRetry()) {
    WorkerContext& context = worker_.context();
    const std::optional<Duration> asked =
        AskedBackOff(retries_->rules.policy, response, context.loop.wall_now(), context.random);
    const ClusterStats* const counts = stats();
    if (asked.has_value() && counts != nullptr)
      counts->rq_retry_backoff_ratelimited.Add(context.stats);
    Postpone(asked.has_value() ? *asked : NextBackOff());
    return true;
  }
  if (!retriable && retries_->breaker != nullptr) {
    if (const ClusterStats* const counts = stats())
      counts->rq_retry_success.Add(worker_.context().stats);
  }
  retries_->ReleasePlace();
  retries_->replay.GiveUp();
  retries_->try_timer.Disarm();
  NoteProgress(tunnel ? End::kYes : end);
  return false;
}

bool Router::RetryAfterFailure(const AttemptFailure& failure) {
  const RequestSent sent = failure.request_sent ? RequestSent::kYes : RequestSent::kNo;
  const bool retriable =
      !response_started_ && IsRetriable(retries_->rules, EndOf(failure.kind), sent);
  if (!retriable || !TakeRetry()) return false;
  Postpone(NextBackOff());
  return true;
}

// Whether there may be one more; says in the flags why not.
bool Router::TakeRetry() {
  retries_->ReleasePlace();
  WorkerCluster* const cluster = worker_.clusters().Find(info_.upstream_cluster);
  if (cluster == nullptr || !retries_->replay.whole()) return false;
  const ClusterStats& counts = cluster->spec().stats;
  StatCells& cells = worker_.context().stats;
  if (retries_->count >= retries_->rules.retries_max) {
    counts.rq_retry_limit_exceeded.Add(cells);
    info_.flags.Set(ResponseFlag::kUpstreamRetryLimitExceeded);
    return false;
  }
  if (!cluster->breaker().TryAcquire(retries_->priority, BreakerResource::kRetries)) {
    counts.rq_retry_overflow.Add(cells);
    info_.flags.Set(ResponseFlag::kUpstreamOverflow);
    return false;
  }
  retries_->breaker = cluster->PinBreaker();
  ++retries_->count;
  retries_->after_timeout = false;
  counts.rq_retry.Add(cells);
  return true;
}

Duration Router::NextBackOff() {
  if (const ClusterStats* const counts = stats())
    counts->rq_retry_backoff_exponential.Add(worker_.context().stats);
  return BackOff(retries_->rules.policy, retries_->count, worker_.context().random);
}

void Router::Postpone(Duration wait) {
  NoteProgress(End::kYes);
  failed_attempt_ = std::move(attempt_);
  failed_attempt_->Abandon();
  retries_->back_off.Arm(wait);
}

void Router::StartRetry() {
  WorkerCluster* const cluster = worker_.clusters().Find(info_.upstream_cluster);
  Host* const host = cluster == nullptr ? nullptr : PickRetryHost(*cluster);
  if (host == nullptr) return Fail(Failure::kNoHealthyHost);
  Headers& request = sink_.request_headers();
  ++info_.attempts;
  info_.upstream_transport_failure_reason = {};
  SetAttemptCount();
  if (sink_.route()->virtual_host->timeout_retry_in_request) {
    request.SetReference(HeaderId::kXEnvoyIsTimeoutRetry,
                         retries_->after_timeout ? "true" : "false");
  }
  NameHost(*host);
  sink_.response_headers().Clear();
  NoteTried(*host);
  SendAgain(*cluster, *host);
}

// Among those that have the metadata which the route asks for.
Host* Router::PickHost(WorkerCluster& cluster, uint64_t hash) {
  if (cluster.spec().settings->original_dst.has_value())
    return PickOriginalHost(cluster, &sink_.request_headers(), info_.downstream);
  const MetadataMatch& metadata = weighted_ != nullptr
                                      ? weighted_->metadata_match
                                      : sink_.route()->cluster_action()->metadata_match;
  return cluster.PickHost(hash, &metadata);
}

// Of a balancer that goes by the request's hash each further question is about another hash.
Host* Router::PickRetryHost(WorkerCluster& cluster) {
  constexpr uint64_t kGoldenRatio = 0x9E3779B97F4A7C15u;
  const RetryPolicy& policy = retries_->rules.policy;
  const uint32_t picks = policy.other_hosts ? 1 + policy.host_picks_more : 1;
  Host* host = nullptr;
  for (uint32_t i = 0; i < picks; ++i) {
    host = PickHost(cluster, hash_ + i * kGoldenRatio);
    if (host == nullptr || !WasTried(*host)) break;
  }
  return host;
}

void Router::SendAgain(WorkerCluster& cluster, Host& host) {
  RequestReplay& replay = retries_->replay;
  attempt_.reset(
      sink_.arena().New<Attempt>(static_cast<AttemptOwner&>(*this), sink_, cluster, host));
  Buffer body(worker_.context().slabs);
  if (!replay.Give(body, sink_.request_gauge()))
    cluster.spec().stats.retry_or_shadow_abandoned.Add(worker_.context().stats);
  if (!body.empty()) attempt_->SendData(body, End::kNo);
  if (replay.trailers() != nullptr) {
    attempt_->SendTrailers(*replay.trailers());
  } else if (replay.ended()) {
    attempt_->EndRequest();
  }
  attempt_->Start(retries_->priority, PoolKeyFor(cluster.spec()));
}

void Router::StopRetries() {
  NoteProgress(End::kYes);
  retries_->back_off.Disarm();
  retries_->ReleasePlace();
  retries_->replay.Drop(sink_.request_gauge());
}

}  // namespace sluice
