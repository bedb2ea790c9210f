// Stream: one request and its response: checks, route, filters, handler, answer, log. Exactly one
// end: Finish.
//
// On its connection's worker, in its slot's memory; owned by its ConnectionManager. Knows neither
// the wire (the codec) nor hosts (the router). Bytes of the request wait in filters and handler and
// are counted by request_gauge; bytes of the response wait here and in filters, counted by
// response_gauge.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "source/accesslog/access_log_type.h"
#include "source/base/buffer.h"
#include "source/base/flow_gauge.h"
#include "source/base/intrusive_list.h"
#include "source/http/codec.h"
#include "source/proxy/connection_manager_config.h"
#include "source/proxy/failure_table.h"
#include "source/proxy/filter_runner.h"
#include "source/proxy/proxy_worker.h"
#include "source/proxy/stream_timers.h"
#include "source/proxy/tunnel.h"
#include "source/sdk/request_handler.h"

namespace sluice {

class ConnectionManager;

class Stream final : public StreamEvents,
                     public ResponseSink,
                     public ResumeTarget,
                     public ListNode<> {
 public:
  Stream(ConnectionManager& connection, StreamSlot& slot, uint64_t id);
  ~Stream();

  // Before any event: where the response goes. Null only for a request that cannot be answered.
  void SetCodecStream(CodecStream* codec_stream) { codec_stream_ = codec_stream; }
  // The request is malformed, too large or too slow: answered without filters, logged, finished.
  void Reject(Failure failure, absl::string_view detail);
  // The connection is gone. Not the end of a stream that is leaving().
  void OnConnectionLost();
  // The client has got all, and the host is still to get what the client has sent in its tunnel.
  bool leaving() const { return leaving_ && !finished_; }
  void StopLeaving();  // it is not to get it
  // So it is, or will be in this turn, and this is why.
  void EndWithConnection(Failure failure, absl::string_view detail);
  // What its drain gives it is over: a WebSocket is closed as one, all else is cut off.
  void EndByDrain();
  bool is_tunnel() const { return tunnel_ != nullptr; }
  void OnTimer();
  // After the codec has pulled: a response that was cut short ends when its bytes are out.
  void AbortIfDrained();
  StreamSlot& slot() { return slot_; }
  // What it has got is complete, and it will answer before it expects more.
  bool answers_next() const { return request_ended_ && tunnel_ == nullptr; }

  // StreamEvents: the request comes in, the response is pulled out.
  Headers& BeginHeaders(HeadersKind kind) override;
  void OnHeaders(Headers& headers, End end) override;
  void OnInformational(Headers& headers) override {}
  void OnData(Buffer& data, End end) override;
  void OnTrailers(Headers& trailers) override;
  void OnReset(StreamReset reset, ResetCode code) override;
  void OnComplete() override;
  BodyState FillBody(Buffer& out, size_t bytes_max) override;
  Headers& OutgoingTrailers() override { return response_trailers(); }

  // ResponseSink: the handler answers.
  Headers& response_headers() override { return response_headers_; }
  Headers& response_trailers() override;
  void SendInformational(Headers& headers) override;
  void SendHeaders(End end) override;
  void SendData(Buffer& data, End end) override;
  void SendTrailers() override;
  void EndTunnel() override;
  void SetResponseTimeout(Duration timeout) override;
  void SendReply(const Reply& reply) override;
  void Abort(absl::string_view details, ResetCode code) override;
  StreamInfo& info() override { return info_; }
  const Route* route() override { return route_; }
  const UpgradeRequest* upgrade() override { return upgrade_; }
  Headers& request_headers() override { return request_headers_; }
  Arena& arena() override { return slot_.arena; }
  WorkerContext& worker() override { return worker_; }
  uint64_t random_value() override { return random_value_; }
  FlowGauge& request_gauge() override { return request_gauge_; }
  FlowGauge& response_gauge() override { return response_gauge_; }

  // ResumeTarget: a paused filter goes on.
  void ResumeFilter(Flow flow, uint32_t filter) override;
  void ReplyFromFilter(Flow flow, uint32_t filter, const Reply& reply) override;
  bool FetchRoute(uint32_t filter) override;

 private:
  const ConnectionManagerConfig& config() const { return config_; }
  MonotonicTime now() const { return worker_.loop.now(); }
  const FilterPlan& TakeUpgrade(const UpgradeAsked& asked);
  bool CheckAndForward();
  bool PassesOverload();
  void AnswerExpectation();
  void RedirectToPath();
  void RedirectToTls();
  const RouteSubscription* FindRoutes();
  const RouteTable* PinRoutes();
  void ChooseRoute();
  void OnFetchedRoute(uint32_t filter);
  void StartTimers();
  void ArmTimer();
  void LimitByGrpcTimeout(const ClusterAction& action);
  void EndRequest();

  void PumpRequest();
  void DeliverRequestHeaders(End end);
  void DeliverRequestData(Buffer& data, End end);
  void DeliverRequestTrailers();
  void DropRequest();

  void PumpResponse();
  void DeliverResponseHeaders(End end);
  void DeliverResponseData(Buffer& data, End end);
  void DeliverResponseTrailers();
  void FinishResponseHead();
  void DropResponse();
  bool answers_upgrade() const {
    return info_.response_code == 101 ||
           (upgrade_->form == UpgradeForm::kConnect && info_.response_code / 100 == 2);
  }
  const WebSocketPolicy& TunnelPolicy() const;
  void OpenTunnel();
  void DropHeads();
  void PassRequest(Buffer& data, End end);
  void PassResponse(Buffer& data, End end);
  void PassTunnel(Tunnel::From from, Buffer& data, End end);
  void HoldEarly(Tunnel::From from, Buffer& data, End end);
  void PassEarly();
  void DropEarly(Tunnel::From from);
  void TendTunnel();
  bool CloseTunnel(Failure failure);
  void OnTunnelTime();
  void OnTunnelHost();
  void LeaveTunnelTimes();

  void Fail(Failure failure);
  void Answer(const Reply& reply, uint32_t behind_filter);
  void EndByReset();
  void OnPeerReset(ResetCode code);
  bool sends_trailers() const;
  void CancelHandler();
  void Finish();
  void CountResponse();
  void WriteAccessLogs(AccessLogType type);

  // What sides have sent before the upgrade was answered: a tunnel's, if it is to be one.
  struct EarlyBytes {
    explicit EarlyBytes(SlabPool& slabs) : bytes{Buffer(slabs), Buffer(slabs)} {}
    std::array<Buffer, 2> bytes;  // by Tunnel::From
    std::array<End, 2> ends = {End::kNo, End::kNo};
  };

  ConnectionManager& connection_;
  const ConnectionManagerConfig& config_;
  WorkerContext& worker_;
  StreamSlot& slot_;
  CodecStream* codec_stream_ = nullptr;
  StreamInfo info_;
  Headers request_headers_;
  Headers response_headers_;
  Headers* request_trailers_ = nullptr;
  Headers* response_trailers_ = nullptr;
  RoutePin routes_;  // that came by name: until the end of the stream, whatever comes after
  std::unique_ptr<HostWait> host_wait_;  // null: none is asked for
  const Route* route_ = nullptr;
  UpgradeRequest* upgrade_ = nullptr;  // in the arena; null: none is asked for
  ArenaPtr<Tunnel> tunnel_;            // null: the upgrade was not answered, or there is none
  ArenaPtr<EarlyBytes> early_;         // null: there was nothing
  const FilterPlan* plan_ = nullptr;   // before the request's head: none
  NoRoute no_route_ = NoRoute::kNoMatch;
  ArenaPtr<RequestHandler> handler_;
  Reply* reply_ = nullptr;  // a filter's; in the arena
  FlowGauge request_gauge_;
  FlowGauge response_gauge_;
  FilterRunner runner_;
  Buffer pending_;  // response body on its way to the codec
  StreamTimers timers_;
  Duration response_timeout_{0};
  uint64_t random_value_;
  ResetCode reset_code_ = ResetCode::kInternalError;  // for the client, should it come to that
  uint32_t answered_behind_ = UINT32_MAX;             // the filter behind which a local reply began
  bool request_ended_ = false;                        // the codec gave its last piece
  bool request_stopped_ = false;   // nothing more of it goes to filters or handler
  bool response_started_ = false;  // the codec has its head
  bool response_ended_ = false;    // its last byte is in pending_, or it had none
  bool handler_done_ = false;      // its calls on the sink are ignored
  bool tunnel_passed_ = false;     // the handler has no more to do for it
  bool leaving_ = false;
  bool trailers_pending_ = false;
  bool aborting_ = false;  // cut short; what is in pending_ still goes out
  bool pumping_request_ = false;
  bool pumping_response_ = false;
  bool finished_ = false;
};

}  // namespace sluice
