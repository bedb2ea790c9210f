#include "test/harness/h2_peer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "source/base/check.h"

namespace sluice {
namespace {

constexpr uint16_t kInitialWindow = 4, kMaxFrameSize = 5;
constexpr size_t kFrameBytes = 16384;

}  // namespace

std::string H2Message::Get(absl::string_view name) const {
  for (const auto& [field, value] : head) {
    if (field == name) return value;
  }
  return "";
}

int H2Message::status() const {
  int status = 0;
  return absl::SimpleAtoi(Get(":status"), &status) ? status : 0;
}

H2Endpoint::H2Endpoint(std::unique_ptr<MemoryPeer> peer, Role role, const H2PeerOptions& options)
    : peer_(std::move(peer)),
      role_(role),
      options_(options),
      preface_done_(role == Role::kClient),
      settings_({{1, 4096}, {2, 1}, {kInitialWindow, 65535}, {kMaxFrameSize, kFrameBytes}}) {
  peer_->OnActivity([this] { OnBytes(); });
  if (role == Role::kClient) Send(kH2Preface);
  Send(H2SettingsFrame(options.settings));
}

void H2Endpoint::SendHead(uint32_t stream, const H2Fields& fields, End end) {
  const std::string frame = H2HeadersFrame(stream, fields, end == End::kYes ? kH2EndStream : 0);
  Outgoing& out = OutgoingOf(stream);
  if (!out.queued) return Send(frame);
  out.behind = frame;  // trailers, until the body is out
}

void H2Endpoint::SendData(uint32_t stream, absl::string_view bytes, End end) {
  Outgoing& out = OutgoingOf(stream);
  out.bytes.append(bytes.data(), bytes.size());
  out.end = end;
  out.queued = true;
  Flush();
}

void H2Endpoint::Reset(uint32_t stream, uint32_t code) {
  outgoing_.erase(stream);
  Send(H2RstStreamFrame(stream, code));
}

H2Endpoint::Outgoing& H2Endpoint::OutgoingOf(uint32_t stream) {
  const auto [at, added] = outgoing_.try_emplace(stream);
  if (added) at->second.window = settings_[kInitialWindow];
  return at->second;
}

size_t H2Endpoint::unsent_bytes(uint32_t stream) const {
  const auto at = outgoing_.find(stream);
  return at == outgoing_.end() ? 0 : at->second.bytes.size();
}

void H2Endpoint::Flush() {
  for (auto& [stream, out] : outgoing_) {
    while (out.queued) {
      const int64_t room = std::min({window_, out.window, static_cast<int64_t>(kFrameBytes)});
      if (room <= 0 && !out.bytes.empty()) break;
      const size_t n = std::min(out.bytes.size(), static_cast<size_t>(std::max<int64_t>(room, 0)));
      const bool last = n == out.bytes.size();
      Send(H2DataFrame(stream, absl::string_view(out.bytes).substr(0, n),
                       last && out.end == End::kYes ? kH2EndStream : 0));
      out.bytes.erase(0, n);
      out.window -= static_cast<int64_t>(n);
      window_ -= static_cast<int64_t>(n);
      if (!last) continue;
      out.queued = false;
      Send(std::exchange(out.behind, {}));
    }
  }
}

const H2Message& H2Endpoint::message(uint32_t stream) const {
  static const H2Message none;
  const auto at = messages_.find(stream);
  return at == messages_.end() ? none : at->second;
}

uint32_t H2Endpoint::setting(uint16_t id) const {
  const auto at = settings_.find(id);
  return at == settings_.end() ? 0 : at->second;
}

void H2Endpoint::OnBytes() {
  wire_ += peer_->Take();
  if (!preface_done_ && wire_.size() >= kH2Preface.size()) {
    if (!absl::StartsWith(wire_, kH2Preface)) ADD_FAILURE() << "no HTTP/2 preface";
    wire_.erase(0, kH2Preface.size());
    preface_done_ = true;
  }
  if (preface_done_) {
    for (const H2Frame& frame : reader_.Feed(std::exchange(wire_, {}))) OnFrame(frame);
  }
  ended_ = ended_ || peer_->got_fin() || peer_->got_reset();
  if (on_activity_) on_activity_();
}

void H2Endpoint::OnFrame(const H2Frame& frame) {
  switch (frame.type) {
    case H2Type::kData: {
      H2Message& message = messages_[frame.stream];
      message.stream = frame.stream;
      message.body += frame.payload;
      message.complete = message.complete || frame.end_stream();
      if (!options_.give_windows || frame.payload.empty()) return;
      const uint32_t size = static_cast<uint32_t>(frame.payload.size());
      Send(H2WindowUpdateFrame(0, size));
      if (!frame.end_stream()) Send(H2WindowUpdateFrame(frame.stream, size));
      return;
    }
    case H2Type::kHeaders:
      block_ends_stream_ = frame.end_stream();
      block_ = frame.payload;
      if ((frame.flags & kH2EndHeaders) != 0) OnHeaderBlock(frame.stream, block_ends_stream_);
      return;
    case H2Type::kContinuation:
      block_ += frame.payload;
      if ((frame.flags & kH2EndHeaders) != 0) OnHeaderBlock(frame.stream, block_ends_stream_);
      return;
    case H2Type::kRstStream:
      messages_[frame.stream].stream = frame.stream;
      messages_[frame.stream].reset = H2ReadUint32(frame.payload);
      outgoing_.erase(frame.stream);
      return;
    case H2Type::kSettings:
      return OnSettings(frame);
    case H2Type::kPing:
      if (frame.ack()) {
        ++pings_answered_;
        return;
      }
      ++pings_received_;
      if (options_.acknowledge) Send(H2PingFrame(frame.payload, kH2Ack));
      return;
    case H2Type::kGoaway:
      goaways_.emplace_back(H2ReadUint32(frame.payload), H2ReadUint32(frame.payload, 4));
      return;
    case H2Type::kWindowUpdate:
      (frame.stream == 0 ? window_ : OutgoingOf(frame.stream).window) +=
          H2ReadUint32(frame.payload);
      return Flush();
    default:
      return;
  }
}

void H2Endpoint::OnHeaderBlock(uint32_t stream, bool end) {
  H2Fields fields;
  if (!hpack_.Decode(block_, &fields)) ADD_FAILURE() << "bad HPACK on stream " << stream;
  H2Message& message = messages_[stream];
  message.stream = stream;
  message.complete = end;
  const bool informational =
      !fields.empty() && fields[0].first == ":status" && fields[0].second[0] == '1';
  if (informational) {
    message.informational.push_back(std::move(fields));
  } else if (message.head.empty()) {
    message.head = std::move(fields);
  } else {
    message.trailers = std::move(fields);
  }
}

void H2Endpoint::OnSettings(const H2Frame& frame) {
  if (frame.ack()) {
    settings_acknowledged_ = true;
    return;
  }
  for (size_t at = 0; at + 6 <= frame.payload.size(); at += 6) {
    const uint16_t id = static_cast<uint16_t>(H2ReadUint32(frame.payload, at) >> 16);
    const uint32_t value = H2ReadUint32(frame.payload, at + 2);
    if (id == kInitialWindow) {
      for (auto& [stream, out] : outgoing_) out.window += int64_t{value} - settings_[id];
    }
    settings_[id] = value;
  }
  if (options_.acknowledge) Send(H2SettingsAck());
  Flush();
}

// ---- The client.

H2Client::H2Client(SimWorld& world, const Address& to, const H2PeerOptions& options)
    : endpoint_(world.memory().Dial(to), H2Endpoint::Role::kClient, options) {}

uint32_t H2Client::Start(const H2Fields& fields, End end) {
  const uint32_t stream = next_stream_;
  next_stream_ += 2;
  endpoint_.SendHead(stream, fields, end);
  return stream;
}

uint32_t H2Client::Get(absl::string_view path, const H2Fields& more) {
  return Start(H2Get(path, more), End::kYes);
}

uint32_t H2Client::Post(absl::string_view path, absl::string_view body, const H2Fields& more) {
  H2Fields fields = H2Get(path, more);
  fields[0].second = "POST";
  const uint32_t stream = Start(fields, End::kNo);
  endpoint_.SendData(stream, body, End::kYes);
  return stream;
}

// ---- The server.

H2Answer H2Answer::Of(int status, absl::string_view body, const H2Fields& more) {
  H2Answer answer;
  answer.head = {{":status", absl::StrCat(status)}};
  answer.head.insert(answer.head.end(), more.begin(), more.end());
  answer.body = std::string(body);
  return answer;
}

struct H2Server::PeerConnection {
  struct Due {
    uint32_t stream;
    H2Answer answer;
  };
  PeerConnection(H2Server& server, std::unique_ptr<MemoryPeer> peer)
      : endpoint(std::move(peer), H2Endpoint::Role::kServer, server.options_),
        timer(server.world_.main().loop, this, kMethod<&PeerConnection::AnswerNext>) {}
  // In order: a slow answer holds up those behind it.
  void AnswerNext() {
    if (due.empty()) return;
    const Due next = std::move(due.front());
    due.pop_front();
    const H2Answer& answer = next.answer;
    if (!answer.head.empty()) {
      const bool more = !answer.body.empty() || !answer.trailers.empty() || answer.reset;
      endpoint.SendHead(next.stream, answer.head, more ? End::kNo : End::kYes);
      const bool body_last = answer.trailers.empty() && !answer.reset;
      if (!answer.body.empty()) {
        endpoint.SendData(next.stream, answer.body, body_last ? End::kYes : End::kNo);
      }
      if (!answer.trailers.empty()) endpoint.SendTrailers(next.stream, answer.trailers);
    }
    if (answer.reset) endpoint.Reset(next.stream, *answer.reset);
    Arm();
  }
  void Arm() {
    if (!due.empty() && !timer.armed()) timer.Arm(due.front().answer.delay);
  }
  H2Endpoint endpoint;
  Timer timer;
  std::deque<Due> due;
  std::vector<uint32_t> asked;
};

H2Server::H2Server(SimWorld& world, const Address& at, OnRequest on_request,
                   const H2PeerOptions& options)
    : world_(world), at_(at), on_request_(std::move(on_request)), options_(options) {
  world_.memory().Serve(at_, [this](std::unique_ptr<MemoryPeer> peer) { OnPeer(std::move(peer)); });
}

H2Server::~H2Server() { RefuseConnections(); }

void H2Server::OnPeer(std::unique_ptr<MemoryPeer> peer) {
  ++accepted_;
  connections_.push_back(std::make_unique<PeerConnection>(*this, std::move(peer)));
  PeerConnection& connection = *connections_.back();
  connection.endpoint.OnActivity([this, &connection] { OnActivity(connection); });
}

void H2Server::OnActivity(PeerConnection& connection) {
  for (const auto& [stream, message] : connection.endpoint.messages()) {
    const auto& asked = connection.asked;
    if (!message.complete || std::count(asked.begin(), asked.end(), stream) > 0) continue;
    connection.asked.push_back(stream);
    requests_.push_back(message);
    connection.due.push_back({stream, on_request_(message)});
  }
  connection.Arm();
  if (!connection.endpoint.closed_by_peer()) return;
  const auto at = std::find_if(connections_.begin(), connections_.end(),
                               [&](const auto& each) { return each.get() == &connection; });
  SLUICE_CHECK(at != connections_.end());
  const std::unique_ptr<PeerConnection> ended = std::move(*at);
  connections_.erase(at);
}

void H2Server::CloseAll() { connections_.clear(); }

H2Endpoint& H2Server::connection(size_t index) {
  if (index < connections_.size()) return connections_[index]->endpoint;
  ADD_FAILURE() << "no connection " << index << "; " << connections_.size() << " are open";
  auto link = std::make_shared<MemoryLink>(LinkShape(), Address(), at_);
  auto peer = std::make_unique<MemoryPeer>(world_.clock(), std::move(link), MemoryLink::kServer);
  nowhere_ = std::make_unique<H2Endpoint>(std::move(peer), H2Endpoint::Role::kServer, options_);
  return *nowhere_;
}

}  // namespace sluice
