// TcpProxy: an accepted connection joined to one host, byte for byte: the end of a filter chain
// that is not HTTP. Chooses the cluster, connects, tries again as often as configured, then lets a
// ProxyTunnel carry both directions, or with tunneling_config an HttpTunnel; keeps time, counts and
// logs.
//
// On its worker, owned by its listener. It ends when both connections have; then, and not before,
// it calls OnDownstreamClosed, once. What a client sends before the host is connected waits in the
// tunnel, up to its limit. No host is asked before the client's TLS handshake is done.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "source/accesslog/access_log_type.h"
#include "source/event/timer.h"
#include "source/http/stream_info.h"
#include "source/net/connection.h"
#include "source/net/proxy_tunnel.h"
#include "source/proxy/attempt.h"
#include "source/proxy/http_tunnel.h"
#include "source/proxy/proxy_worker.h"
#include "source/proxy/tcp_proxy_config.h"
#include "source/sdk/downstream.h"
#include "source/upstream/host_connection.h"
#include "source/upstream/host_watch.h"

namespace sluice {

class TcpProxy final : public Downstream {
 public:
  TcpProxy(DownstreamArgs args, ProxyWorker& worker, std::shared_ptr<const TcpProxyConfig> config);
  ~TcpProxy() override;

  // Downstream.
  void Start() override;
  // As in Envoy: bytes have no end that a drain could wait for, so it is the connection's own.
  void StartDrain() override {}
  void EndRequests() override {}
  void EndTunnels() override;
  Load load() override { return {.tunnels = 1}; }
  void CloseNow() override { CloseBoth(); }
  void Describe(StreamInfo& info) const override;

  // For its HttpTunnel. Another host may be tried in the first of them.
  void OnTunnelFailed(AttemptFailure::Kind kind);
  void OnTunnelOpened();
  void OnTunnelMoved() { NoteFlow(); }
  void OnTunnelOver() { FinishIfOver(); }

 private:
  // The handler of one of the two connections.
  class TunnelEnd final : public ConnectionHandler {
   public:
    TunnelEnd(TcpProxy& proxy, TunnelSide side) : proxy_(proxy), side_(side) {}
    void OnConnected() override;
    void OnBytes(Buffer& in, End end) override { proxy_.OnBytes(side_, in, end); }
    void FillOutput(Buffer& out, size_t bytes_max) override {
      proxy_.FillOutput(side_, out, bytes_max);
    }
    void OnFlushed() override { proxy_.OnFlushed(side_); }
    void OnConnectionClosed(CloseCause cause) override;

   private:
    TcpProxy& proxy_;
    const TunnelSide side_;
  };

  void OnBytes(TunnelSide from, Buffer& in, End end);
  void FillOutput(TunnelSide to, Buffer& out, size_t bytes_max);
  void OnFlushed(TunnelSide side);
  void ConnectUpstream();
  void OnUpstreamConnected();
  void OnUpstreamClosed(CloseCause cause);
  void OnHostState();
  void OnDownstreamClosed(CloseCause cause);
  bool upstream_over() const;
  size_t WaitingBytes(TunnelSide to) const;
  bool Paused(TunnelSide from) const;
  void GiveUp(ResponseFlag flag);
  void CloseBoth();
  void FinishIfOver();

  bool CountDownstream();  // false: nothing has moved
  void NoteFlow();
  void ArmTimer();
  void OnTimer();
  StreamInfo Facts() const;
  void DescribeUpstream(StreamInfo& info, std::string& failure_reason);
  void WriteAccessLogs(AccessLogType type);

  StatCells& cells() { return worker_.context().stats; }
  MonotonicTime now() const { return worker_.context().loop.now(); }

  ProxyWorker& worker_;
  DownstreamOwner& owner_;
  const std::shared_ptr<const TcpProxyConfig> config_;
  TunnelEnd downstream_end_{*this, TunnelSide::kDownstream};
  TunnelEnd upstream_end_{*this, TunnelSide::kUpstream};
  Connection connection_;
  std::unique_ptr<HostConnection> upstream_;  // the last that was tried; kept for the log
  ProxyTunnel tunnel_;
  std::unique_ptr<HostWatch> watch_;  // of a cluster that closes connections to ill hosts
  std::unique_ptr<HttpTunnel> http_;  // in place of upstream_ and tunnel_
  DownstreamFacts facts_;
  Timer timer_;
  const MonotonicTime opened_;
  MonotonicTime last_active_{};  // zero: no time is to be idle yet
  MonotonicTime next_log_ = MonotonicTime::max();
  WallTime opened_wall_{};                        // for logs
  const std::string* cluster_name_ = nullptr;     // in config_; null: not found
  const char* termination_details_ = nullptr;     // CONNECTION_TERMINATION_DETAILS
  uint64_t bytes_received_ = 0, bytes_sent_ = 0;  // downstream
  uint32_t noted_rx_buffered_ = 0, noted_tx_buffered_ = 0;
  ResponseFlags flags_;
  uint32_t attempts_ = 0;
  CloseCause downstream_cause_ = CloseCause::kLocal;
  bool downstream_paused_ = false, upstream_paused_ = false;  // as counted
  bool downstream_closed_ = false;
  bool flushing_ = false;  // the client has gone, and the host is still to get what it has sent
  bool closing_ = false;   // both are being closed here
  bool finished_ = false;
};

// Makes the TCP proxies of one configured filter chain.
class TcpProxyFactory final : public DownstreamFactory {
 public:
  // `workers` by worker index; the main thread's last. Outlives the factory, as the array does.
  TcpProxyFactory(std::shared_ptr<const TcpProxyConfig> config,
                  const std::vector<ProxyWorker*>& workers)
      : config_(std::move(config)), workers_(workers) {}
  std::unique_ptr<Downstream> Create(DownstreamArgs args) const override {
    ProxyWorker& worker = *workers_[args.worker.index];
    return std::make_unique<TcpProxy>(std::move(args), worker, config_);
  }

 private:
  std::shared_ptr<const TcpProxyConfig> config_;
  const std::vector<ProxyWorker*>& workers_;
};

}  // namespace sluice
