#include "test/fuzz/http2_run.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>

#include "absl/strings/str_cat.h"
#include "source/base/arena.h"
#include "source/http/http2/codec.h"
#include "test/harness/h2_wire.h"
#include "test/harness/sim_poller.h"

namespace sluice {
namespace {

[[noreturn]] void Abort(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::abort();
}

// What the users of streams do; by the bits of the first byte.
struct Behaviour {
  explicit Behaviour(uint8_t byte)
      : malformed_ends_stream((byte & 1) != 0),
        small_windows((byte & 2) != 0),
        answers((byte & 4) != 0),
        with_body((byte & 8) != 0),
        with_trailers((byte & 16) != 0),
        resets((byte & 32) != 0),
        pauses((byte & 64) != 0),
        fills((byte & 128) != 0) {}
  const bool malformed_ends_stream, small_windows, answers, with_body, with_trailers, resets,
      pauses,
      fills;  // output is pulled after each read
  // What is told does not depend on how reads are cut.
  bool quiet() const { return !answers && !resets && !fills; }
};

class FuzzStream final : public StreamEvents {
 public:
  enum class Side { kServes, kAsks };
  FuzzStream(const Behaviour& behaviour, Side side, std::string& events, int number)
      : behaviour_(behaviour), serves_(side == Side::kServes), events_(events), number_(number) {}
  void SetStream(CodecStream& stream) { stream_ = &stream; }

  Headers& BeginHeaders(HeadersKind kind) override {
    Alive();
    Headers& headers = kind == HeadersKind::kTrailers ? trailers_ : headers_;
    headers.Clear();
    return headers;
  }
  void OnHeaders(Headers& headers, End end) override {
    Fields("head", headers);
    NoteEnd(end);
    if (behaviour_.pauses) stream_->PauseReading();
    if (behaviour_.answers && serves_) Answer();
  }
  void OnInformational(Headers& headers) override { Fields("informational", headers); }
  void OnData(Buffer& data, End end) override {
    Alive();
    if (ended_) Abort("data behind the end");
    body_ += data.ToString();
    data.Clear();
    NoteEnd(end);
    if (behaviour_.resets && body_.size() > 3) Reset();
  }
  void OnTrailers(Headers& trailers) override {
    Fields("trailers", trailers);
    NoteEnd(End::kYes);
    if (behaviour_.pauses && !over_) stream_->ResumeReading();
  }
  void OnReset(StreamReset reset, ResetCode) override {
    Alive();
    over_ = true;
    absl::StrAppend(&events_, number_, " reset ", static_cast<int>(reset), "\n");
  }
  void OnComplete() override {
    Alive();
    over_ = true;
    absl::StrAppend(&events_, number_, " complete\n");
  }
  BodyState FillBody(Buffer& out, size_t bytes_max) override {
    Alive();
    const size_t bytes = std::min<size_t>(bytes_max, to_send_);
    out.Append(std::string(bytes, 'b'));
    to_send_ -= bytes;
    if (to_send_ > 0) return BodyState::kMore;
    return behaviour_.with_trailers ? BodyState::kTrailers : BodyState::kEnd;
  }
  Headers& OutgoingTrailers() override {
    out_trailers_.Clear();
    out_trailers_.Add("x-end", "1");
    return out_trailers_;
  }
  void Answer() {
    if (over_ || answered_) return;
    answered_ = true;
    Headers headers(arena_);
    headers.Add(HeaderId::kStatus, "200");
    headers.Add("x-number", absl::StrCat(number_));
    to_send_ = behaviour_.with_body ? 40000 : 0;
    const bool more = behaviour_.with_body || behaviour_.with_trailers;
    stream_->SendHeaders(headers, more ? End::kNo : End::kYes);
    if (more) stream_->BodyReady();
  }
  void Reset() {
    if (over_) return;
    over_ = true;
    stream_->Reset(ResetCode::kCancel);
  }
  void AtTheEnd() {
    if (over_) return;
    if (behaviour_.pauses) stream_->ResumeReading();
  }
  bool over() const { return over_; }

