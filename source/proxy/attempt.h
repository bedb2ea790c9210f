// Attempt: one try of a request at one host: waits for a connection, sends, receives.
//
// In its stream's arena, owned by the Router, on the stream's worker. The request head is the
// stream's; body bytes that the connection has no room for wait here, counted by the stream's
// request gauge. Of an upgrade there are none before its answer.
//
// Of an upgrade the head is a copy in the form that the connection speaks (http/upgrade.h), and so
// is what of WebSocket's handshake is between the proxy and the host alone: a client that speaks
// HTTP/2 sends no key, so the proxy makes one and checks the answer to it.
#pragma once

#include <optional>

#include "absl/strings/string_view.h"
#include "source/base/buffer.h"
#include "source/http/codec.h"
#include "source/http/websocket/handshake.h"
#include "source/sdk/request_handler.h"
#include "source/upstream/client_connection.h"
#include "source/upstream/connection_pool.h"
#include "source/upstream/worker_cluster.h"

namespace sluice {

struct AttemptFailure {
  enum class Kind : uint8_t {
    kNoConnection,
    kOverflow,
    kClosed,
    kReset,
    kRefused,  // the host has not looked at the request
    kProtocolError,
    kBadHandshake,       // the client's, of a WebSocket that the proxy answers itself
    kNoExtendedConnect,  // over this connection an upgrade cannot be asked for; over HTTP/1 it may
  };
  Kind kind;
  ResetCode code = ResetCode::kNoError;  // the host's
  // The connection had served before and closed before any byte of an answer: most likely it was
  // closing when the request was sent.
  bool stale_connection = false;
  HandshakeError handshake = HandshakeError::kNone;  // of kBadHandshake
  // Nothing of the body has left: the request can be sent again from what is held.
  bool replayable = false;
  bool request_sent = false;  // its head at least
};

// What the router is told of its attempt.
class AttemptOwner {
 public:
  virtual void OnAttemptSending() {}           // it has a connection, and the request goes out
  virtual void OnAttemptHeaders(End end) = 0;  // in the state's response_headers()
  virtual void OnAttemptInformational(Headers& headers) = 0;
  virtual void OnAttemptData(Buffer& data, End end) = 0;
  virtual void OnAttemptTrailers() = 0;  // in the state's response_trailers()
  // Nothing follows. Of a tunnel: both directions have ended, and the host has all that the client
  // has sent.
  virtual void OnAttemptComplete() = 0;
  virtual void OnAttemptFailed(const AttemptFailure& failure) = 0;

 protected:
  ~AttemptOwner() = default;
};

class Attempt final : private PoolWaiter, private StreamEvents {
 public:
  // Cluster and host are those of this turn; from Start on the pool keeps them.
  Attempt(AttemptOwner& owner, RequestState& state, WorkerCluster& cluster, Host& host);
  ~Attempt() override;

  // May fail, or even answer, from inside the call.
  void Start(RoutePriority priority, const PoolKey& key);
  void SendData(Buffer& data, End end);
  void SendTrailers(Headers& trailers);
  // Ends it; the owner hears no more.
  void Cancel();
  // The same for one that another try follows, from inside of OnAttemptHeaders too: an exchange of
  // which nothing is missing ends by itself, and its connection serves on.
  void Abandon();
  void CountTimeout();
  void EndRequest() { request_ended_ = true; }  // it has no body
  // Another try goes on with what of the request this one still holds.
  void TakeOver(Attempt& failed);

 private:
  void OnPoolReady(ClientConnection& connection) override;
  void OnPoolFailure(PoolFailure failure, absl::string_view reason) override;

  Headers& BeginHeaders(HeadersKind kind) override;
  void OnHeaders(Headers& headers, End end) override;
  void OnInformational(Headers& headers) override;
  void OnPeerSettings() override;
  void OnData(Buffer& data, End end) override;
  void OnTrailers(Headers& trailers) override;
  void OnReset(StreamReset reset, ResetCode code) override;
  void OnComplete() override;
  BodyState FillBody(Buffer& out, size_t bytes_max) override;
  Headers& OutgoingTrailers() override { return *request_trailers_; }

  void SendRequest();
  HandshakeError CheckHandshake() const;
  const Headers& RequestHead();
  bool asks_extended_connect() const;
  bool TakeUpgradeAnswer(Headers& headers, uint32_t code);
  bool CheckMadeKey(Headers& headers);
  void OpenTunnel(End end);
  bool TakeUpgradePlace(RoutePriority priority);
  void LeaveUpgradePlace();
  void Stop();
  void FailAtOnce(AttemptFailure::Kind kind, HandshakeError handshake = HandshakeError::kNone);
  // A tunnel's bytes wait for its answer.
  bool may_send_body() const { return upgrade_ == nullptr || tunnel_; }
  void KeepLocalAddress();
  void Release();
  void DropPending();
  void CountResponse(const Headers& response, uint32_t code);
  void CountHostError();
  const ClusterStats& stats() const { return cluster_.spec().stats; }

  AttemptOwner& owner_;
  RequestState& state_;
  WorkerContext& worker_;  // the state's, as is info_
  StreamInfo& info_;
  WorkerCluster& cluster_;
  Host& host_;
  const Address address_;                   // outlives the host in the log
  ArenaPtr<const Address> remote_address_;  // and these the connection; null: it is address_
  ArenaPtr<const Address> local_address_;   // null: the connection is still there
  ClientConnection* connection_ = nullptr;  // while the stream is open
  CodecStream* codec_stream_ = nullptr;
  Headers* informational_ = nullptr;
  Headers* request_trailers_ = nullptr;
  const UpgradeRequest* const upgrade_;  // the state's
  absl::string_view made_key_;           // Sec-WebSocket-Key of our own
  Buffer pending_;
  MonotonicTime started_{};
  // Under the circuit breaker, among the cluster's upgrades.
  std::optional<RoutePriority> upgrade_place_;
  bool request_ended_ : 1 = false;
  bool body_sent_ : 1 = false;     // of it something
  bool request_sent_ : 1 = false;  // all of it
  bool abandoned_ : 1 = false;
  bool response_started_ : 1 = false;
  bool response_ended_ : 1 = false;
  bool head_sent_ : 1 = false;
  bool tunnel_ : 1 = false;  // the host has accepted the upgrade
  bool done_ : 1 = false;
};

}  // namespace sluice
