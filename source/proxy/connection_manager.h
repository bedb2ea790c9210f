// ConnectionManager: one downstream HTTP connection: its socket, its codec, its streams, its
// timeouts, its drain. Made by its listener through ConnectionManagerFactory.
//
// On its worker, owned by its listener. Streams live in slots of the worker and are retired by
// OnStreamFinished; the connection ends by exactly one OnDownstreamClosed to its owner.
#pragma once

#include <cstdint>
#include <memory>

#include "source/base/intrusive_list.h"
#include "source/event/timer.h"
#include "source/http/codec.h"
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
  void CloseNow() override;

  // For its streams.
  const ConnectionManagerConfig& config() const { return *config_; }
  ProxyWorker& worker() { return worker_; }
  const DownstreamFacts& facts() const { return facts_; }
  size_t stream_buffer_bytes_max() const { return stream_buffer_bytes_max_; }  // in each direction
  HttpProtocol protocol() const { return codec_->protocol(); }
  CodecError codec_error() const { return codec_->error(); }
  void WantWrite() { connection_.WantWrite(); }
  void OnStreamFinished(Stream& stream);
  // A stream was cut off in the middle of its response: with HTTP/1 the connection has to go.
  void CloseAfterReset();

 private:
  void OnBytes(Buffer& in, End end) override;
  void FillOutput(Buffer& out, size_t bytes_max) override;
  bool AwaitsBytes() const override;
  void OnConnectionClosed(CloseCause cause) override;
  StreamEvents& OnNewStream(CodecStream& codec_stream) override;

  Stream& NewStream();
  void RejectMessage(Failure failure, absl::string_view detail);
  void CloseIfDone();
  void AbandonStreams();
  void CountBytes();
  MonotonicTime LifetimeDeadline() const;
  void ArmTimer();
  void OnTimer();

  ProxyWorker& worker_;
  DownstreamOwner& owner_;
  const std::shared_ptr<const ConnectionManagerConfig> config_;
  Connection connection_;
  std::unique_ptr<Codec> codec_;
  DownstreamFacts facts_;
  const size_t stream_buffer_bytes_max_;
  IntrusiveList<Stream> streams_;
  Timer timer_;
  MonotonicTime head_deadline_ = kNever;  // the head that is coming in
  MonotonicTime idle_deadline_ = kNever;  // no stream is open
  const MonotonicTime opened_;
  uint32_t requests_ = 0;
  bool draining_ = false;
  bool lifetime_over_ = false;  // connection_duration_max has passed
  bool closed_ = false;

  static constexpr MonotonicTime kNever = MonotonicTime::max();
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
