// H1Message and H1Reader: HTTP/1 as a test's peer reads it. Written from RFC 9112 without a look at
// source/http, and forgiving where the code under test must not be. One thread.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice {

struct H1Message {
  std::string start_line;                                    // without its line end
  std::vector<std::pair<std::string, std::string>> headers;  // as they came
  std::string body;                                          // without its framing
  std::vector<std::pair<std::string, std::string>> trailers;
  bool complete = false;

  // The first value; names are compared in lower case.
  std::optional<std::string> header(absl::string_view name) const;
  std::string method() const;  // of a request
  std::string path() const;
  int status() const;  // of a response
};

class H1Reader {
 public:
  enum class Role : uint8_t { kRequests, kResponses };
  explicit H1Reader(Role role) : role_(role) {}

  // The next response has no body whatever its headers say (it answers a HEAD).
  void ExpectNoBody() { ++bodyless_; }
  // Takes bytes; returns the messages they complete. 1xx responses but 101 are messages of their
  // own.
  std::vector<H1Message> Feed(absl::string_view bytes);
  // The stream ends; a body that is framed by the end is complete now.
  std::optional<H1Message> FeedEnd();
  // What has come of a message that is not complete.
  const H1Message& partial() const { return message_; }
  // Bytes behind a 101 or a 2xx of CONNECT, and whatever could not be read.
  const std::string& rest() const { return rest_; }
  bool broken() const { return broken_; }

 private:
  enum class State : uint8_t { kHead, kLength, kChunkSize, kChunk, kTrailers, kUntilEnd, kRaw };
  bool Step();
  bool TakeLine(std::string& line);
  void ReadHead(absl::string_view head);
  void ChooseBody();
  void Complete();
  const Role role_;
  State state_ = State::kHead;
  H1Message message_;
  std::vector<H1Message> done_;
  std::string rest_;
  size_t left_ = 0;  // of the body or the chunk
  int bodyless_ = 0;
  bool broken_ = false;
};

}  // namespace sluice
