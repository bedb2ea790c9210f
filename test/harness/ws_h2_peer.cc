#include "test/harness/ws_h2_peer.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

namespace sluice {
namespace {

// A WsEnd on one stream, fed with what is new of its DATA.
struct StreamEnd {
  StreamEnd(WsEnd::Role role, const WsManners& manners, H2Endpoint& its_wire, uint32_t its_stream)
      : wire(its_wire),
        stream(its_stream),
        ws(
            role, manners, [this](absl::string_view bytes) { Send(bytes, End::kNo); },
            [this] { Send("", End::kYes); }) {}
  void Send(absl::string_view bytes, End end) {
    if (ended || wire.message(stream).reset.has_value()) return;
    ended = end == End::kYes;
    wire.SendData(stream, bytes, end);
  }
  void Look() {
    const H2Message& message = wire.message(stream);
    const std::string fresh = message.body.substr(seen);
    seen = message.body.size();
    ws.Feed(fresh);
    if (message.complete || message.reset.has_value() || wire.closed_by_peer()) ws.FeedEnd();
  }
  H2Endpoint& wire;
  const uint32_t stream;
  WsEnd ws;
  size_t seen = 0;
  bool ended = false;
};

}  // namespace

// ---- The client.

struct WsH2Client::Tunnel : StreamEnd {
  using StreamEnd::StreamEnd;
};

WsH2Client::WsH2Client(SimWorld& world, const Address& to, const WsManners& manners,
                       const H2PeerOptions& options)
    : manners_(manners), client_(world, to, options) {
  client_.wire().OnActivity([this] { OnActivity(); });
}

WsH2Client::~WsH2Client() = default;

uint32_t WsH2Client::Handshake(absl::string_view path, const H2Fields& more) {
  H2Fields fields = {{":method", "CONNECT"},
                     {":protocol", "websocket"},
                     {":scheme", "http"},
                     {":path", std::string(path)},
                     {":authority", "server.example.com"},
                     {"sec-websocket-version", "13"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return Start(fields);
}

uint32_t WsH2Client::Start(const H2Fields& fields) {
  const uint32_t stream = client_.Start(fields, End::kNo);
  tunnels_[stream] =
      std::make_unique<Tunnel>(WsEnd::Role::kClient, manners_, client_.wire(), stream);
  return stream;
}

WsEnd& WsH2Client::ws(uint32_t stream) {
  std::unique_ptr<Tunnel>& tunnel = tunnels_[stream];
  if (tunnel == nullptr) {
    ADD_FAILURE() << "no tunnel on stream " << stream;
    tunnel = std::make_unique<Tunnel>(WsEnd::Role::kClient, manners_, client_.wire(), stream);
  }
  return tunnel->ws;
}

void WsH2Client::OnActivity() {
  for (const auto& [stream, tunnel] : tunnels_) {
    if (open(stream)) tunnel->Look();
  }
}

// ---- The server.

struct WsH2Server::Tunnel : StreamEnd {
  using StreamEnd::StreamEnd;
};

struct WsH2Server::Connection {
  Connection(std::unique_ptr<MemoryPeer> peer, const H2PeerOptions& options)
      : endpoint(std::move(peer), H2Endpoint::Role::kServer, options) {}
  H2Endpoint endpoint;
  std::set<uint32_t> asked;
};

WsH2Server::WsH2Server(SimWorld& world, const Address& at, const WsManners& manners,
                       const H2PeerOptions& options)
    : world_(world),
      at_(at),
      manners_(manners),
      options_(options),
      on_request_([](const H2Message&) {
        return H2Fields{{":status", "200"}};
      }) {
  world_.memory().Serve(at_, [this](std::unique_ptr<MemoryPeer> peer) { OnPeer(std::move(peer)); });
}

WsH2Server::~WsH2Server() { world_.memory().StopServing(at_); }

void WsH2Server::OnPeer(std::unique_ptr<MemoryPeer> peer) {
  connections_.push_back(std::make_unique<Connection>(std::move(peer), options_));
  Connection& connection = *connections_.back();
  connection.endpoint.OnActivity([this, &connection] { OnActivity(connection); });
}

void WsH2Server::OnActivity(Connection& connection) {
  H2Endpoint& wire = connection.endpoint;
  for (const auto& [stream, message] : wire.messages()) {
    if (message.head.empty() || !connection.asked.insert(stream).second) continue;
    requests_.push_back(message);
    const H2Fields answer = on_request_(message);
    if (answer.empty()) continue;
    const bool opens = message.Get(":method") == "CONNECT" && answer[0].second == "200";
    wire.SendHead(stream, answer, opens ? End::kNo : End::kYes);
    if (!opens) continue;
    tunnels_.push_back(std::make_unique<Tunnel>(WsEnd::Role::kServer, manners_, wire, stream));
  }
  for (size_t i = 0; i < tunnels_.size(); ++i) {
    if (&tunnels_[i]->wire == &wire) tunnels_[i]->Look();
  }
}

WsH2Server::Tunnel& WsH2Server::At(size_t index) {
  if (index < tunnels_.size()) return *tunnels_[index];
  ADD_FAILURE() << "no tunnel " << index << "; there are " << tunnels_.size();
  if (none_ == nullptr) {
    auto link = std::make_shared<MemoryLink>(LinkShape(), Address(), at_);
    auto peer = std::make_unique<MemoryPeer>(world_.clock(), std::move(link), MemoryLink::kServer);
    nowhere_ = std::make_unique<H2Endpoint>(std::move(peer), H2Endpoint::Role::kServer, options_);
    none_ = std::make_unique<Tunnel>(WsEnd::Role::kServer, manners_, *nowhere_, 1);
  }
  return *none_;
}

WsEnd& WsH2Server::ws(size_t index) { return At(index).ws; }
const H2Message& WsH2Server::message(size_t index) {
  const Tunnel& tunnel = At(index);
  return tunnel.wire.message(tunnel.stream);
}
H2Endpoint& WsH2Server::wire(size_t index) { return At(index).wire; }

}  // namespace sluice
