#include "test/wire/steady_clients.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "test/harness/ws_peer.h"

namespace sluice {
namespace {

constexpr char kHello[] = "hello";
constexpr uint32_t kMask = 0x12345678;

// Long enough now and then that it comes in pieces.
std::string Said(uint64_t number) {
  return absl::StrCat(number, std::string(number % 16 == 0 ? 20'000 : 10, '.'));
}

}  // namespace

// ---- HTTP/1.

SteadyH1Client::SteadyH1Client(EventLoop& loop, Tally& tally, const Address& to, std::string head)
    : loop_(loop), tally_(tally), to_(to), request_(absl::StrCat(head, "\r\nhost: test\r\n\r\n")) {}

void SteadyH1Client::Step() {
  if (waits_) return;
  if (peer_ == nullptr) {
    peer_ = std::make_unique<SocketPeer>(loop_, to_);
    peer_->OnActivity([this] { OnActivity(); });
    reader_ = std::make_unique<H1Reader>(H1Reader::Role::kResponses);
    ++tally_.connections;
  }
  waits_ = true;
  peer_->Send(request_);
}

void SteadyH1Client::OnActivity() {
  bool may_stay = !peer_->ended();
  for (const H1Message& response : reader_->Feed(peer_->Take())) {
    OnResponse(response);
    may_stay &= !absl::EqualsIgnoreCase(response.header("connection").value_or(""), "close");
  }
  if (may_stay) return;
  if (std::exchange(waits_, false)) tally_.failures.push_back("HTTP/1: ended without an answer");
  peer_.reset();
}

void SteadyH1Client::OnResponse(const H1Message& response) {
  waits_ = false;
  if (response.status() == 200 && response.body == kHello) {
    ++tally_.answered;
  } else {
    tally_.failures.push_back(absl::StrCat("HTTP/1: ", response.start_line, " ", response.body));
  }
}

// ---- HTTP/2.

SteadyH2Client::SteadyH2Client(EventLoop& loop, Tally& tally, const Address& to, H2Fields request)
    : loop_(loop), tally_(tally), to_(to), request_(std::move(request)) {}

void SteadyH2Client::Dial() {
  peer_ = std::make_unique<SocketPeer>(loop_, to_);
  peer_->OnActivity([this] { OnActivity(); });
  reader_ = {};
  hpack_ = HpackDecoder();
  next_stream_ = 1;
  is_told_to_go_ = false;
  ++tally_.connections;
  peer_->Send(absl::StrCat(kH2Preface, H2SettingsFrame()));
}

void SteadyH2Client::Step() {
  if (open_.size() >= kStreamsMax || (is_told_to_go_ && !open_.empty())) return;
  if (peer_ == nullptr || is_told_to_go_) Dial();
  open_.insert(next_stream_);
  peer_->Send(H2HeadersFrame(next_stream_, request_, kH2EndStream));
  next_stream_ += 2;
}

void SteadyH2Client::OnActivity() {
  for (const H2Frame& frame : reader_.Feed(peer_->Take())) OnFrame(frame);
  if (!peer_->ended()) return;
  if (!open_.empty()) Fail(absl::StrCat(open_.size(), " requests ended without an answer"));
  open_.clear();
  peer_.reset();
}

void SteadyH2Client::OnFrame(const H2Frame& frame) {
  switch (frame.type) {
    case H2Type::kSettings:
      if (!frame.ack()) peer_->Send(H2SettingsAck());
      return;
    case H2Type::kPing:
      if (!frame.ack()) peer_->Send(H2PingFrame(frame.payload, kH2Ack));
      return;
    case H2Type::kGoaway:
      is_told_to_go_ = true;
      return;
    case H2Type::kRstStream:
      open_.erase(frame.stream);
      return Fail("a request was reset");
    case H2Type::kHeaders: {
      H2Fields fields;
      if (!hpack_.Decode(frame.payload, &fields) || fields.empty()) return Fail("HPACK");
      if (fields[0].second != "200") return Fail(fields[0].second);
      break;
    }
    case H2Type::kData:
      if (frame.payload.empty()) break;
      peer_->Send(H2WindowUpdateFrame(0, static_cast<uint32_t>(frame.payload.size())));
      break;
    default:
      return;
  }
  if (frame.end_stream() && open_.erase(frame.stream) > 0) ++tally_.answered;
}

void SteadyH2Client::Fail(std::string what) {
  tally_.failures.push_back(absl::StrCat("HTTP/2: ", what));
}

// ---- WebSocket.

std::vector<std::string> WsMessages::Feed(absl::string_view bytes) {
  std::vector<std::string> messages;
  for (const WsFrame& frame : reader_.Feed(bytes)) {
    if (frame.control()) {
      messages.push_back(WsLine(frame));
      continue;
    }
    under_way_ += frame.payload;
    if (frame.fin) messages.push_back(std::exchange(under_way_, {}));
  }
  return messages;
}

SteadyTunnel::SteadyTunnel(EventLoop& loop, const Address& to, const std::string& path)
    : peer_(loop, to) {
  peer_.OnActivity([this] { OnActivity(); });
  peer_.Send(WsRequest(path));
}

void SteadyTunnel::OnActivity() {
  std::string bytes = peer_.Take();
  if (!open_) {
    for (const H1Message& response : reader_.Feed(bytes)) open_ = response.status() == 101;
    bytes = open_ ? reader_.rest() : "";
  }
  for (const std::string& message : messages_.Feed(bytes)) {
    if (wrong_.empty() && message != Said(heard_)) {
      wrong_ = absl::StrCat("for ", heard_, " came ", message.substr(0, 20));
    }
    ++heard_;
  }
}

void SteadyTunnel::Step() {
  if (open_) peer_.Send(WsBytes({.payload = Said(said_++), .mask = kMask}));
}

std::string SteadyTunnel::Wrong() const {
  if (!open_) return "it was not opened";
  if (ended()) return "it was closed";
  if (!wrong_.empty()) return wrong_;
  return idle() ? "" : absl::StrCat(heard_, " of ", said_, " came back");
}

// ---- The other side.

struct SteadyHost::Connection {
  explicit Connection(std::unique_ptr<SocketPeer> its_peer) : peer(std::move(its_peer)) {}
  std::unique_ptr<SocketPeer> peer;
  H1Reader reader{H1Reader::Role::kRequests};
  std::optional<WsMessages> tunnel;
};

SteadyHost::SteadyHost(EventLoop& loop)
    : acceptor_(loop, [this](std::unique_ptr<SocketPeer> peer) {
        connections_.push_back(std::make_unique<Connection>(std::move(peer)));
        Connection& connection = *connections_.back();
        connection.peer->OnActivity([this, &connection] { OnActivity(connection); });
      }) {}
SteadyHost::~SteadyHost() = default;

void SteadyHost::OnActivity(Connection& connection) {
  const std::string bytes = connection.peer->Take();
  if (connection.tunnel.has_value()) {
    for (const std::string& message : connection.tunnel->Feed(bytes)) {
      connection.peer->Send(WsBytes({.payload = message}));
    }
  } else {
    for (const H1Message& request : connection.reader.Feed(bytes)) {
      if (!request.header("upgrade").has_value()) {
        connection.peer->Send(absl::StrCat(
            "HTTP/1.1 200 OK\r\ncontent-length: ", sizeof(kHello) - 1, "\r\n\r\n", kHello));
        continue;
      }
      connection.peer->Send(WsAccept(request));
      connection.tunnel.emplace();
    }
  }
  if (!connection.peer->ended()) return;
  std::erase_if(connections_, [&](const auto& one) { return one.get() == &connection; });
}

}  // namespace sluice
