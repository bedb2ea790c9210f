// HttpTunnel: the host's side of a TCP proxy whose host speaks HTTP: the client's bytes go inside
// of one request, CONNECT or POST, and the response's body is what comes back (tunneling_config).
//
// On its worker, owned by its TcpProxy, from the client's first byte to the end. The request is
// made anew for each host that is tried; until one has accepted it by 2xx, what the client sends
// waits here. The request's end is the client's FIN and the response's end the host's. With POST a
// response that ends ends both directions.
#pragma once

#include <memory>
#include <string>

#include "source/base/arena.h"
#include "source/base/buffer.h"
#include "source/base/flow_gauge.h"
#include "source/event/event_loop.h"
#include "source/net/connection.h"
#include "source/proxy/attempt.h"
#include "source/proxy/proxy_worker.h"
#include "source/proxy/tcp_proxy_config.h"
#include "source/sdk/request_handler.h"
#include "source/sdk/upgrade_request.h"

namespace sluice {

class TcpProxy;

class HttpTunnel final : private RequestState, private AttemptOwner, private EndOfTurnTask {
 public:
  HttpTunnel(TcpProxy& proxy, ProxyWorker& worker, const TunnelingConfig& config,
             Connection& client, size_t client_bytes_max);
  ~HttpTunnel();

  // `facts` are for header values with operators. May fail, or open, in the call. False: the name
  // that an operator gave is none, and no host will do.
  bool Connect(WorkerCluster& cluster, Host& host, const StreamInfo& facts);
  // As the handler of the client's connection.
  void OnBytes(Buffer& in, End end);
  void FillOutput(Buffer& out, size_t bytes_max);
  void OnClientClosed(CloseCause cause);
  void Cancel();

  bool over() const { return over_; }  // nothing goes to the host or comes from it any more
  size_t bytes_to_host() const { return request_gauge_.waiting_bytes(); }
  size_t bytes_to_client() const { return response_gauge_.waiting_bytes(); }
  bool client_paused() const { return request_gauge_.paused(); }
  bool host_paused() const { return response_gauge_.paused(); }
  // Of the last host that was tried; null: none was.
  const ClusterSpec* spec() const { return spec_.get(); }
  const StreamInfo& facts() const { return info_; }  // of the host's side

 private:
  bool MakeRequest(const WorkerCluster& cluster, const Host& host, const StreamInfo& facts);

  // RequestState.
  Headers& response_headers() override { return response_headers_; }
  Headers& response_trailers() override { return response_trailers_; }
  StreamInfo& info() override { return info_; }
  const UpgradeRequest* upgrade() override { return config_.use_post ? nullptr : &upgrade_; }
  Headers& request_headers() override { return request_headers_; }
  Arena& arena() override { return arena_; }
  WorkerContext& worker() override { return worker_.context(); }
  FlowGauge& request_gauge() override { return request_gauge_; }
  FlowGauge& response_gauge() override { return response_gauge_; }

  // AttemptOwner.
  void OnAttemptHeaders(End end) override;
  void OnAttemptInformational(Headers& headers) override {}
  void OnAttemptData(Buffer& data, End end) override;
  void OnAttemptTrailers() override;
  void OnAttemptComplete() override;
  void OnAttemptFailed(const AttemptFailure& failure) override;

  // What has come is on its way by then, as far as it may be: so it can be counted.
  void RunEndOfTurn() override;

  TcpProxy& proxy_;
  ProxyWorker& worker_;
  const TunnelingConfig& config_;
  Connection& client_;
  std::shared_ptr<const ClusterSpec> spec_;
  Arena arena_;
  StreamInfo info_;
  UpgradeRequest upgrade_;
  Headers request_headers_, response_headers_, response_trailers_;
  FlowGauge request_gauge_, response_gauge_;
  Buffer held_;  // from the client, before there is a tunnel
  Buffer to_client_;
  ArenaPtr<Attempt> attempt_;
  ArenaPtr<Attempt> failed_attempt_;  // it may still be in a frame below
  bool client_ended_ = false;
  bool client_closed_ = false;
  bool host_ended_ = false;
  bool end_passed_ = false;  // the client's connection was told to send it
  bool open_ = false;
  bool over_ = false;
};

}  // namespace sluice
