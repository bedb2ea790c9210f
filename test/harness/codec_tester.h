// CodecTester: bytes to events, as text. Each case is run whole, byte by byte, cut in two reads at
// every position, and in one read of two slices cut at every position; all must tell the same.
//
// The text has one line for an event: `head :method=GET :path=/ ...`, `informational ...`, `data
// "..."` (however many pieces it came in), `trailers ...`, `end`, `reset CAUSE`, `complete`; then
// `error NAME`, what was left unread (`left "..."`), and `close` if the connection has to go. In
// the server's role each request is answered with an empty 200 when it has ended.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "source/http/codec.h"
#include "source/http/codec_limits.h"

namespace sluice {

class CodecTester {
 public:
  CodecLimits limits;
  Http1Options options;
  End end = End::kNo;          // kYes: the peer closes its side after the bytes
  std::string method = "GET";  // client role: what was asked
  bool asks_upgrade = false;   // client role
  size_t requests = 1;         // client role: how many are sent, one after another

  CodecTester& Accept10() { return options.accept_http_10 = true, *this; }
  CodecTester& Trailers() { return options.enable_trailers = true, *this; }
  CodecTester& ChunkedLength() { return options.allow_chunked_length = true, *this; }
  CodecTester& ThenEnd() { return end = End::kYes, *this; }
  CodecTester& Method(absl::string_view text) { return method = std::string(text), *this; }
  CodecTester& AskUpgrade() { return asks_upgrade = true, *this; }
  CodecTester& Requests(size_t count) { return requests = count, *this; }

  // All ways of cutting `bytes` give `expected` (leading and trailing white space apart).
  void ExpectRequest(absl::string_view bytes, absl::string_view expected) const;
  void ExpectResponse(absl::string_view bytes, absl::string_view expected) const;
  // The request is refused with this error before any stream is told of it; likewise in the middle
  // of it.
  void ExpectRequestError(absl::string_view bytes, CodecError error) const;
  void ExpectResponseError(absl::string_view bytes, CodecError error) const;

  std::string RunServer(const std::vector<absl::string_view>& reads) const;
  std::string RunClient(const std::vector<absl::string_view>& reads) const;

 private:
  friend class CodecRun;
  enum class Role { kServer, kClient };
  std::string Run(Role role, const std::vector<absl::string_view>& reads, bool one_read) const;
  template <class Check>
  void ForEachCut(Role role, absl::string_view bytes, Check check) const;
};

const char* CodecErrorName(CodecError error);

}  // namespace sluice
