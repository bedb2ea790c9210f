// WsH2Client, WsH2Server: scripted ends that speak WebSocket over HTTP/2 by extended CONNECT
// (RFC 8441), on h2_peer.h's wire. One thread; they act when the world runs.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "test/harness/h2_peer.h"
#include "test/harness/ws_end.h"

namespace sluice {

inline constexpr uint16_t kH2EnableConnectProtocol = 8;  // SETTINGS

class WsH2Client {
 public:
  WsH2Client(SimWorld& world, const Address& to, const WsManners& manners = {},
             const H2PeerOptions& options = {});
  ~WsH2Client();

  // Opens a stream that asks for a WebSocket and says which. `more` comes behind what RFC 8441
  // section 5 has.
  uint32_t Handshake(absl::string_view path = "/", const H2Fields& more = {});
  // A stream of a test's own making, to be a WebSocket if it is answered with 200.
  uint32_t Start(const H2Fields& fields);

  const H2Message& response(uint32_t stream) const { return client_.response(stream); }
  bool open(uint32_t stream) const { return response(stream).status() == 200; }
  WsEnd& ws(uint32_t stream);
  H2Client& http() { return client_; }

 private:
  struct Tunnel;
  void OnActivity();
  const WsManners manners_;
  H2Client client_;
  std::map<uint32_t, std::unique_ptr<Tunnel>> tunnels_;
};

class WsH2Server {
 public:
  // The head of the answer as soon as the request's has come. 200 to a CONNECT opens a tunnel; any
  // other ends the stream; nothing: no answer.
  using OnRequest = std::function<H2Fields(const H2Message& request)>;
  WsH2Server(SimWorld& world, const Address& at, const WsManners& manners = {},
             const H2PeerOptions& options = {.settings = {{kH2EnableConnectProtocol, 1}}});
  ~WsH2Server();  // stops serving, closes what is open

  void SetOnRequest(OnRequest on_request) { on_request_ = std::move(on_request); }
  const std::vector<H2Message>& requests() const { return requests_; }  // their heads
  size_t connections() const { return connections_.size(); }            // ever accepted
  size_t tunnels() const { return tunnels_.size(); }                    // ever opened
  // The `index`th tunnel, open or not; or a failed test and one that leads nowhere.
  WsEnd& ws(size_t index = 0);
  // What has come on its stream, and the connection it is on.
  const H2Message& message(size_t index = 0);
  H2Endpoint& wire(size_t index = 0);

 private:
  struct Connection;
  struct Tunnel;
  void OnPeer(std::unique_ptr<MemoryPeer> peer);
  void OnActivity(Connection& connection);
  Tunnel& At(size_t index);
  SimWorld& world_;
  const Address at_;
  const WsManners manners_;
  const H2PeerOptions options_;
  OnRequest on_request_;
  std::vector<H2Message> requests_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Tunnel>> tunnels_;
  std::unique_ptr<H2Endpoint> nowhere_;
  std::unique_ptr<Tunnel> none_;
};

}  // namespace sluice
