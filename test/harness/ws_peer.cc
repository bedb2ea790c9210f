#include "test/harness/ws_peer.h"

#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

std::string Lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) absl::StrAppend(&text, line, "\r\n");
  return text;
}

}  // namespace

std::string WsRequest(absl::string_view path, const std::vector<std::string>& header_lines) {
  return absl::StrCat("GET ", path,
                      " HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n"
                      "Connection: Upgrade\r\nSec-WebSocket-Key: ",
                      kWsKey, "\r\nSec-WebSocket-Version: 13\r\n", Lines(header_lines), "\r\n");
}

std::string WsAccept(const H1Message& request, const std::vector<std::string>& header_lines) {
  return absl::StrCat(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: ",
      WsAcceptOf(request.header("sec-websocket-key").value_or("")), "\r\n", Lines(header_lines),
      "\r\n");
}

std::string WsRefuse(int status, absl::string_view body,
                     const std::vector<std::string>& header_lines) {
  return absl::StrCat("HTTP/1.1 ", status, " Whatever\r\ncontent-length: ", body.size(), "\r\n",
                      Lines(header_lines), "\r\n", body);
}

// ---- The client.

WsClient::WsClient(SimWorld& world, const Address& to, const WsManners& manners)
    : peer_(world.memory().Dial(to)),
      ws_(
          WsEnd::Role::kClient, manners, [this](absl::string_view bytes) { peer_->Send(bytes); },
          [this] { peer_->SendFin(); }) {
  peer_->OnActivity([this] { OnActivity(); });
}

void WsClient::OnActivity() {
  std::string bytes = peer_->Take();
  if (!open_) {
    for (H1Message& message : reader_.Feed(bytes)) responses_.push_back(std::move(message));
    open_ = !responses_.empty() && responses_.back().status() == 101;
    bytes = open_ ? reader_.rest() : "";
  }
  if (open_) ws_.Feed(bytes);
  if (closed_by_peer()) ws_.FeedEnd();
}

const H1Message& WsClient::response(size_t index) const {
  static const H1Message none;
  if (index < responses_.size()) return responses_[index];
  ADD_FAILURE() << "no response " << index << "; " << responses_.size() << " have come";
  return none;
}

bool WsClient::accept_is_right() const {
  return open_ && responses_.back().header("sec-websocket-accept") == WsAcceptOf(kWsKey);
}

// ---- The server.

struct WsServer::Connection {
  Connection(const WsManners& manners, std::unique_ptr<MemoryPeer> its_peer)
      : peer(std::move(its_peer)),
        ws(
            WsEnd::Role::kServer, manners, [this](absl::string_view bytes) { peer->Send(bytes); },
            [this] { peer->SendFin(); }) {}
  std::unique_ptr<MemoryPeer> peer;
  WsEnd ws;
  std::string wire;  // of a request that is not complete, or behind one that has no answer yet
  bool waits = false;
  bool open = false;
};

WsServer::WsServer(SimWorld& world, const Address& at, const WsManners& manners,
                   OnRequest on_request)
    : world_(world), at_(at), manners_(manners), on_request_(std::move(on_request)) {
  world_.memory().Serve(at_, [this](std::unique_ptr<MemoryPeer> peer) { OnPeer(std::move(peer)); });
}

WsServer::~WsServer() { world_.memory().StopServing(at_); }

void WsServer::OnPeer(std::unique_ptr<MemoryPeer> peer) {
  owned_.push_back(std::make_unique<Connection>(manners_, std::move(peer)));
  Connection& connection = *owned_.back();
  connections_.push_back(&connection);
  connection.peer->OnActivity([this, &connection] { OnActivity(connection); });
}

void WsServer::OnActivity(Connection& connection) {
  connection.wire += connection.peer->Take();
  while (!connection.open && !connection.waits) {
    const size_t end = connection.wire.find("\r\n\r\n");
    if (end == std::string::npos) break;
    H1Reader reader(H1Reader::Role::kRequests);
    for (const H1Message& request : reader.Feed(connection.wire.substr(0, end + 4))) {
      requests_.push_back(request);
    }
    connection.wire.erase(0, end + 4);
    connection.waits = true;
    if (const std::string answer = on_request_(requests_.back()); !answer.empty()) {
      Say(connection, answer);
    }
  }
  if (connection.open) connection.ws.Feed(std::exchange(connection.wire, {}));
  if (connection.peer->got_fin() || connection.peer->got_reset()) connection.ws.FeedEnd();
}

void WsServer::Say(Connection& connection, absl::string_view bytes) {
  connection.waits = false;
  connection.peer->Send(bytes);
  if (!absl::StartsWith(bytes, "HTTP/1.1 101")) return;
  connection.open = true;
  tunnels_.push_back(&connection);
}

void WsServer::Answer(absl::string_view bytes, size_t index) {
  Connection& connection = At(connections_, index, "connection");
  Say(connection, bytes);
  OnActivity(connection);
}

WsServer::Connection& WsServer::At(const std::vector<Connection*>& list, size_t index,
                                   absl::string_view what) {
  if (index < list.size()) return *list[index];
  ADD_FAILURE() << "no " << what << " " << index << "; there are " << list.size();
  auto link = std::make_shared<MemoryLink>(LinkShape(), Address(), at_);
  owned_.push_back(std::make_unique<Connection>(
      manners_,
      std::make_unique<MemoryPeer>(world_.clock(), std::move(link), MemoryLink::kServer)));
  return *owned_.back();
}

WsEnd& WsServer::ws(size_t index) { return At(tunnels_, index, "tunnel").ws; }
MemoryPeer& WsServer::peer(size_t index) { return *At(tunnels_, index, "tunnel").peer; }
MemoryPeer& WsServer::connection(size_t index) {
  return *At(connections_, index, "connection").peer;
}

}  // namespace sluice
