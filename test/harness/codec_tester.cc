#include "test/harness/codec_tester.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "source/base/arena.h"
#include "source/base/slab_pool.h"
#include "source/http/http1/codec.h"

namespace sluice {
namespace {

// The events of all streams of one connection, written down.
class Transcriber {
 public:
  void Line(absl::string_view text) {
    FlushData();
    absl::StrAppend(&text_, text, "\n");
  }
  void Fields(absl::string_view what, const Headers& headers) {
    std::string line(what);
    for (const Header& header : headers) {
      absl::StrAppend(&line, " ", header.name, "=", absl::CHexEscape(header.value));
    }
    Line(line);
  }
  void Data(absl::string_view bytes) { absl::StrAppend(&data_, bytes); }
  std::string Take() {
    FlushData();
    return std::move(text_);
  }

 private:
  void FlushData() {
    if (!data_.empty()) absl::StrAppend(&text_, "data \"", absl::CHexEscape(data_), "\"\n");
    data_.clear();
  }
  std::string text_;
  std::string data_;
};

class RecordedStream final : public StreamEvents {
 public:
  explicit RecordedStream(Transcriber& out) : out_(out), head_(arena_), trailers_(arena_) {}

  Headers& BeginHeaders(HeadersKind kind) override {
    return kind == HeadersKind::kTrailers ? trailers_ : (head_.Clear(), head_);
  }
  void OnHeaders(Headers& headers, End end) override {
    out_.Fields("head", headers);
    if (end == End::kNo) tunnel_status_ = TunnelStatus(headers);
    NoteEnd(end);
  }
  void OnInformational(Headers& headers) override { out_.Fields("informational", headers); }
  void OnData(Buffer& data, End end) override {
    EXPECT_FALSE(ended_) << "data after the end";
    out_.Data(data.ToString());
    data.Clear();
    NoteEnd(end);
  }
  void OnTrailers(Headers& trailers) override {
    out_.Fields("trailers", trailers);
    NoteEnd(End::kYes);
  }
  void OnReset(StreamReset reset, ResetCode code) override {
    static constexpr const char* kNames[] = {"peer", "refused", "connection", "protocol error",
                                             "local"};
    out_.Line(absl::StrCat("reset ", kNames[static_cast<int>(reset)]));
    over_ = true;
  }
  void OnComplete() override {
    out_.Line("complete");
    over_ = true;
  }
  BodyState FillBody(Buffer&, size_t) override { return BodyState::kEnd; }
  Headers& OutgoingTrailers() override { return trailers_; }

  bool ended() const { return ended_; }
  bool over() const { return over_; }
  // Of the answer that opens the tunnel the request asks for, once; empty: it asks for none.
  std::string TakeTunnelStatus() { return std::exchange(tunnel_status_, {}); }

 private:
  static std::string TunnelStatus(const Headers& request) {
    if (request.Get(HeaderId::kMethod) == "CONNECT") return "200";
    return request.Has(HeaderId::kUpgrade) && request.Has(HeaderId::kConnection) ? "101" : "";
  }
  void NoteEnd(End end) {
    if (end == End::kNo) return;
    EXPECT_FALSE(ended_) << "two ends";
    ended_ = true;
    out_.Line("end");
  }
  Transcriber& out_;
  Arena arena_;
  Headers head_;
  Headers trailers_;
  std::string tunnel_status_;
  bool ended_ = false;
  bool over_ = false;
};

// Puts `bytes` at the end of a block of its own, so that what follows begins in another.
void AppendAtBlockEnd(Buffer& in, absl::string_view bytes) {
  if (bytes.empty()) return;
  if (bytes.size() > Block::capacity()) return in.Append(bytes);
  Buffer piece(in.pool());
  char* const to = piece.ReserveContiguous(Block::capacity());
  std::copy(bytes.begin(), bytes.end(), to + Block::capacity() - bytes.size());
  piece.CommitContiguous(Block::capacity());
  piece.Drain(Block::capacity() - bytes.size());
  in.MoveFrom(piece);
}

}  // namespace

// One connection: reads, pauses and writes as net/connection does.
class CodecRun final : private ServerEvents, private FlowSource {
 public:
  CodecRun(const CodecTester& tester, CodecTester::Role role) : tester_(tester), in_(pool_) {
    if (role == CodecTester::Role::kServer) {
      codec_ = MakeHttp1ServerCodec(*this, tester.limits, tester.options, pool_, *this);
      return;
    }
    auto client = MakeHttp1ClientCodec(tester.limits, tester.options, pool_, *this);
    client_ = client.get();
    codec_ = std::move(client);
    SendRequests();
  }

