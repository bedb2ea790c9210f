#include "test/harness/h2_wire.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

constexpr size_t kHeadBytes = 9;

}  // namespace

std::string H2Uint32(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

uint32_t H2ReadUint32(absl::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = at; i < at + 4 && i < bytes.size(); ++i) {
    value = value << 8 | static_cast<uint8_t>(bytes[i]);
  }
  return value;
}

std::string H2FrameBytes(H2Type type, uint8_t flags, uint32_t stream, absl::string_view payload) {
  const std::string size = H2Uint32(static_cast<uint32_t>(payload.size()));
  return absl::StrCat(absl::string_view(size).substr(1), std::string(1, static_cast<char>(type)),
                      std::string(1, static_cast<char>(flags)), H2Uint32(stream), payload);
}

std::string H2HeadersFrame(uint32_t stream, const H2Fields& fields, uint8_t flags) {
  return H2FrameBytes(H2Type::kHeaders, flags | kH2EndHeaders, stream, HpackLiterals(fields));
}

std::string H2DataFrame(uint32_t stream, absl::string_view bytes, uint8_t flags) {
  return H2FrameBytes(H2Type::kData, flags, stream, bytes);
}

std::string H2SettingsFrame(const std::vector<std::pair<uint16_t, uint32_t>>& settings) {
  std::string payload;
  for (const auto& [id, value] : settings) {
    payload.push_back(static_cast<char>(id >> 8));
    payload.push_back(static_cast<char>(id));
    payload += H2Uint32(value);
  }
  return H2FrameBytes(H2Type::kSettings, 0, 0, payload);
}

std::string H2SettingsAck() { return H2FrameBytes(H2Type::kSettings, kH2Ack, 0, ""); }

std::string H2PingFrame(absl::string_view eight_bytes, uint8_t flags) {
  return H2FrameBytes(H2Type::kPing, flags, 0, eight_bytes);
}

std::string H2WindowUpdateFrame(uint32_t stream, uint32_t increment) {
  return H2FrameBytes(H2Type::kWindowUpdate, 0, stream, H2Uint32(increment));
}

std::string H2RstStreamFrame(uint32_t stream, uint32_t code) {
  return H2FrameBytes(H2Type::kRstStream, 0, stream, H2Uint32(code));
}

std::string H2GoawayFrame(uint32_t last_stream, uint32_t code) {
  return H2FrameBytes(H2Type::kGoaway, 0, 0, absl::StrCat(H2Uint32(last_stream), H2Uint32(code)));
}

H2Fields H2Get(absl::string_view path, const H2Fields& more) {
  H2Fields fields = {{":method", "GET"},
                     {":scheme", "http"},
                     {":authority", "test"},
                     {":path", std::string(path)}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

std::vector<H2Frame> H2FrameReader::Feed(absl::string_view bytes) {
  absl::StrAppend(&pending_, bytes);
  std::vector<H2Frame> frames;
  absl::string_view rest = pending_;
  while (rest.size() >= kHeadBytes) {
    const size_t size = H2ReadUint32(rest) >> 8;
    if (rest.size() < kHeadBytes + size) break;
    frames.push_back({static_cast<H2Type>(rest[3]), static_cast<uint8_t>(rest[4]),
                      H2ReadUint32(rest, 5) & 0x7fffffff,
                      std::string(rest.substr(kHeadBytes, size))});
    rest.remove_prefix(kHeadBytes + size);
  }
  pending_ = std::string(rest);
  return frames;
}

std::string H2CodeName(uint32_t code) {
  static constexpr const char* kNames[] = {"NO_ERROR",
                                           "PROTOCOL_ERROR",
                                           "INTERNAL_ERROR",
                                           "FLOW_CONTROL_ERROR",
                                           "SETTINGS_TIMEOUT",
                                           "STREAM_CLOSED",
                                           "FRAME_SIZE_ERROR",
                                           "REFUSED_STREAM",
                                           "CANCEL",
                                           "COMPRESSION_ERROR",
                                           "CONNECT_ERROR",
                                           "ENHANCE_YOUR_CALM",
                                           "INADEQUATE_SECURITY",
                                           "HTTP_1_1_REQUIRED"};
  return code < std::size(kNames) ? kNames[code] : absl::StrCat("CODE_", code);
}

std::string H2Describer::Line(const H2Frame& frame) {
  const std::string end = frame.end_stream() ? " END_STREAM" : "";
  switch (frame.type) {
    case H2Type::kData:
      return absl::StrCat("DATA ", frame.stream, end, " \"", absl::CHexEscape(frame.payload), "\"");
    case H2Type::kHeaders:
    case H2Type::kContinuation: {
      const bool first = frame.type == H2Type::kHeaders;
      std::string line =
          absl::StrCat(first ? "HEADERS " : "CONTINUATION ", frame.stream, first ? end : "");
      block_ += frame.payload;
      if ((frame.flags & kH2EndHeaders) == 0) return line;
      H2Fields fields;
      if (!hpack_.Decode(block_, &fields)) absl::StrAppend(&line, " BAD_HPACK");
      block_.clear();
      for (const auto& [name, value] : fields) absl::StrAppend(&line, " ", name, "=", value);
      return line;
    }
    case H2Type::kPriority:
      return absl::StrCat("PRIORITY ", frame.stream);
    case H2Type::kRstStream:
      return absl::StrCat("RST_STREAM ", frame.stream, " ",
                          H2CodeName(H2ReadUint32(frame.payload)));
    case H2Type::kSettings: {
      if (frame.ack()) return "SETTINGS ACK";
      std::string line = "SETTINGS";
      for (size_t at = 0; at + 6 <= frame.payload.size(); at += 6) {
        absl::StrAppend(&line, " ", H2ReadUint32(frame.payload, at) >> 16, "=",
                        H2ReadUint32(frame.payload, at + 2));
      }
      return line;
    }
    case H2Type::kPushPromise:
      return absl::StrCat("PUSH_PROMISE ", frame.stream);
    case H2Type::kPing:
      return absl::StrCat("PING", frame.ack() ? " ACK \"" : " \"", absl::CHexEscape(frame.payload),
                          "\"");
    case H2Type::kGoaway:
      return absl::StrCat("GOAWAY ", H2ReadUint32(frame.payload) & 0x7fffffff, " ",
                          H2CodeName(H2ReadUint32(frame.payload, 4)));
    case H2Type::kWindowUpdate:
      return absl::StrCat("WINDOW_UPDATE ", frame.stream, " ", H2ReadUint32(frame.payload));
  }
  return absl::StrCat("TYPE_", static_cast<int>(frame.type), " ", frame.stream);
}

std::string H2Describer::Lines(absl::string_view bytes, const std::vector<std::string>& skip) {
  std::string lines;
  for (const H2Frame& frame : reader_.Feed(bytes)) {
    const std::string line = Line(frame);
    const bool skipped = std::any_of(skip.begin(), skip.end(), [&](const std::string& prefix) {
      return absl::StartsWith(line, prefix);
    });
    if (!skipped) absl::StrAppend(&lines, line, "\n");
  }
  if (!reader_.left().empty()) absl::StrAppend(&lines, "PARTIAL\n");
  return lines;
}

}  // namespace sluice
