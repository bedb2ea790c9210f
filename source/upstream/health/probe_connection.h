// ProbeConnection: a connection to a host that carries the HTTP exchanges of its probes, one at a
// time, in HTTP/1 or HTTP/2. A ProbeClient opens it, keeps it, and gets rid of it.
//
// Main thread. What comes in is handed over as it comes, and nothing of it is kept. Deleted at the
// end of a turn, by its client.
#pragma once

#include <memory>
#include <string>

#include "source/event/event_loop.h"
#include "source/http/codec.h"
#include "source/net/connection.h"
#include "source/upstream/health/probe.h"

namespace sluice {

class ExchangeEvents;
class ProbeClient;

class ProbeConnection final : public Deferred, private ConnectionHandler, private StreamEvents {
 public:
  enum class Version : uint8_t { kHttp1, kHttp2 };  // where ALPN says nothing

  // Connects.
  ProbeConnection(ProbeClient& client, const ProbeTarget& target, Version version,
                  absl::string_view alpn);
  ~ProbeConnection() override;

  // One exchange; `request` lives until it is over. kYes: the connection is to be left to what is
  // no HTTP, if the host agrees.
  enum class LeavesHttp : uint8_t { kNo, kYes };
  void Send(const Headers& request, absl::string_view body, LeavesHttp leaves_http);
  // In what is no HTTP any more.
  void SendBytes(absl::string_view bytes);
  // What is unwritten is written; the client is told by OnClosed.
  void Close();
  // The client hears no more.
  void Forget() {
    client_ = nullptr;
    to_start_ = false;
  }

  bool complete() const { return answer_ended_; }  // the last exchange is
  bool reusable() const;                           // another one may follow
  // Of the exchange under way.
  bool reused() const { return exchanges_ > 1; }
  bool answered() const { return answered_; }  // a head has begun
  HttpProtocol protocol() const { return codec_->protocol(); }

 private:
  // Of one answer.
  struct Answer {
    Arena arena{1024};
    Headers head{arena}, informational{arena}, trailers{arena};
    bool has_trailers = false;
    bool ended = false;
  };

  void OnConnected() override;
  void OnBytes(Buffer& in, End end) override;
  void FillOutput(Buffer& out, size_t bytes_max) override;
  void OnConnectionClosed(CloseCause cause) override;

  Headers& BeginHeaders(HeadersKind kind) override;
  void OnHeaders(Headers& headers, End end) override;
  void OnInformational(Headers& headers) override {}
  void OnData(Buffer& data, End end) override;
  void OnTrailers(Headers& trailers) override;
  void OnReset(StreamReset reset, ResetCode code) override;
  void OnComplete() override;
  BodyState FillBody(Buffer& out, size_t bytes_max) override;
  Headers& OutgoingTrailers() override { return answer_->trailers; }

  void StartExchange();
  // What was asked for inside of the codec.
  void AfterCodec();
  void EndAnswer();
  void Fail(std::string words);
  void CloseNow();
  bool http2() const { return codec_->protocol() == HttpProtocol::kHttp2; }
  ExchangeEvents* events() const;  // null: nobody listens

  ProbeClient* client_;
  const std::shared_ptr<const ClusterSpec> cluster_;  // the codec's limits live in it
  const Version version_;
  Connection connection_;
  std::unique_ptr<ClientCodec> codec_;  // once connected
  CodecStream* stream_ = nullptr;
  const Headers* request_ = nullptr;
  Buffer body_;  // or what goes into the tunnel
  std::unique_ptr<Answer> answer_;
  uint32_t exchanges_ = 0;
  LeavesHttp leaves_http_ = LeavesHttp::kNo;
  bool to_start_ = false;  // the exchange, once that is possible
  bool answered_ = false;
  bool answer_ended_ = true;
  bool inside_codec_ = false;
  bool spent_ = false;    // no further exchange
  bool closing_ = false;  // Close was called
  bool closed_ = false;
};

}  // namespace sluice
