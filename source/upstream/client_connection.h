// ClientConnection: a connection to a host with its codec in the client's role. Owned by its pool, on
// its worker; lent to an attempt for one stream at a time (HTTP/1) or for many (HTTP/2).
#pragma once

#include <cstdint>
#include <memory>

#include "source/http/codec.h"
#include "source/net/connection.h"
#include "source/upstream/cluster_spec.h"
#include "source/upstream/host.h"

namespace sluice {

class ConnectionPool;

class ClientConnection final : private ConnectionHandler {
 public:
  ClientConnection(ConnectionPool& pool, std::unique_ptr<IoHandle> io);
  ~ClientConnection();

  // In PoolWaiter::OnPoolReady only. Follow with SendHeaders on what it returns.
  CodecStream& StartStream(StreamEvents& events);
  // After any CodecStream call that produced output: marks the connection to be pulled this turn.
  void WantWrite() { connection_->WantWrite(); }

  Host& host();
  Connection& connection() { return *connection_; }
  HttpProtocol protocol() const { return codec_->protocol(); }
  // More than one stream has been started on it: a failure before the first response byte may be
  // the peer's idle close racing with our request (RFC 9112 section 9.3.1 and 9.5).
  bool reused() const { return streams_started_ > 1; }

 private:
  friend class ConnectionPool;
  void OnConnected() override;
  void OnBytes(Buffer& in, End end) override;
  void FillOutput(Buffer& out, size_t bytes_max) override;
  void OnConnectionClosed(CloseCause cause) override;
  ConnectionPool& pool_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<ClientCodec> codec_;
  uint64_t streams_started_ = 0;
};

}  // namespace sluice
