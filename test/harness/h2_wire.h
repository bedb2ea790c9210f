// HTTP/2 frames as bytes (RFC 9113 section 4), for tests: any frame out, right or wrong, and a
// reader that takes the wire apart on its own. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "test/harness/h2_hpack.h"

namespace sluice {

inline constexpr absl::string_view kH2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

enum class H2Type : uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kRstStream = 3,
  kSettings = 4,
  kPushPromise = 5,
  kPing = 6,
  kGoaway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};
inline constexpr uint8_t kH2EndStream = 1;  // DATA, HEADERS
inline constexpr uint8_t kH2Ack = 1;        // SETTINGS, PING
inline constexpr uint8_t kH2EndHeaders = 4;
inline constexpr uint8_t kH2Padded = 8;
inline constexpr uint8_t kH2PriorityFlag = 0x20;

struct H2Frame {
  H2Type type;
  uint8_t flags;
  uint32_t stream;
  std::string payload;
  bool end_stream() const { return (flags & kH2EndStream) != 0; }
  bool ack() const { return (flags & kH2Ack) != 0; }
};

std::string H2Uint32(uint32_t value);
std::string H2FrameBytes(H2Type type, uint8_t flags, uint32_t stream, absl::string_view payload);
// With END_HEADERS; `flags` more than that.
std::string H2HeadersFrame(uint32_t stream, const H2Fields& fields, uint8_t flags = 0);
std::string H2DataFrame(uint32_t stream, absl::string_view bytes, uint8_t flags = 0);
std::string H2SettingsFrame(const std::vector<std::pair<uint16_t, uint32_t>>& settings = {});
std::string H2SettingsAck();
std::string H2PingFrame(absl::string_view eight_bytes, uint8_t flags = 0);
std::string H2WindowUpdateFrame(uint32_t stream, uint32_t increment);
std::string H2RstStreamFrame(uint32_t stream, uint32_t code);
std::string H2GoawayFrame(uint32_t last_stream, uint32_t code);

// A GET as most tests want it, with `more` behind.
H2Fields H2Get(absl::string_view path, const H2Fields& more = {});

class H2FrameReader {
 public:
  // All that is complete.
  std::vector<H2Frame> Feed(absl::string_view bytes);
  absl::string_view left() const { return pending_; }

 private:
  std::string pending_;
};

// Frames as lines: "HEADERS 1 END_STREAM :status=200 ...", "DATA 1 \"hi\"", "RST_STREAM 3 CANCEL",
// "GOAWAY 1 PROTOCOL_ERROR", "SETTINGS 3=100", "SETTINGS ACK", "WINDOW_UPDATE 0 65535". Remembers
// what HPACK has to.
class H2Describer {
 public:
  std::string Line(const H2Frame& frame);
  // Of a whole piece of wire, a line each; without what `skip` names ("SETTINGS", "WINDOW_UPDATE").
  std::string Lines(absl::string_view bytes, const std::vector<std::string>& skip = {});

 private:
  HpackDecoder hpack_;
  H2FrameReader reader_;
  std::string block_;  // of HEADERS and CONTINUATION under way
};

// "PROTOCOL_ERROR" ...
std::string H2CodeName(uint32_t code);
uint32_t H2ReadUint32(absl::string_view bytes, size_t at = 0);

}  // namespace sluice
