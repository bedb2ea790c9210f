#include "test/harness/h1_peer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "source/base/check.h"

namespace sluice {
namespace {

const H1Message& TheNth(const std::vector<H1Message>& messages, size_t index, const char* what) {
  static const H1Message none;
  if (index < messages.size()) return messages[index];
  ADD_FAILURE() << "no " << what << " " << index << "; " << messages.size() << " have come";
  return none;
}

std::string Lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) absl::StrAppend(&text, line, "\r\n");
  return text;
}

}  // namespace

H1Client::H1Client(SimWorld& world, const Address& to) : peer_(world.memory().Dial(to)) {
  peer_->OnActivity([this] { OnActivity(); });
}

void H1Client::Get(absl::string_view path, const std::vector<std::string>& header_lines) {
  Send(absl::StrCat("GET ", path, " HTTP/1.1\r\nhost: test\r\n", Lines(header_lines), "\r\n"));
}

void H1Client::Post(absl::string_view path, absl::string_view body,
                    const std::vector<std::string>& header_lines) {
  Send(absl::StrCat("POST ", path, " HTTP/1.1\r\nhost: test\r\ncontent-length: ", body.size(),
                    "\r\n", Lines(header_lines), "\r\n", body));
}

const H1Message& H1Client::response(size_t index) const {
  return TheNth(responses_, index, "response");
}

void H1Client::OnActivity() {
  for (H1Message& message : reader_.Feed(peer_->Take())) responses_.push_back(std::move(message));
  if (peer_->got_fin() && !ended_) {
    if (std::optional<H1Message> last = reader_.FeedEnd(); last.has_value()) {
      responses_.push_back(*std::move(last));
    }
  }
  ended_ = ended_ || peer_->got_fin() || peer_->got_reset();
}

H1Answer H1Answer::Of(int status, absl::string_view body,
                      const std::vector<std::string>& header_lines) {
  return {absl::StrCat("HTTP/1.1 ", status, " Whatever\r\ncontent-length: ", body.size(), "\r\n",
                       Lines(header_lines), "\r\n", body)};
}

struct H1Server::PeerConnection {
  PeerConnection(H1Server& server, std::unique_ptr<MemoryPeer> peer)
      : server(server),
        peer(std::move(peer)),
        timer(server.world_.main().loop, this, kMethod<&PeerConnection::AnswerNext>) {}
  // In order: a slow answer holds up those behind it.
  void AnswerNext() {
    if (answers.empty()) return;
    const H1Answer answer = std::move(answers.front());
    answers.pop_front();
    peer->Send(answer.bytes);
    if (answer.then == H1Answer::Then::kKeep) return Arm();
    if (answer.then == H1Answer::Then::kReset) peer->Reset();
    server.Forget(*this);
  }
  void Arm() {
    if (!answers.empty() && !timer.armed()) timer.Arm(answers.front().delay);
  }
  H1Server& server;
  std::unique_ptr<MemoryPeer> peer;
  Timer timer;
  H1Reader reader{H1Reader::Role::kRequests};
  std::deque<H1Answer> answers;
};

H1Server::H1Server(SimWorld& world, const Address& at, OnRequest on_request)
    : world_(world), at_(at), on_request_(std::move(on_request)) {
  AcceptConnections();
}

H1Server::~H1Server() { RefuseConnections(); }

void H1Server::AcceptConnections() {
  world_.memory().Serve(at_, [this](std::unique_ptr<MemoryPeer> peer) { OnPeer(std::move(peer)); });
}

void H1Server::OnPeer(std::unique_ptr<MemoryPeer> peer) {
  ++accepted_;
  connections_.push_back(std::make_unique<PeerConnection>(*this, std::move(peer)));
  PeerConnection& connection = *connections_.back();
  connection.peer->OnActivity([this, &connection] { OnActivity(connection); });
}

void H1Server::OnActivity(PeerConnection& connection) {
  MemoryPeer& peer = *connection.peer;
  for (const H1Message& request : connection.reader.Feed(peer.Take())) {
    requests_.push_back(request);
    connection.answers.push_back(on_request_(request));
  }
  // The main loop's turn answers, at the earliest at its next one.
  connection.Arm();
  if (peer.got_fin() || peer.got_reset()) Forget(connection);
}

void H1Server::Forget(PeerConnection& connection) {
  const auto at = std::find_if(connections_.begin(), connections_.end(),
                               [&](const auto& each) { return each.get() == &connection; });
  SLUICE_CHECK(at != connections_.end());
  const std::unique_ptr<PeerConnection> ended = std::move(*at);
  connections_.erase(at);
}

void H1Server::CloseAll() { connections_.clear(); }

void H1Server::ResetAll() {
  for (const auto& connection : connections_) connection->peer->Reset();
  connections_.clear();
}

const H1Message& H1Server::request(size_t index) const {
  return TheNth(requests_, index, "request");
}

MemoryPeer& H1Server::connection(size_t index) {
  if (index < connections_.size()) return *connections_[index]->peer;
  ADD_FAILURE() << "no connection " << index << "; " << connections_.size() << " are open";
  auto link = std::make_shared<MemoryLink>(LinkShape(), Address(), at_);
  nowhere_ = std::make_unique<MemoryPeer>(world_.clock(), std::move(link), MemoryLink::kServer);
  return *nowhere_;
}

}  // namespace sluice
