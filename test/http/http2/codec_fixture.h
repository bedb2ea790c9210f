// An HTTP/2 codec of either role with hands on all its sides: raw frames in, frames out as lines,
// the users of its streams, the connection that it resumes. What happens is written down in
// `events`.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "source/http/http2/codec.h"
#include "test/harness/h2_wire.h"
#include "test/harness/sim_world.h"

namespace sluice {

inline const char* ResetName(StreamReset reset) {
  static constexpr const char* kNames[] = {"peer", "refused", "connection", "protocol error",
                                           "local"};
  return kNames[static_cast<int>(reset)];
}

// The user of one stream: writes down what comes in, gives out what a test has put there.
class H2TestStream final : public StreamEvents {
 public:
  H2TestStream(std::string& events, Codec*& codec, int number)
      : events_(events), codec_(codec), number_(number) {}

  Headers& BeginHeaders(HeadersKind kind) override {
    return kind == HeadersKind::kTrailers ? in_trailers_ : (in_head_.Clear(), in_head_);
  }
  void OnHeaders(Headers& headers, End end) override {
    Fields("head", headers);
    NoteEnd(end);
    if (on_headers_) on_headers_();
  }
  void OnInformational(Headers& headers) override { Fields("informational", headers); }
  void OnData(Buffer& data, End end) override {
    EXPECT_FALSE(ended_) << "data after the end";
    body_ += data.ToString();
    pieces_ += 1;
    data.Clear();
    NoteEnd(end);
    if (on_data_) on_data_();
  }
  void OnTrailers(Headers& trailers) override {
    Fields("trailers", trailers);
    NoteEnd(End::kYes);
  }
  void OnReset(StreamReset reset, ResetCode code) override {
    EXPECT_FALSE(over_);
    over_ = true;
    absl::StrAppend(&events_, number_, " reset ", ResetName(reset), " ",
                    H2CodeName(static_cast<uint32_t>(code)), "\n");
    message_error_ = codec_->message_error();
    if (on_over_) on_over_();
  }
  void OnComplete() override {
    EXPECT_FALSE(over_);
    over_ = true;
    absl::StrAppend(&events_, number_, " complete\n");
    if (on_over_) on_over_();
  }
  BodyState FillBody(Buffer& out, size_t bytes_max) override {
    EXPECT_FALSE(over_);
    ++pulls_;
    largest_pull_ = std::max(largest_pull_, bytes_max);
    const size_t n = std::min(bytes_max, to_send_.size());
    out.Append(absl::string_view(to_send_).substr(0, n));
    to_send_.erase(0, n);
    if (on_fill_) on_fill_();
    return to_send_.empty() ? after_ : BodyState::kMore;
  }
  Headers& OutgoingTrailers() override { return out_trailers_; }

  // What FillBody gives, and what it says after the last of it; tells the codec.
  void Give(absl::string_view bytes, BodyState after) {
    to_send_ += std::string(bytes);
    after_ = after;
    stream_->BodyReady();
  }
  void Send(const H2Fields& fields, End end) {
    Arena arena;
    Headers headers(arena);
    for (const auto& [name, value] : fields) headers.Add(name, value);
    stream_->SendHeaders(headers, end);
  }
  void SendInformational(const H2Fields& fields) {
    Arena arena;
    Headers headers(arena);
    for (const auto& [name, value] : fields) headers.Add(name, value);
    stream_->SendInformational(headers);
  }
  void Answer(absl::string_view status, absl::string_view body = "") {
    Send({{":status", std::string(status)}}, body.empty() ? End::kYes : End::kNo);
    if (!body.empty()) Give(body, BodyState::kEnd);
  }

  CodecStream* stream_ = nullptr;
  Arena arena_;
  Headers in_head_{arena_};
  Headers in_trailers_{arena_};
  Headers out_trailers_{arena_};
  std::string body_;
  std::string to_send_;
  BodyState after_ = BodyState::kMore;
  std::function<void()> on_headers_, on_data_, on_over_, on_fill_;
  CodecError message_error_ = CodecError::kNone;
  size_t largest_pull_ = 0;
  int pieces_ = 0;
  int pulls_ = 0;
  bool ended_ = false;
  bool over_ = false;

