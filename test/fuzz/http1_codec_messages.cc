#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "source/base/arena.h"
#include "source/base/slab_pool.h"
#include "source/http/http1/codec.h"
#include "source/http/message_rules.h"
#include "test/fuzz/http1_messages.h"

namespace sluice {
namespace {

class MessageStream final : public StreamEvents {
 public:
  explicit MessageStream(std::vector<FuzzMessage>& messages) : messages_(messages) {}
  Headers& BeginHeaders(HeadersKind) override {
    headers_.Clear();
    return headers_;
  }
  void OnHeaders(Headers& headers, End end) override {
    Begin(headers);
    if (end == End::kYes) Finish();
  }
  void OnInformational(Headers& headers) override {
    Begin(headers);
    messages_.back().complete = true;
  }
  void OnData(Buffer& data, End end) override {
    messages_.back().body += data.ToString();
    data.Clear();
    if (end == End::kYes) Finish();
  }
  void OnTrailers(Headers&) override { Finish(); }
  void OnReset(StreamReset, ResetCode) override {}
  void OnComplete() override {}
  BodyState FillBody(Buffer&, size_t) override { return BodyState::kEnd; }
  Headers& OutgoingTrailers() override { return headers_; }
  bool ended() const { return ended_; }

 private:
  void Begin(const Headers& headers) {
    FuzzMessage& message = messages_.emplace_back();
    for (const Header& header : headers) {
      if (header.id == HeaderId::kMethod || header.id == HeaderId::kStatus) {
        message.start = std::string(header.value);
      } else if (header.name[0] != ':' && header.id != HeaderId::kHost) {
        message.fields.emplace_back(header.name, header.value);
      }
    }
  }
  void Finish() { messages_.back().complete = ended_ = true; }
  std::vector<FuzzMessage>& messages_;
  Arena arena_;
  Headers headers_{arena_};
  bool ended_ = false;
};

// One connection whose requests are answered when they have ended.
class Endpoint final : private ServerEvents, private FlowSource {
 public:
  Endpoint() {
    options_.accept_http_10 = true;
    options_.default_host_for_http_10 = "default";
  }

  std::vector<FuzzMessage> Serve(absl::string_view bytes, const std::vector<size_t>& cuts) {
    const auto codec = MakeHttp1ServerCodec(*this, limits_, options_, pool_, *this);
    codec_ = codec.get();
    ReadInPieces(bytes, cuts, [this] {
      codec_->Parse(in_, End::kNo);
      while (Answer()) codec_->Parse(in_, End::kNo);
    });
    return std::move(messages_);
  }

  std::vector<FuzzMessage> Ask(absl::string_view bytes, absl::string_view method,
                               const std::vector<size_t>& cuts) {
    const auto codec = MakeHttp1ClientCodec(limits_, options_, pool_, *this);
    codec_ = codec.get();
    Headers headers(arena_);
    headers.Add(HeaderId::kMethod, method);
    headers.Add(HeaderId::kPath, "/");
    headers.Add(HeaderId::kAuthority, "a");
    codec->StartStream(streams_.emplace_back(messages_)).SendHeaders(headers, End::kYes);
    Buffer out(pool_);
    codec->Fill(out, 65536);
    ReadInPieces(bytes, cuts, [this] { codec_->Parse(in_, End::kNo); });
    codec->Parse(in_, End::kYes);
    return std::move(messages_);
  }

 private:
  template <class Parse>
  void ReadInPieces(absl::string_view bytes, const std::vector<size_t>& cuts, Parse parse) {
    size_t begin = 0;
    for (size_t i = 0; i <= cuts.size(); ++i) {
      const size_t end = i < cuts.size() ? cuts[i] : bytes.size();
      if (end > begin) {
        in_.Append(bytes.substr(begin, end - begin));
        parse();
      }
      begin = std::max(begin, end);
    }
  }

