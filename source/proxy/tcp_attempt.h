// TcpAttempt: what a CONNECT asks for, done here: a connection to a host for one stream alone, and
// 200 for an answer when it is open (RFC 9110 section 9.3.6). Then it carries bytes both ways, of
// which each end closes its own side. So it does for a POST that asks for the same.
//
// In its stream's arena, owned by the Router, on the stream's worker. Bytes that the connection has
// no room for, or that come before it is open, wait here, counted by the stream's request gauge.
#pragma once

#include <memory>

#include "absl/strings/string_view.h"
#include "source/base/buffer.h"
#include "source/proxy/attempt.h"
#include "source/sdk/request_handler.h"
#include "source/upstream/host_connection.h"
#include "source/upstream/worker_cluster.h"

namespace sluice {

class TcpAttempt final : private ConnectionHandler {
 public:
  // Cluster and host are those of this turn.
  TcpAttempt(AttemptOwner& owner, ResponseSink& sink, WorkerCluster& cluster, Host& host);
  ~TcpAttempt();

  // `server_name`: the request's, for TLS. May fail from inside the call.
  void Start(absl::string_view server_name);
  void SendData(Buffer& data, End end);
  void EndRequest();
  // Ends it; the owner hears no more.
  void Cancel();

 private:
  void OnConnected() override;
  void OnBytes(Buffer& in, End end) override;
  void FillOutput(Buffer& out, size_t bytes_max) override;
  void OnFlushed() override {
    if (upstream_ != nullptr) CountBytes();
  }
  void OnConnectionClosed(CloseCause cause) override;

  void Release();
  void DropPending();
  void CountBytes();

  AttemptOwner& owner_;
  ResponseSink& sink_;
  StreamInfo& info_;  // the sink's
  WorkerCluster& cluster_;
  Host& host_;
  const Address address_;  // outlives the host in the log, and the next the connection
  Address remote_address_, local_address_;
  std::unique_ptr<HostConnection> upstream_;
  Buffer pending_;
  bool request_ended_ = false;
  bool end_passed_ = false;  // the connection was told to send it
  bool response_ended_ = false;
  bool done_ = false;
};

}  // namespace sluice
