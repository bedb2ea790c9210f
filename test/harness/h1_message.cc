#include "test/harness/h1_message.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace sluice {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

void AddField(absl::string_view line, Fields& fields) {
  const size_t colon = line.find(':');
  if (colon == absl::string_view::npos) {
    fields.emplace_back(std::string(line), "");
    return;
  }
  fields.emplace_back(std::string(line.substr(0, colon)),
                      std::string(absl::StripAsciiWhitespace(line.substr(colon + 1))));
}

std::string Word(absl::string_view line, size_t index) {
  const std::vector<std::string> words = absl::StrSplit(line, ' ');
  return index < words.size() ? words[index] : std::string();
}

}  // namespace

std::optional<std::string> H1Message::header(absl::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (absl::EqualsIgnoreCase(key, name)) return value;
  }
  return std::nullopt;
}

std::string H1Message::method() const { return Word(start_line, 0); }
std::string H1Message::path() const { return Word(start_line, 1); }
int H1Message::status() const { return std::atoi(Word(start_line, 1).c_str()); }

std::vector<H1Message> H1Reader::Feed(absl::string_view bytes) {
  rest_.append(bytes.data(), bytes.size());
  while (!broken_ && Step()) {
  }
  return std::exchange(done_, {});
}

std::optional<H1Message> H1Reader::FeedEnd() {
  if (state_ != State::kUntilEnd) return std::nullopt;
  Complete();
  return std::exchange(done_, {}).front();
}

// Does one thing with what is in rest_; false: needs more.
bool H1Reader::Step() {
  std::string line;
  switch (state_) {
    case State::kHead: {
      const size_t end = rest_.find("\r\n\r\n");
      if (end == std::string::npos) return false;
      ReadHead(absl::string_view(rest_).substr(0, end));
      rest_.erase(0, end + 4);
      ChooseBody();
      return true;
    }
    case State::kLength:
    case State::kChunk: {
      const size_t n = std::min(left_, rest_.size());
      message_.body.append(rest_, 0, n);
      rest_.erase(0, n);
      left_ -= n;
      if (left_ > 0) return false;
      if (state_ == State::kLength) {
        Complete();
        return true;
      }
      if (rest_.size() < 2) return false;
      broken_ = !absl::StartsWith(rest_, "\r\n");
      rest_.erase(0, 2);
      state_ = State::kChunkSize;
      return true;
    }
    case State::kChunkSize: {
      if (!TakeLine(line)) return false;
      char* end = nullptr;
      left_ = std::strtoull(line.c_str(), &end, 16);
      broken_ = end == line.c_str();
      state_ = left_ == 0 ? State::kTrailers : State::kChunk;
      return true;
    }
    case State::kTrailers:
      if (!TakeLine(line)) return false;
      line.empty() ? Complete() : AddField(line, message_.trailers);
      return true;
    case State::kUntilEnd:
      message_.body += std::exchange(rest_, std::string());
      return false;
    case State::kRaw:
      return false;
  }
  return false;
}

bool H1Reader::TakeLine(std::string& line) {
  const size_t end = rest_.find("\r\n");
  if (end == std::string::npos) return false;
  line = rest_.substr(0, end);
  rest_.erase(0, end + 2);
  return true;
}

void H1Reader::ReadHead(absl::string_view head) {
  message_ = {};
  for (absl::string_view line : absl::StrSplit(head, "\r\n")) {
    if (message_.start_line.empty()) {
      message_.start_line = std::string(line);
    } else {
      AddField(line, message_.headers);
    }
  }
}

// RFC 9112 section 6.3.
void H1Reader::ChooseBody() {
  const int status = role_ == Role::kResponses ? message_.status() : 0;
  if (status >= 100 && status < 200 && status != 101) return Complete();
  bool none = status == 101 || status == 204 || status == 304;
  if (role_ == Role::kResponses && bodyless_ > 0) {
    --bodyless_;
    none = true;
  }
  const std::optional<std::string> length = message_.header("content-length");
  if (none) {
    Complete();
    if (status == 101) state_ = State::kRaw;
  } else if (absl::StrContains(message_.header("transfer-encoding").value_or(""), "chunked")) {
    state_ = State::kChunkSize;
  } else if (length.has_value()) {
    left_ = std::strtoull(length->c_str(), nullptr, 10);
    state_ = State::kLength;
  } else if (role_ == Role::kResponses) {
    state_ = State::kUntilEnd;
  } else {
    Complete();
  }
}

void H1Reader::Complete() {
  message_.complete = true;
  done_.push_back(std::exchange(message_, {}));
  state_ = State::kHead;
}

}  // namespace sluice
