// A codec of either role with hands on all its sides: bytes in, bytes out, one stream's user, and
// the connection that it pauses.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "source/base/arena.h"
#include "source/base/slab_pool.h"
#include "source/http/http1/codec.h"

namespace sluice {

using FieldList = std::vector<std::pair<absl::string_view, absl::string_view>>;

// The user of one stream: keeps what comes in, gives out what a test has put there.
class ScriptedStream final : public StreamEvents {
 public:
  Headers& BeginHeaders(HeadersKind kind) override {
    return kind == HeadersKind::kTrailers ? in_trailers_ : (in_head_.Clear(), in_head_);
  }
  void OnHeaders(Headers&, End end) override { ended_ = end == End::kYes; }
  void OnInformational(Headers&) override { ++informational_; }
  void OnData(Buffer& data, End end) override {
    body_ += data.ToString();
    data.Clear();
    if (end == End::kYes) ended_ = true;
    if (reset_on_data_ != nullptr) reset_on_data_->Reset(ResetCode::kCancel);
  }
  void OnTrailers(Headers&) override { ended_ = true; }
  void OnReset(StreamReset, ResetCode) override { ++resets_; }
  void OnComplete() override { ++completes_; }
  BodyState FillBody(Buffer& out, size_t bytes_max) override {
    ++pulls_;
    const size_t n = std::min(bytes_max, to_send_.size());
    out.Append(absl::string_view(to_send_).substr(0, n));
    to_send_.erase(0, n);
    return to_send_.empty() ? after_ : BodyState::kMore;
  }
  Headers& OutgoingTrailers() override { return out_trailers_; }

  // What FillBody gives, and what it says after the last of it.
  void Give(absl::string_view bytes, BodyState after) {
    to_send_ += std::string(bytes);
    after_ = after;
  }

  Arena arena_;
  Headers in_head_{arena_};
  Headers in_trailers_{arena_};
  Headers out_trailers_{arena_};
  std::string body_;
  std::string to_send_;
  BodyState after_ = BodyState::kMore;
  CodecStream* reset_on_data_ = nullptr;
  bool ended_ = false;
  int informational_ = 0;
  int resets_ = 0;
  int completes_ = 0;
  int pulls_ = 0;
};

class CodecFixture : public testing::Test, protected ServerEvents, protected FlowSource {
 protected:
  void MakeServer() { codec_ = MakeHttp1ServerCodec(*this, limits_, options_, pool_, *this); }
  void MakeClient() {
    auto client = MakeHttp1ClientCodec(limits_, options_, pool_, *this);
    client_ = client.get();
    codec_ = std::move(client);
  }

  CodecError Read(absl::string_view bytes, End end = End::kNo) {
    in_.Append(bytes);
    return codec_->Parse(in_, end);
  }
  // All that is ready, `bytes_max` at a time.
  std::string Written(size_t bytes_max = 65536) {
    std::string text;
    while (codec_->wants_fill()) {
      Buffer out(pool_);
      codec_->Fill(out, bytes_max);
      text += out.ToString();
      if (out.empty()) break;
    }
    return text;
  }
  void Send(const FieldList& fields, End end) {
    Arena arena;
    Headers headers(arena);
    for (const auto& [name, value] : fields) headers.Add(name, value);
    codec_stream_->SendHeaders(headers, end);
  }
  void SendInformational(const FieldList& fields) {
    Arena arena;
    Headers headers(arena);
    for (const auto& [name, value] : fields) headers.Add(name, value);
    codec_stream_->SendInformational(headers);
  }
  // Client role.
  ScriptedStream& Start() {
    stream_ = &streams_.emplace_back();
    codec_stream_ = &client_->StartStream(*stream_);
    return *stream_;
  }

  StreamEvents& OnNewStream(CodecStream& stream) override {
    codec_stream_ = &stream;
    stream_ = &streams_.emplace_back();
    return *stream_;
  }
  void PauseReading() override { ++pauses_; }
  void ResumeReading() override { --pauses_; }

  CodecLimits limits_;
  Http1Options options_;
  SlabPool pool_;
  Buffer in_{pool_};
  std::deque<ScriptedStream> streams_;
  std::unique_ptr<Codec> codec_;
  ClientCodec* client_ = nullptr;
  CodecStream* codec_stream_ = nullptr;
  ScriptedStream* stream_ = nullptr;
  int pauses_ = 0;
};

}  // namespace sluice