  bool Answer() {
    if (streams_.empty() || codec_->open_streams() == 0 || !streams_.back().ended()) return false;
    Headers headers(arena_);
    headers.AddReference(HeaderId::kStatus, "404");
    stream_->SendHeaders(headers, End::kYes);
    Buffer out(pool_);
    codec_->Fill(out, 65536);
    if (codec_->must_close()) messages_.back().ends_reading = true;
    return true;
  }

  StreamEvents& OnNewStream(CodecStream& stream) override {
    stream_ = &stream;
    return streams_.emplace_back(messages_);
  }
  void PauseReading() override {}
  void ResumeReading() override {}

  CodecLimits limits_;
  Http1Options options_;
  SlabPool pool_;
  Arena arena_;
  Buffer in_{pool_};
  std::vector<FuzzMessage> messages_;
  std::deque<MessageStream> streams_;
  Codec* codec_ = nullptr;
  CodecStream* stream_ = nullptr;
};

[[noreturn]] void Fail(const char* what, size_t index, const std::vector<FuzzMessage>& ours,
                       const std::vector<FuzzMessage>& theirs) {
  std::fprintf(stderr, "message %zu: %s\n", index, what);
  for (const auto* side : {&ours, &theirs}) {
    std::fprintf(stderr, "%s\n", side == &ours ? "ours:" : "the other:");
    for (const FuzzMessage& message : *side) {
      std::fprintf(stderr, "  %s complete=%d body=\"%s\"", message.start.c_str(), message.complete,
                   absl::CHexEscape(message.body).c_str());
      for (const auto& [name, value] : message.fields) {
        std::fprintf(stderr, " %s=%s", name.c_str(), absl::CHexEscape(value).c_str());
      }
      std::fprintf(stderr, "\n");
    }
  }
  std::abort();
}

const char* Difference(const FuzzMessage& a, const FuzzMessage& b) {
  if (a.start != b.start) return "start lines differ";
  if (a.fields != b.fields) return "fields differ";
  if (a.body != b.body) return "bodies differ";
  if (a.complete != b.complete) return "one is complete";
  return nullptr;
}

}  // namespace

std::vector<FuzzMessage> ReadRequests(absl::string_view bytes, const std::vector<size_t>& cuts) {
  return Endpoint().Serve(bytes, cuts);
}

std::vector<FuzzMessage> ReadResponses(absl::string_view bytes, absl::string_view method,
                                       const std::vector<size_t>& cuts) {
  return Endpoint().Ask(bytes, method, cuts);
}

void CheckSame(const std::vector<FuzzMessage>& ours, const std::vector<FuzzMessage>& theirs) {
  for (size_t i = 0; i < ours.size() && ours[i].complete; ++i) {
    if (i >= theirs.size()) Fail("the other has none", i, ours, theirs);
    if (theirs[i].gave_up) return;
    const char* const difference = Difference(ours[i], theirs[i]);
    if (difference != nullptr) Fail(difference, i, ours, theirs);
    if (theirs[i].ends_reading) return;
  }
}

void CheckCut(const std::vector<FuzzMessage>& ours, const std::vector<FuzzMessage>& cut) {
  if (ours.size() != cut.size()) Fail("not as many when cut", 0, ours, cut);
  for (size_t i = 0; i < ours.size(); ++i) {
    const char* const difference = Difference(ours[i], cut[i]);
    if (difference != nullptr) Fail(difference, i, ours, cut);
  }
}

std::vector<size_t> CutsOf(absl::string_view bytes) {
  std::vector<size_t> cuts;
  if (bytes.empty()) return cuts;
  uint64_t seed = bytes.size();
  for (const char c : bytes) seed = seed * 1099511628211u + static_cast<unsigned char>(c);
  for (int i = 0; i < 4; ++i) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    cuts.push_back((seed >> 33) % bytes.size());
  }
  std::sort(cuts.begin(), cuts.end());
  return cuts;
}

}  // namespace sluice
