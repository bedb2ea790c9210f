// ConnectionManager: one downstream HTTP connection: its socket, its codec, its streams, its
// timeouts, its drain. Made by its listener through ConnectionManagerFactory.
//
// Which HTTP is spoken shows with the first bytes: by ALPN, by HTTP/2's preface, or as configured.
// Until then there is no codec. An error in one stream of HTTP/2 is that stream's own; one of
// HTTP/1 is the connection's.
//
// On its worker, owned by its listener. Streams live in slots of the worker and are retired by
// OnStreamFinished; the connection ends by exactly one OnDownstreamClosed to its owner.
#pragma once

#include <cstdint>
#include <memory>

#include "source/base/intrusive_list.h"
#include "source/event/timer.h"
#include "source/http/codec.h"
#include "source/http/keep_alive.h"
#include "source/http/protocol_detect.h"
#include "source/http/stream_info.h"
#include "source/net/connection.h"
#include "source/proxy/connection_manager_config.h"
#include "source/proxy/failure_table.h"
#include "source/proxy/proxy_worker.h"
#include "source/sdk/downstream.h"

namespace sluice {

class Stream;

class ConnectionManager final : public Downstream, private ConnectionHandler, private ServerEvents {
 public:
  ConnectionManager(DownstreamArgs args, ProxyWorker& worker,
                    std::shared_ptr<const ConnectionManagerConfig> config);
  ~ConnectionManager() override;

  // Downstream.
  void Start() override;
  void StartDrain() override;
  void EndRequests() override;
  void EndTunnels() override;
  void CloseNow() override;
  void Describe(StreamInfo& info) const override;
  Load load() override;

  // For its streams.
  const ConnectionManagerConfig& config() const { return *config_; }
  ProxyWorker& worker() { return worker_; }
  const DownstreamFacts& facts() const { return facts_; }
  size_t stream_buffer_bytes_max() const { return stream_buffer_bytes_max_; }  // in each direction
  HttpProtocol protocol() const { return codec_->protocol(); }
  CodecError codec_error() const { return codec_->error(); }
  CodecError message_error() const { return codec_->message_error(); }
  bool multiplexes() const { return http2_ != nullptr; }
  void WantWrite() { connection_.WantWrite(); }
  void OnStreamFinished(Stream& stream);
  // HTTP/1: the connection is the stream's tunnel now, of which each end closes its own side.
  void OnTunnelOpened() {
    if (http2_ == nullptr) connection_.AllowHalfClose();
  }
  // A stream waits for its last bytes to be pulled before it is reset.
  void ExpectAbort() { aborts_expected_ = true; }
  // A stream was cut off in the middle of its response: with HTTP/1 the connection has to go.
  void CloseAfterReset();

 private:
  static constexpr MonotonicTime kNever = MonotonicTime::max();
  // Of connections that carry many streams at once.
  struct Http2Side {
    KeepAlive keep_alive;
    MonotonicTime final_goaway_at = kNever;  // when draining
  };

  void OnBytes(Buffer& in, End end) override;
  void FillOutput(Buffer& out, size_t bytes_max) override;
  bool AwaitsBytes() const override;
  void OnConnectionClosed(CloseCause cause) override;
  StreamEvents& OnNewStream(CodecStream& codec_stream) override;
  StreamEvents* OnBadRequest(CodecStream* codec_stream, CodecError error) override;

  bool ChooseCodec(Buffer& in);
  void MakeCodec(DetectedProtocol protocol);
  Stream& NewStream();
  void AbortDrainedStreams(Buffer& out, size_t bytes_max);
  void OnOutputError();
  void RejectMessage(Failure failure, absl::string_view detail);
  void CloseIfDone();
  void CloseGracefully();
  void AbandonStreams();
  void DropLeavingStreams();
  void CountBytes();
  void CountClosed(CloseCause cause);
  MonotonicTime LifetimeDeadline() const;
  void ArmTimer();
  void OnTimer();
  void OnHeadTimeout();
  bool OnHttp2Time(MonotonicTime now);
  void StartGoAway();

  ProxyWorker& worker_;
  DownstreamOwner& owner_;
  const std::shared_ptr<const ConnectionManagerConfig> config_;
  Connection connection_;
  std::unique_ptr<Codec> codec_;
  std::unique_ptr<Http2Side> http2_;  // none: HTTP/1, or not known yet
  IntrusiveList<Stream> streams_;
  Timer timer_;
  MonotonicTime head_deadline_ = kNever;  // the head that is coming in
  MonotonicTime idle_deadline_ = kNever;  // no stream is open
  const MonotonicTime opened_;
  const uint32_t stream_buffer_bytes_max_;
  uint64_t bytes_in_ = 0;  // as counted so far
  uint64_t bytes_out_ = 0;
  uint32_t requests_ = 0;
  [[no_unique_address]] DownstreamFacts facts_;  // the next fields use its padding
  bool aborts_expected_ = false;                 // of some stream, since output was last pulled
  bool draining_ = false;
  bool lifetime_over_ = false;  // connection_duration_max has passed
  bool closed_ = false;
  bool owner_waits_ = false;  // closed, and a stream is still leaving: the owner is told after it
  CloseCause close_cause_ = CloseCause::kLocal;
};

// Makes the connection managers of one configured filter chain.
class ConnectionManagerFactory final : public DownstreamFactory {
 public:
  // `workers` by worker index; the main thread's last. Outlives the factory, as the array does.
  ConnectionManagerFactory(std::shared_ptr<const ConnectionManagerConfig> config,
                           const std::vector<ProxyWorker*>& workers)
      : config_(std::move(config)), workers_(workers) {}
  std::unique_ptr<Downstream> Create(DownstreamArgs args) const override {
    ProxyWorker& worker = *workers_[args.worker.index];
    return std::make_unique<ConnectionManager>(std::move(args), worker, config_);
  }

 private:
  std::shared_ptr<const ConnectionManagerConfig> config_;
  const std::vector<ProxyWorker*>& workers_;
};

}  // namespace sluice