  void Read(absl::string_view bytes) {
    in_.Append(bytes);
    Offer(End::kNo);
  }
  void ReadSlices(const std::vector<absl::string_view>& slices) {
    for (const absl::string_view slice : slices) AppendAtBlockEnd(in_, slice);
    Offer(End::kNo);
  }
  std::string Finish(End end) {
    if (end == End::kYes) Offer(end);
    if (codec_->error() != CodecError::kNone) {
      out_.Line(absl::StrCat("error ", CodecErrorName(codec_->error())));
    }
    if (!in_.empty()) out_.Line(absl::StrCat("left \"", absl::CHexEscape(in_.ToString()), "\""));
    if (codec_->must_close()) out_.Line("close");
    EXPECT_EQ(pauses_, 0);
    return out_.Take();
  }

 private:
  void Offer(End end) {
    const CodecError before = codec_->error();
    const CodecError error = codec_->Parse(in_, end);
    EXPECT_EQ(error, before == CodecError::kNone ? codec_->error() : CodecError::kNone)
        << "an error is to be returned once";
    while (Answer() && !in_.empty() && pauses_ == 0) codec_->Parse(in_, end);
    SendRequests();
  }

  // True: a request was complete and is answered now; or it asked for a tunnel, which is open now.
  bool Answer() {
    if (client_ != nullptr || streams_.empty()) return false;
    RecordedStream& stream = streams_.back();
    const std::string tunnel_status = stream.TakeTunnelStatus();
    if (stream.over() || (!stream.ended() && tunnel_status.empty())) return false;
    Arena arena;
    Headers headers(arena);
    headers.Add(HeaderId::kStatus, tunnel_status.empty() ? "200" : tunnel_status);
    codec_stream_->SendHeaders(headers, End::kYes);
    Buffer output(pool_);
    codec_->Fill(output, 65536);
    EXPECT_EQ(stream.over(), tunnel_status.empty());
    return true;
  }

  void SendRequests() {
    if (client_ == nullptr || sent_ == tester_.requests || client_->available_streams() == 0)
      return;
    if (!in_.empty()) return;
    ++sent_;
    Arena arena;
    Headers headers(arena);
    headers.AddReference(HeaderId::kMethod, tester_.method);
    headers.AddReference(HeaderId::kPath, "/");
    headers.AddReference(HeaderId::kAuthority, "a");
    if (tester_.asks_upgrade) headers.AddReference(HeaderId::kUpgrade, "websocket");
    client_->StartStream(streams_.emplace_back(out_)).SendHeaders(headers, End::kYes);
    Buffer output(pool_);
    codec_->Fill(output, 65536);
  }

  StreamEvents& OnNewStream(CodecStream& stream) override {
    codec_stream_ = &stream;
    return streams_.emplace_back(out_);
  }
  void PauseReading() override { ++pauses_; }
  void ResumeReading() override { --pauses_; }