 private:
  void Alive() const {
    if (over_) Abort("an event behind the end of a stream");
  }
  void Fields(absl::string_view what, const Headers& headers) {
    Alive();
    absl::StrAppend(&events_, number_, " ", what);
    for (const Header& header : headers) {
      absl::StrAppend(&events_, " ", header.name, "=", header.value);
      if (header.name.empty()) Abort("a field without a name");
      if (header.value.find_first_of(absl::string_view("\r\n\0", 3)) != absl::string_view::npos) {
        Abort("a field that ends a line");
      }
    }
    absl::StrAppend(&events_, "\n");
  }
  void NoteEnd(End end) {
    if (end == End::kNo) return;
    if (ended_) Abort("two ends of a message");
    ended_ = true;
    absl::StrAppend(&events_, number_, " body ", body_, "\n");
  }
  const Behaviour& behaviour_;
  const bool serves_;
  std::string& events_;
  const int number_;
  CodecStream* stream_ = nullptr;
  Arena arena_;
  Headers headers_{arena_};
  Headers trailers_{arena_};
  Headers out_trailers_{arena_};
  std::string body_;
  size_t to_send_ = 0;
  bool ended_ = false;
  bool answered_ = false;
  bool over_ = false;
};

class Http2FuzzRun final : private ServerEvents, private FlowSource {
 public:
  Http2FuzzRun(Http2FuzzRole role, uint8_t first)
      : behaviour_(first), stats_(registry_, "fuzz."), in_(slabs_) {
    registry_.AddCells(cells_);
    options_.malformed_ends_stream = behaviour_.malformed_ends_stream;
    if (behaviour_.small_windows) {
      options_.stream_window_bytes = options_.connection_window_bytes = 65535;
      options_.concurrent_streams_max = 3;
      limits_.headers_bytes_max = 300;
      limits_.headers_count_max = 6;
    }
    if (role == Http2FuzzRole::kServer) {
      codec_ = MakeHttp2ServerCodec(*this, limits_, options_, stats_, worker_, *this);
      Read(absl::StrCat(kH2Preface, H2SettingsFrame()));
      return;
    }
    preface_bytes_ = kH2Preface.size();
    auto client = MakeHttp2ClientCodec(limits_, options_, stats_, worker_, *this);
    client_ = client.get();
    codec_ = std::move(client);
    for (int i = 0; i < 3; ++i) StartRequest();
    Pull();
    Read(H2SettingsFrame());
  }
  ~Http2FuzzRun() { codec_.reset(); }

  void Read(absl::string_view bytes) {
    in_.Append(bytes);
    const CodecError error = codec_->Parse(in_, End::kNo);
    if (!in_.empty()) Abort("bytes are left");
    if (error != CodecError::kNone && codec_->error() != error) Abort("an error is not kept");
    if (codec_->error() != CodecError::kNone && !codec_->must_close()) Abort("must close");
    if (behaviour_.fills) Pull();
  }
  Http2FuzzTold Finish() {
    Pull();
    if (codec_->error() != CodecError::kNone && codec_->open_streams() > 0) Abort("open streams");
    for (FuzzStream& stream : streams_) stream.AtTheEnd();
    Pull();
    Pull();
    size_t open = 0;
    for (const FuzzStream& stream : streams_) open += stream.over() ? 0 : 1;
    if (open != codec_->open_streams()) Abort("streams are miscounted");
    const Http2FuzzTold told = {events_, codec_->must_close()};
    codec_->OnConnectionLost();
    if (codec_->open_streams() != 0) Abort("streams outlive the connection");
    for (const FuzzStream& stream : streams_) {
      if (!stream.over()) Abort("a stream was not told");
    }
    return told;
  }

