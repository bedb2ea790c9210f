// ClientConnection: a connection to a host with its codec in the client's role. Owned by its pool,
// on its worker; lent to an attempt for one stream at a time (HTTP/1) or for many (HTTP/2). Which
// it is shows after the handshake where ALPN decides; until then there is no codec.
//
// Good for its borrower until the stream's OnReset or OnComplete, or ResetStream. It is deleted at
// the end of the turn in which it closed.
#pragma once

#include <cstdint>
#include <memory>

#include "source/base/intrusive_list.h"
#include "source/event/event_loop.h"
#include "source/event/timer.h"
#include "source/http/codec.h"
#include "source/http/keep_alive.h"
#include "source/net/connection.h"
#include "source/upstream/cluster_spec.h"
#include "source/upstream/host.h"

namespace sluice {

class ConnectionPool;

class ClientConnection final : public Deferred,
                               public ListNode<>,
                               private ConnectionHandler,
                               private EndOfTurnTask {
 public:
  ClientConnection(ConnectionPool& pool, RoutePriority priority, std::unique_ptr<IoHandle> io);
  ~ClientConnection() override;

  // In PoolWaiter::OnPoolReady only. Follow with SendHeaders on what it returns.
  CodecStream& StartStream(StreamEvents& events);
  // After any CodecStream call that produced output: marks the connection to be pulled this turn.
  void WantWrite() { connection_.WantWrite(); }
  // Instead of stream.Reset(): ends the stream and gives the connection back, or closes it
  // (HTTP/1).
  void ResetStream(CodecStream& stream, ResetCode code);

  // Inside of OnReset: the stream's place under the circuit breaker is free at once, for who tries
  // again from in there.
  void CountEndedStream() { CountEndedStreams(codec_->open_streams()); }

  // Inside of OnReset(kRefused): others are asked first, for who tries again from in there.
  void StepBack();

  // A stream started here became a tunnel: it no longer counts as a request, nor does a connection
  // of HTTP/1 as one of the pool's; until OnTunnelEnded, which comes with the stream's end.
  void OnTunnelOpened();
  void OnTunnelEnded();
  PeerSetting extended_connect() const { return codec_->extended_connect(); }

  Host& host() { return *host_; }
  Connection& connection() { return connection_; }
  HttpProtocol protocol() const { return codec_->protocol(); }
  // What its handshake came to, for logs; null: plaintext. Outlives the connection.
  std::shared_ptr<const TlsFacts> tls();
  // More than one stream has been started on it: a failure before the first response byte may be
  // the peer's idle close racing with our request (RFC 9112 section 9.3.1 and 9.5).
  bool reused() const { return streams_started_ > 1; }

 private:
  friend class ConnectionPool;
  enum class State : uint8_t { kConnecting, kReady, kBusy, kRetired, kClosed };
  // Of connections that carry many streams at once.
  struct Http2Side {
    Http2Side(ClientConnection& connection, Random& random);
    KeepAlive keep_alive;
    Timer timer;  // of keep_alive
    bool goaway_seen = false;
  };

  static std::unique_ptr<TransportSocket> MakeTransport(ConnectionPool& pool);
  void MakeCodec();
  void AfterHttp2Bytes();
  void Start() { connection_.Start(*this); }
  void OnConnected() override;
  void OnBytes(Buffer& in, End end) override;
  void FillOutput(Buffer& out, size_t bytes_max) override;
  void OnConnectionClosed(CloseCause cause) override;
  void RunEndOfTurn() override;           // closes a retired one
  void LimitIdleTime(Duration timeout);   // from now; 0: none
  void LimitLifetime(Duration duration);  // the same
  void OnIdleTimeout();
  void OnLifetimeOver();
  void OnKeepAliveTime();

  void OnIdleBytes(Buffer& in, End end);
  void CountEndedStreams(size_t open_streams);
  void CountBytes();
  // Tells the streams that cannot go on any more.
  void AbandonStreams();
  // No stream may follow those that were started.
  bool spent() const {
    return peer_ended_ || lifetime_over_ ||
           (spec_->settings->requests_per_connection_max > 0 &&
            streams_started_ >= spec_->settings->requests_per_connection_max);
  }

  ConnectionPool& pool_;
  const std::shared_ptr<const ClusterSpec>
      spec_;  // the codec's and the connection's limits live in it
  const std::shared_ptr<Host> host_;
  const RoutePriority priority_;
  State state_ = State::kConnecting;
  bool inside_codec_ = false;  // settling waits until the codec's call has returned
  bool peer_ended_ = false;    // its FIN was read; a paused stream may still take what came before
  bool lifetime_over_ = false;
  bool cut_tunnel_ = false;  // HTTP/1: of which the peer is to see that this was no end
  bool broken_ = false;      // a stream was cut short: what is unwritten is worth nothing
  uint32_t open_streams_ = 0;
  const uint32_t expected_streams_;  // while it connects: how many the pool counts on
  uint64_t streams_started_ = 0;
  const MonotonicTime created_;
  Connection connection_;
  std::unique_ptr<ClientCodec> codec_;
  std::unique_ptr<Http2Side> http2_;  // none: HTTP/1, or not known yet
  std::shared_ptr<const TlsFacts> tls_;
  // Armed when a stream ends, ignored when it finds one open. None: no stream has ended yet.
  std::unique_ptr<Timer> idle_timer_;
  std::unique_ptr<Timer> lifetime_timer_;  // none: there is no limit
};

}  // namespace sluice
