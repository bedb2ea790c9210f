// One thread of the load generator: an epoll loop and its connections. All members belong to that
// thread but `counters`, `stop` and `record`, which the main thread reads and sets.
//
// Every response is checked: status 200, exact length, and (the first on each connection and then
// every 64th) every byte. Only checked responses are counted.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <deque>
#include <string>
#include <vector>

#include "plan.h"

struct Counters {
  std::atomic<uint64_t> ok{0}, bytes{0}, resumed{0};
  std::atomic<uint64_t> connect{0}, io{0}, status{0}, length{0}, body{0}, tls{0};  // failures
};

struct ClientConnection {
  enum State { kClosed, kConnecting, kHandshake, kUpgrading, kReady, kBusy, kAwaitingEof };
  State state = kClosed;
  int fd = -1;
  SSL* ssl = nullptr;
  SSL_SESSION* session = nullptr;
  const std::string* out = nullptr;  // what is being written, and from where
  size_t out_offset = 0;
  std::string part;        // incomplete head, chunk line or frame
  std::string own;         // HTTP/2: what `out` points to
  std::string frame_part;  // HTTP/2: of an incomplete WebSocket frame
  bool owes_settings_ack = false, asked_for_websocket = false;
  bool in_body = false, chunked = false, chunk_end = false, peer_closes = false, check = true;
  bool bad = false;
  int status = 0;
  uint64_t left = 0, got = 0, exchanges = 0;
  uint64_t due_ns = 0, sent_ns = 0;
};

class Client {
 public:
  Client(const Plan& plan, int index);

  void Run(int connections);      // until `stop`
  void AddIdle(int connections);  // one exchange on each, then idle
  uint64_t CheckIdle();           // one more exchange on each 10th; how many were asked
  size_t OpenConnections() const;

  Counters counters;
  std::atomic<bool> stop{false}, record{false};
  std::vector<uint32_t> latency, service;  // tenths of a microsecond: from due time, from sending
  size_t longest_queue = 0;

 private:
  using Connection = ClientConnection;

  const std::string* PickRequest();
  void Dial(Connection* k);
  void Drop(Connection* k);
  void Fail(Connection* k, std::atomic<uint64_t>& why);
  void StartTls(Connection* k);
  void Handshake(Connection* k);
  void Connected(Connection* k);
  void Ready(Connection* k);
  void SendRequest(Connection* k, uint64_t due_ns);
  void WriteOut(Connection* k);
  void OnEvent(Connection* k, uint32_t events);
  void Readable(Connection* k, uint32_t events);
  void OnEof(Connection* k);
  void PollOnce(int64_t timeout_ns);
  void RunOpenLoop(int connections);

  // client_messages.cc: what arrives.
  size_t ParseResponseHead(Connection* k, const char* p, size_t n);
  size_t ParseChunkLine(Connection* k, const char* p, size_t n);
  void ConsumeHttp(Connection* k, const char* p, size_t n);
  void ConsumeWebSocket(Connection* k, const char* p, size_t n);
  void ConsumeEcho(Connection* k, std::string& part, const char* p, size_t n);
  void OnHttp2Tunnel(Connection* k, const char* frame, size_t size);
  void ConsumeHttp2(Connection* k, const char* p, size_t n);
  void OnHttp2Frame(Connection* k, const char* frame, size_t size);
  void AcknowledgeSettings(Connection* k);
  void BodyBytes(Connection* k, const char* p, size_t n);
  void Completed(Connection* k);
  void Count(Connection* k);

  const Plan& plan_;
  const bool idle_mode_;
  int index_ = 0;
  int poll_fd_ = -1;
  std::deque<Connection> connections_;
  std::vector<char> buffer_ = std::vector<char>(1 << 18);
  uint64_t random_ = 88172645463325252ull;
  uint64_t last_failure_ns_ = 0;
  uint32_t next_source_ = 0;
  int setting_up_ = 0;             // idle mode
  std::vector<Connection*> free_;  // open loop
  std::deque<uint64_t> waiting_;   // open loop: due times of requests without a connection
};
