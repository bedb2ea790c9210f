// Router: the request handler that sends a request to a cluster: route action, attempts, response.
// Ends every HTTP filter chain of an HTTP connection manager.
//
// One per stream, in its arena. Decides what a failed attempt means (retry.h) and maps it to a row
// of the failure table; the wire is the attempt's. Once a head has gone to the client there is no
// other try.
#pragma once

#include <memory>
#include <vector>

#include "source/proxy/attempt.h"
#include "source/proxy/failure_table.h"
#include "source/proxy/proxy_worker.h"
#include "source/proxy/request_hash.h"
#include "source/proxy/tcp_attempt.h"
#include "source/route/route_table.h"
#include "source/sdk/request_handler.h"

namespace sluice {

struct RouterConfig {
  bool suppress_envoy_headers = false;
  // x-envoy-expected-rq-timeout-ms of the proxy before this one replaces the route's timeout.
  bool respect_expected_rq_timeout = false;
  // :scheme is "https" to hosts that are spoken to over TLS, "http" to others.
  bool scheme_matches_upstream = false;
};

class Router final : public RequestHandler, private AttemptOwner {
 public:
  Router(const RouterConfig& config, ProxyWorker& worker, ResponseSink& sink);
  ~Router() override;

  void OnRequestHeaders(Headers& headers, End end) override;
  void OnRequestData(Buffer& data, End end) override;
  void OnRequestTrailers(Headers& trailers) override;
  void Cancel() override;

 private:
  struct Retries;  // what is kept where a request may be tried again

  void SendRedirect(const Redirect& redirect);
  void SendDirectResponse(const DirectResponse& response);
  void SendToCluster(const ClusterAction& action, End end);
  Host* PickHost(WorkerCluster& cluster, uint64_t hash);
  void HashRequestBy(const std::vector<HashPolicy>& policies);
  void PrepareRequest(const ClusterAction& action, const Host& host);
  void MatchScheme(const WorkerCluster& cluster, const Host& host);
  void ChooseTimeout(const ClusterAction& action);
  void SetAttemptCount();
  void FinishResponseHead();
  bool EndsHere(const ClusterAction& action) const;
  PoolKey PoolKeyFor(const ClusterSpec& spec);
  void Fail(Failure failure);
  void FailWithStatus(Failure failure, uint16_t status);
  void FailToConnect();
  void RefuseHandshake(HandshakeError error);
  absl::string_view DetailAfterStart(absl::string_view detail);
  bool MayTryAgain(const AttemptFailure& failure) const;
  void TryAgain();
  void TryOverHttp1();

  // As the route's policy says, or the request's headers: router_retry.cc.
  Duration MakeRetries(const ClusterAction& action, Duration timeout);
  bool KeepForRetry(Buffer& data, End end);
  void KeepForRetry(Headers& trailers);
  bool RetryAfterResponse(End end);
  bool RetryAfterFailure(const AttemptFailure& failure);
  bool TakeRetry();
  Duration NextBackOff();
  void Postpone(Duration wait);
  void StartRetry();
  Host* PickRetryHost(WorkerCluster& cluster);
  void SendAgain(WorkerCluster& cluster, Host& host);
  void StartNextAttempt(WorkerCluster& cluster, Host& host);
  void NameHost(const Host& host);
  void NoteTry(const Host& host, End end);
  void NoteTried(const Host& host);
  bool WasTried(const Host& host) const;
  void NoteProgress(End end);
  bool TryRuns() const;
  void ArmTryTimer();
  void ArmIdleTimer();
  void OnTryTimeout();
  void OnTryIdle();
  void OnTryTooLong(Failure failure);
  void StopRetries();
  const ClusterStats* stats();

  void OnAttemptSending() override;
  void OnAttemptHeaders(End end) override;
  void OnAttemptInformational(Headers& headers) override;
  void OnAttemptData(Buffer& data, End end) override;
  void OnAttemptTrailers() override;
  void OnAttemptComplete() override { sink_.EndTunnel(); }
  void OnAttemptFailed(const AttemptFailure& failure) override;

  const RouterConfig& config_;
  ProxyWorker& worker_;
  ResponseSink& sink_;
  StreamInfo& info_;  // the sink's
  const WeightedCluster* weighted_ = nullptr;
  ArenaPtr<Attempt> attempt_;
  ArenaPtr<TcpAttempt> tcp_attempt_;                  // instead
  ArenaPtr<Attempt> failed_attempt_;                  // it may still be in a frame below
  ResetCode reset_code_ = ResetCode::kInternalError;  // for a client whose response breaks off
  ArenaPtr<Retries> retries_;                         // null: there are none but for lost races
  uint64_t hash_ = 0;                                 // what the balancer goes by
  const CookieToSet* cookies_ = nullptr;              // for the response
  bool response_started_ = false;
  bool failing_ = false;     // what ends the request is found here
  bool http1_only_ = false;  // an upgrade that HTTP/2 does not take
};

class RouterFactory final : public RequestHandlerFactory {
 public:
  RouterFactory(RouterConfig config, const std::vector<ProxyWorker*>& workers)
      : config_(config), workers_(workers) {}
  ArenaPtr<RequestHandler> Create(ResponseSink& sink) const override {
    return ArenaPtr<RequestHandler>(
        sink.arena().New<Router>(config_, *workers_[sink.worker().index], sink));
  }

 private:
  const RouterConfig config_;
  const std::vector<ProxyWorker*>& workers_;
};

}  // namespace sluice