 private:
  void Fields(absl::string_view what, const Headers& headers) {
    absl::StrAppend(&events_, number_, " ", what);
    for (const Header& header : headers) {
      absl::StrAppend(&events_, " ", header.name, "=", absl::CHexEscape(header.value));
    }
    absl::StrAppend(&events_, "\n");
  }
  void NoteEnd(End end) {
    if (end == End::kNo) return;
    EXPECT_FALSE(ended_) << "two ends";
    ended_ = true;
    if (!body_.empty()) absl::StrAppend(&events_, number_, " body \"", body_, "\"\n");
    absl::StrAppend(&events_, number_, " end\n");
  }
  std::string& events_;
  Codec*& codec_;
  const int number_;
};

class Http2Rig : private ServerEvents, private FlowSource {
 public:
  virtual ~Http2Rig() { owned_.reset(); }

  // Past the exchange of SETTINGS, unless a test wants to do that itself.
  void MakeServer() {
    owned_ = MakeHttp2ServerCodec(*this, limits_, options_, stats_, world_.worker(), *this);
    codec_ = owned_.get();
  }
  void MakeClient() {
    auto client = MakeHttp2ClientCodec(limits_, options_, stats_, world_.worker(), *this);
    client_ = client.get();
    owned_ = std::move(client);
    codec_ = client_;
  }
  void StartServer() {
    MakeServer();
    EXPECT_EQ(Receive(absl::StrCat(kH2Preface, H2SettingsFrame(), H2SettingsAck())),
              CodecError::kNone);
    first_wire_ = Wire();
  }
  void StartClient(const std::vector<std::pair<uint16_t, uint32_t>>& peer_settings = {}) {
    MakeClient();
    first_wire_ = Wire();
    EXPECT_EQ(Receive(absl::StrCat(H2SettingsFrame(peer_settings), H2SettingsAck())),
              CodecError::kNone);
    Wire();
  }

  CodecError Receive(absl::string_view bytes, End end = End::kNo) {
    in_.Append(bytes);
    const CodecError error = codec_->Parse(in_, end);
    EXPECT_TRUE(in_.empty());
    return error;
  }
  // All that is ready, `bytes_max` at a time.
  std::string Wire(size_t bytes_max = 65536) {
    std::string wire;
    while (codec_->wants_fill()) {
      Buffer out(world_.worker().slabs);
      codec_->Fill(out, bytes_max);
      wire += out.ToString();
      if (out.empty()) break;
    }
    return wire;
  }
  // The same as lines.
  std::string Sent(size_t bytes_max = 65536) {
    return describer_.Lines(Wire(bytes_max), {"SETTINGS", "WINDOW_UPDATE"});
  }
  std::string SentAll() { return describer_.Lines(Wire()); }
  std::string TakeEvents() { return std::exchange(events_, {}); }

  // Client role.
  H2TestStream& Start(const H2Fields& fields = H2Get("/"), End end = End::kYes) {
    H2TestStream& stream = NewTestStream();
    stream.stream_ = &client_->StartStream(stream);
    stream.Send(fields, end);
    return stream;
  }
  H2TestStream& stream(size_t index) { return streams_.at(index); }

  H2TestStream& NewTestStream() {
    return streams_.emplace_back(events_, codec_, static_cast<int>(streams_.size()));
  }
  StreamEvents& OnNewStream(CodecStream& stream) override {
    H2TestStream& user = NewTestStream();
    user.stream_ = &stream;
    user.on_headers_ = [this, &user] {
      if (on_request_) on_request_(user);
    };
    return user;
  }
  StreamEvents* OnBadRequest(CodecStream* stream, CodecError error) override {
    absl::StrAppend(&events_, "bad request: ", CodecErrorDetail(error), "\n");
    if (stream == nullptr || !answer_bad_requests_) return nullptr;
    H2TestStream& user = NewTestStream();
    user.stream_ = stream;
    user.Answer("431", "too large");
    return &user;
  }
  void PauseReading() override {}
  void ResumeReading() override { ++resumes_; }

  uint64_t Stat(absl::string_view name) {
    return world_.stats().Value(absl::StrCat("http.test.http2.", name));
  }

  SimWorld world_;
  CodecLimits limits_;
  Http2Options options_;
  Http2Stats stats_{world_.stats(), "http.test."};
  Buffer in_{world_.worker().slabs};
  std::string events_;
  std::deque<H2TestStream> streams_;
  std::unique_ptr<Codec> owned_;
  Codec* codec_ = nullptr;
  ClientCodec* client_ = nullptr;
  std::function<void(H2TestStream&)> on_request_;
  H2Describer describer_;
  std::string first_wire_;
  bool answer_bad_requests_ = true;
  int resumes_ = 0;
};

class Http2CodecFixture : public testing::Test, protected Http2Rig {};

}  // namespace sluice
