// Clients that keep asking over sockets of the kernel, and keep count: what a change of the
// configuration must not be noticed by. Each does its next step when it is told to (Step), where it
// has not got anything under way. One thread, their loop's.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "test/harness/h1_message.h"
#include "test/harness/h2_wire.h"
#include "test/harness/ws_frame.h"
#include "test/wire/socket_peer.h"

namespace sluice {

// Of all clients together.
struct Tally {
  uint64_t answered = 0;     // with 200
  uint64_t connections = 0;  // that were opened
  std::vector<std::string> failures;
};

// WebSocket messages out of frames; keeps none.
class WsMessages {
 public:
  // Those that are complete now. A control frame, which nobody here says, is one, too.
  std::vector<std::string> Feed(absl::string_view bytes);

 private:
  WsFrameReader reader_;
  std::string under_way_;
};

class SteadyClient {
 public:
  virtual ~SteadyClient() = default;
  virtual void Step() = 0;
  virtual bool idle() const = 0;  // nothing is under way
};

// One HTTP/1 request behind the other, on a connection that stays until it is told to go.
class SteadyH1Client final : public SteadyClient {
 public:
  // `head`: "GET /path HTTP/1.1" and header lines, without the empty line.
  SteadyH1Client(EventLoop& loop, Tally& tally, const Address& to, std::string head);
  void Step() override;
  bool idle() const override { return !waits_; }

 private:
  void OnActivity();
  void OnResponse(const H1Message& response);
  EventLoop& loop_;
  Tally& tally_;
  const Address to_;
  const std::string request_;
  std::unique_ptr<SocketPeer> peer_;
  std::unique_ptr<H1Reader> reader_;
  bool waits_ = false;
};

// HTTP/2 requests, several at once. Opens another connection after GOAWAY, when all are answered.
class SteadyH2Client final : public SteadyClient {
 public:
  SteadyH2Client(EventLoop& loop, Tally& tally, const Address& to, H2Fields request);
  void Step() override;
  bool idle() const override { return open_.empty(); }

 private:
  static constexpr size_t kStreamsMax = 4;
  void Dial();
  void OnActivity();
  void OnFrame(const H2Frame& frame);
  void Fail(std::string what);
  EventLoop& loop_;
  Tally& tally_;
  const Address to_;
  const H2Fields request_;
  std::unique_ptr<SocketPeer> peer_;
  H2FrameReader reader_;
  HpackDecoder hpack_;
  std::set<uint32_t> open_;
  uint32_t next_stream_ = 1;
  bool is_told_to_go_ = false;
};

// A WebSocket: says numbers, one each step, and is to hear each of them, in their order.
class SteadyTunnel final : public SteadyClient {
 public:
  SteadyTunnel(EventLoop& loop, const Address& to, const std::string& path);
  bool open() const { return open_; }
  bool ended() const { return peer_.ended(); }
  void Step() override;
  bool idle() const override { return heard_ == said_; }
  uint64_t said() const { return said_; }
  // What is wrong with it; empty: nothing.
  std::string Wrong() const;

 private:
  void OnActivity();
  SocketPeer peer_;
  H1Reader reader_{H1Reader::Role::kResponses};
  WsMessages messages_;
  std::string wrong_;
  uint64_t said_ = 0, heard_ = 0;
  bool open_ = false;
};

// Answers every HTTP/1 request with 200, and a WebSocket's with 101; that says all messages back.
class SteadyHost {
 public:
  explicit SteadyHost(EventLoop& loop);
  ~SteadyHost();
  const Address& address() const { return acceptor_.address(); }
  size_t connections() const { return connections_.size(); }

 private:
  struct Connection;
  void OnActivity(Connection& connection);
  std::vector<std::unique_ptr<Connection>> connections_;
  SocketAcceptor acceptor_;
};

}  // namespace sluice