  const CodecTester& tester_;
  Transcriber out_;
  SlabPool pool_;
  Buffer in_;
  std::deque<RecordedStream> streams_;
  std::unique_ptr<Codec> codec_;
  ClientCodec* client_ = nullptr;
  CodecStream* codec_stream_ = nullptr;
  size_t sent_ = 0;
  int pauses_ = 0;
};

std::string CodecTester::Run(Role role, const std::vector<absl::string_view>& reads,
                             bool one_read) const {
  CodecRun run(*this, role);
  if (one_read) {
    run.ReadSlices(reads);
  } else {
    for (const absl::string_view read : reads) run.Read(read);
  }
  return run.Finish(end);
}

std::string CodecTester::RunServer(const std::vector<absl::string_view>& reads) const {
  return Run(Role::kServer, reads, false);
}

std::string CodecTester::RunClient(const std::vector<absl::string_view>& reads) const {
  return Run(Role::kClient, reads, false);
}

template <class Check>
void CodecTester::ForEachCut(Role role, absl::string_view bytes, Check check) const {
  check(Run(role, {bytes}, false), "whole");
  std::vector<absl::string_view> single;
  for (size_t i = 0; i < bytes.size(); ++i) single.push_back(bytes.substr(i, 1));
  check(Run(role, single, false), "byte by byte");
  // Long cases are about limits: a cut in each stretch of them will do.
  const size_t step = bytes.size() > 2000 ? bytes.size() / 97 : 1;
  for (size_t cut = 1; cut < bytes.size() && !testing::Test::HasFailure(); cut += step) {
    const std::vector<absl::string_view> parts = {bytes.substr(0, cut), bytes.substr(cut)};
    check(Run(role, parts, false), absl::StrCat("two reads, cut at ", cut));
    check(Run(role, parts, true), absl::StrCat("two slices, cut at ", cut));
  }
}

namespace {

// Lines without their indentation.
std::string Trimmed(absl::string_view text) {
  std::vector<absl::string_view> lines;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (!line.empty()) lines.push_back(line);
  }
  return absl::StrJoin(lines, "\n");
}

}  // namespace

void CodecTester::ExpectRequest(absl::string_view bytes, absl::string_view expected) const {
  ForEachCut(Role::kServer, bytes, [&](const std::string& text, const std::string& how) {
    EXPECT_EQ(Trimmed(text), Trimmed(expected)) << how << " of " << absl::CHexEscape(bytes);
  });
}

void CodecTester::ExpectResponse(absl::string_view bytes, absl::string_view expected) const {
  ForEachCut(Role::kClient, bytes, [&](const std::string& text, const std::string& how) {
    EXPECT_EQ(Trimmed(text), Trimmed(expected)) << how << " of " << absl::CHexEscape(bytes);
  });
}

void CodecTester::ExpectRequestError(absl::string_view bytes, CodecError error) const {
  ExpectRequest(bytes, absl::StrCat("error ", CodecErrorName(error), "\nclose"));
}

void CodecTester::ExpectResponseError(absl::string_view bytes, CodecError error) const {
  const char* const cause =
      error == CodecError::kUnexpectedEnd ? "reset connection" : "reset protocol error";
  ExpectResponse(bytes, absl::StrCat(cause, "\nerror ", CodecErrorName(error), "\nclose"));
}

const char* CodecErrorName(CodecError error) {
  static constexpr const char* kNames[] = {"None",
                                           "BadStartLine",
                                           "BadMethod",
                                           "BadTarget",
                                           "BadVersion",
                                           "UnsupportedVersion",
                                           "BadHeaderName",
                                           "BadHeaderValue",
                                           "ObsoleteFold",
                                           "BareCrOrLf",
                                           "BadContentLength",
                                           "ConflictingFraming",
                                           "BadTransferEncoding",
                                           "BadHost",
                                           "BadChunk",
                                           "BadTrailer",
                                           "HeadersTooLarge",
                                           "TooManyHeaders",
                                           "TargetTooLong",
                                           "UnexpectedEnd",
                                           "UnexpectedMessage",
                                           "BadStatus",
                                           "BodyDisallowed",
                                           "Http2InvalidHeader",
                                           "Http2Messaging",
                                           "Http2TooManyHeaders",
                                           "Http2TargetTooLong",
                                           "Http2Protocol",
                                           "Http2FlowControl",
                                           "Http2StreamClosed",
                                           "Http2FrameSize",
                                           "Http2Compression",
                                           "Http2Internal",
                                           "Http2EmptyFrames",
                                           "Http2PriorityFrames",
                                           "Http2WindowUpdates",
                                           "Http2SettingsFrames",
                                           "Http2EarlyResets",
                                           "Http2Continuations",
                                           "Http2OutboundFrames",
                                           "Http2OutboundControlFrames"};
  static_assert(std::size(kNames) == static_cast<size_t>(CodecError::kCount));
  return kNames[static_cast<size_t>(error)];
}

}  // namespace sluice