 private:
  void StartRequest() {
    FuzzStream& stream = NewStream();
    CodecStream& codec_stream = client_->StartStream(stream);
    stream.SetStream(codec_stream);
    Arena arena;
    Headers headers(arena);
    headers.Add(HeaderId::kMethod, streams_.size() == 1 ? "HEAD" : "GET");
    headers.Add(HeaderId::kPath, "/");
    headers.Add(HeaderId::kAuthority, "a");
    codec_stream.SendHeaders(headers, End::kYes);
  }
  FuzzStream& NewStream() {
    const auto side = client_ == nullptr ? FuzzStream::Side::kServes : FuzzStream::Side::kAsks;
    return streams_.emplace_back(behaviour_, side, events_, static_cast<int>(streams_.size()));
  }
  StreamEvents& OnNewStream(CodecStream& codec_stream) override {
    FuzzStream& stream = NewStream();
    stream.SetStream(codec_stream);
    return stream;
  }
  StreamEvents* OnBadRequest(CodecStream* codec_stream, CodecError error) override {
    absl::StrAppend(&events_, "bad request ", static_cast<int>(error), "\n");
    if (codec_stream == nullptr || !behaviour_.answers) return nullptr;
    FuzzStream& stream = NewStream();
    stream.SetStream(*codec_stream);
    stream.Answer();
    return &stream;
  }
  void PauseReading() override {}
  void ResumeReading() override {}

  void Pull() {
    for (int i = 0; i < 1000 && codec_->wants_fill(); ++i) {
      Buffer out(slabs_);
      codec_->Fill(out, 20000);
      if (out.empty()) break;
      std::string wire = out.ToString();
      const size_t preface = std::min(preface_bytes_, wire.size());
      preface_bytes_ -= preface;
      wire.erase(0, preface);
      for (const H2Frame& frame : reader_.Feed(wire)) Check(frame);
    }
  }
  void Check(const H2Frame& frame) {
    if (frame.payload.size() > 16384) Abort("a frame that is too large");
    if (said_goodbye_) Abort("a frame behind the last GOAWAY");
    const std::string line = describer_.Line(frame);
    if (line.find("BAD_HPACK") != std::string::npos) Abort("bad HPACK");
    said_goodbye_ = frame.type == H2Type::kGoaway && H2ReadUint32(frame.payload, 4) != 0;
  }

  const Behaviour behaviour_;
  StatsRegistry registry_;
  StatCells cells_;
  SlabPool slabs_;
  SimClock clock_;
  SimPoller poller_{clock_};
  EventLoop loop_{poller_};
  FastRandom random_{1};
  WorkerContext worker_{loop_, slabs_, random_, cells_, 0};
  CodecLimits limits_;
  Http2Options options_;
  const Http2Stats stats_;
  Buffer in_;
  std::string events_;
  std::deque<FuzzStream> streams_;
  std::unique_ptr<Codec> codec_;
  ClientCodec* client_ = nullptr;
  H2FrameReader reader_;
  H2Describer describer_;
  size_t preface_bytes_ = 0;  // of ours, yet to come
  bool said_goodbye_ = false;
};

}  // namespace

Http2FuzzTold RunHttp2(Http2FuzzRole role, absl::string_view input,
                       const std::vector<size_t>& cuts) {
  const uint8_t first = input.empty() ? 0 : static_cast<uint8_t>(input[0]);
  if (!input.empty()) input.remove_prefix(1);
  Http2FuzzRun run(role, first);
  size_t from = 0;
  for (const size_t cut : cuts) {
    if (cut <= from || cut >= input.size()) continue;
    run.Read(input.substr(from, cut - from));
    from = cut;
  }
  run.Read(input.substr(from));
  return run.Finish();
}

void CheckHttp2(Http2FuzzRole role, absl::string_view input) {
  std::vector<size_t> cuts;
  for (size_t at = 1; at < input.size(); at += 1 + static_cast<uint8_t>(input[at]) % 32) {
    cuts.push_back(at);
  }
  const Http2FuzzTold whole = RunHttp2(role, input, {});
  const Http2FuzzTold cut = RunHttp2(role, input, cuts);
  // Behind a GOAWAY nghttp2 reads on to the end of a read. Where a stream is reset, later frames
  // find it closing or closed, as reads are cut: one of them may be an error then.
  const bool quiet = input.empty() || Behaviour(static_cast<uint8_t>(input[0])).quiet();
  if (!quiet || whole.ended || cut.ended || whole.events == cut.events) return;
  Abort(absl::StrCat("cut otherwise, told otherwise:\n", whole.events, "---\n", cut.events));
}

}  // namespace sluice
