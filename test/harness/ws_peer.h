// WsClient, WsServer: scripted ends that speak WebSocket over HTTP/1 on the simulated network, raw.
// What they say after the handshake is a WsEnd's. One thread; they act when the world runs.
//
//   WsServer host(proxy.world(), ProxyFixture::HostAddress(0, 0), {.echo = true});
//   WsClient client(proxy.world(), proxy.listener_address());
//   client.Handshake("/chat");
//   proxy.Run();
//   ASSERT_TRUE(client.open());
//   client.ws().Text("hi");
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "test/harness/h1_message.h"
#include "test/harness/sim_world.h"
#include "test/harness/ws_end.h"

namespace sluice {

inline constexpr absl::string_view kWsKey = "dGhlIHNhbXBsZSBub25jZQ==";  // of RFC 6455

// The request of RFC 6455 section 1.2 for this path, with these header lines ("name: value")
// behind.
std::string WsRequest(absl::string_view path, const std::vector<std::string>& header_lines = {});
// The 101 to a request, by its key.
std::string WsAccept(const H1Message& request, const std::vector<std::string>& header_lines = {});
// Any other answer.
std::string WsRefuse(int status, absl::string_view body = "",
                     const std::vector<std::string>& header_lines = {});

class WsClient {
 public:
  WsClient(SimWorld& world, const Address& to, const WsManners& manners = {});

  // Raw: a WsRequest, with or without something right behind it.
  void Send(absl::string_view bytes) { peer_->Send(bytes); }
  void Handshake(absl::string_view path = "/", const std::vector<std::string>& header_lines = {}) {
    Send(WsRequest(path, header_lines));
  }

  // All that came before and with the upgrade; the nth, or a failed test and an empty message.
  const std::vector<H1Message>& responses() const { return responses_; }
  const H1Message& response(size_t index) const;
  bool open() const { return open_; }  // a 101 has come
  bool accept_is_right() const;        // to kWsKey
  WsEnd& ws() { return ws_; }
  MemoryPeer& peer() { return *peer_; }
  bool closed_by_peer() const { return peer_->got_fin() || peer_->got_reset(); }

 private:
  void OnActivity();
  std::unique_ptr<MemoryPeer> peer_;
  H1Reader reader_{H1Reader::Role::kResponses};
  WsEnd ws_;
  std::vector<H1Message> responses_;
  bool open_ = false;
};

// Answers requests without a body, one behind the other, until it has said 101.
class WsServer {
 public:
  // The bytes of an answer, frames behind a 101 among them; nothing: it is given later (Answer).
  using OnRequest = std::function<std::string(const H1Message& request)>;
  WsServer(
      SimWorld& world, const Address& at, const WsManners& manners = {},
      OnRequest on_request = [](const H1Message& request) { return WsAccept(request); });
  ~WsServer();  // stops serving, closes what is open

  void SetOnRequest(OnRequest on_request) { on_request_ = std::move(on_request); }
  const std::vector<H1Message>& requests() const { return requests_; }
  size_t connections() const { return connections_.size(); }  // ever accepted
  size_t tunnels() const { return tunnels_.size(); }          // ever opened
  // The `index`th tunnel, open or not; or a failed test and one that leads nowhere.
  WsEnd& ws(size_t index = 0);
  MemoryPeer& peer(size_t index = 0);  // of that tunnel
  // Of the `index`th connection: answers what it has asked; its wire.
  void Answer(absl::string_view bytes, size_t index = 0);
  MemoryPeer& connection(size_t index);

 private:
  struct Connection;
  void OnPeer(std::unique_ptr<MemoryPeer> peer);
  void OnActivity(Connection& connection);
  void Say(Connection& connection, absl::string_view bytes);
  Connection& At(const std::vector<Connection*>& list, size_t index, absl::string_view what);
  SimWorld& world_;
  const Address at_;
  const WsManners manners_;
  OnRequest on_request_;
  std::vector<H1Message> requests_;
  std::vector<std::unique_ptr<Connection>> owned_;
  std::vector<Connection*> connections_;
  std::vector<Connection*> tunnels_;
};

}  // namespace sluice
