// ProbeClient: how a probe speaks HTTP to its host: one exchange at a time, over a connection that
// is kept for the next one where it can be.
//
// Main thread; part of its probe. The host may close a kept connection at any time: an exchange
// that finds it so before the first byte of an answer goes over a new one.
#pragma once

#include <memory>
#include <string>

#include "source/upstream/health/probe.h"
#include "source/upstream/health/probe_connection.h"

namespace sluice {

// What a probe is told of its exchange. Inside of each it may end it, and start another.
class ExchangeEvents {
 public:
  virtual void OnAnswerHead(const Headers& head) = 0;
  // Of the body, or of what is no HTTP any more.
  virtual void OnAnswerBytes(Buffer& bytes) = 0;
  virtual void OnAnswerEnd(const Headers* trailers) = 0;  // null: there were none
  virtual void OnExchangeFailed(std::string words) = 0;   // before the end

 protected:
  ~ExchangeEvents() = default;
};

class ProbeClient {
 public:
  using Version = ProbeConnection::Version;
  using LeavesHttp = ProbeConnection::LeavesHttp;

  // `alpn` as on the wire; lives for ever.
  ProbeClient(const ProbeTarget& target, Version version, absl::string_view alpn,
              ExchangeEvents& events)
      : target_(target), version_(version), alpn_(alpn), events_(events) {}
  ~ProbeClient();

  // The head of the next request, to be completed before Send. The texts live until its end.
  Headers& NewRequest(absl::string_view method, absl::string_view path,
                      absl::string_view authority);
  void Send(std::string body = {}, LeavesHttp leaves_http = LeavesHttp::kNo);
  // After a 101.
  void SendBytes(absl::string_view bytes) { connection_->SendBytes(bytes); }
  HttpProtocol protocol() const { return connection_->protocol(); }

  // Nothing is told any more of the exchange. The connection is kept if that was complete, and the
  // check wants it kept.
  void EndExchange();
  void Drop();

 private:
  friend class ProbeConnection;
  void OnFailed(std::string words);
  void OnClosed(ProbeConnection& connection);
  void Connect();
  void DeleteLater(std::unique_ptr<ProbeConnection> connection);

  const ProbeTarget& target_;
  const Version version_;
  const absl::string_view alpn_;
  ExchangeEvents& events_;
  struct Request {
    Arena arena{1024};
    Headers head{arena};
    std::string body;
    LeavesHttp leaves_http = LeavesHttp::kNo;
  };
  std::unique_ptr<Request> request_;
  std::unique_ptr<ProbeConnection> connection_;
  std::unique_ptr<ProbeConnection> closing_;  // has its last bytes to write
};

}  // namespace sluice
