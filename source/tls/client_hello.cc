#include "source/tls/client_hello.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"

namespace sluice {
namespace {

constexpr uint8_t kHandshakeRecord = 22;  // RFC 8446 section 5.1
constexpr uint8_t kClientHello = 1;       // section 4
constexpr size_t kRecordHeader = 5;
constexpr size_t kRecordBytesMax = 16 * 1024;
constexpr size_t kMessageHeader = 4;
constexpr uint16_t kServerNameExtension = 0;  // RFC 6066 section 3
constexpr uint16_t kAlpnExtension = 16;       // RFC 7301 section 3.1
constexpr uint8_t kHostName = 0;

uint8_t ByteAt(absl::string_view bytes, size_t at) { return static_cast<uint8_t>(bytes[at]); }

// A cursor over bytes with lengths before them. Once something was missing, everything is.
class Reader {
 public:
  explicit Reader(absl::string_view bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  std::optional<absl::string_view> Take(size_t n) {
    if (n > bytes_.size()) return std::nullopt;
    const absl::string_view taken = bytes_.substr(0, n);
    bytes_.remove_prefix(n);
    return taken;
  }
  std::optional<uint32_t> Number(size_t bytes) {
    const auto taken = Take(bytes);
    if (!taken.has_value()) return std::nullopt;
    uint32_t number = 0;
    for (size_t i = 0; i < bytes; ++i) number = number << 8 | ByteAt(*taken, i);
    return number;
  }
  // A vector as section 3.4 has it: `length_bytes` of length, then so many bytes.
  std::optional<absl::string_view> Vector(size_t length_bytes) {
    const auto length = Number(length_bytes);
    if (!length.has_value()) return std::nullopt;
    return Take(*length);
  }

 private:
  absl::string_view bytes_;
};

// RFC 6066 section 3: one name of each type at most.
bool ReadServerName(absl::string_view extension, ClientHelloFacts& facts) {
  Reader whole(extension);
  const auto list = whole.Vector(2);
  if (!list.has_value() || list->empty() || !whole.empty()) return false;
  Reader names(*list);
  bool seen = false;
  while (!names.empty()) {
    const auto type = names.Number(1);
    const auto name = names.Vector(2);
    if (!type.has_value() || !name.has_value()) return false;
    if (*type != kHostName) continue;
    if (seen || name->empty() || name->size() > 255) return false;
    if (name->find('\0') != absl::string_view::npos) return false;
    seen = true;
    facts.server_name = absl::AsciiStrToLower(*name);
  }
  return true;
}

bool ReadAlpn(absl::string_view extension, ClientHelloFacts& facts) {
  Reader whole(extension);
  const auto list = whole.Vector(2);
  if (!list.has_value() || list->empty() || !whole.empty()) return false;
  Reader protocols(*list);
  while (!protocols.empty()) {
    const auto protocol = protocols.Vector(1);
    if (!protocol.has_value() || protocol->empty()) return false;
    facts.application_protocols.emplace_back(*protocol);
  }
  return true;
}

// Section 4.2: no more than one extension of a type.
bool ReadExtensions(absl::string_view bytes, ClientHelloFacts& facts) {
  Reader extensions(bytes);
  bool has_name = false;
  bool has_alpn = false;
  while (!extensions.empty()) {
    const auto type = extensions.Number(2);
    const auto body = extensions.Vector(2);
    if (!type.has_value() || !body.has_value()) return false;
    if (*type == kServerNameExtension) {
      if (std::exchange(has_name, true) || !ReadServerName(*body, facts)) return false;
    } else if (*type == kAlpnExtension) {
      if (std::exchange(has_alpn, true) || !ReadAlpn(*body, facts)) return false;
    }
  }
  return true;
}

bool ReadMessage(absl::string_view message, ClientHelloFacts& facts) {
  Reader hello(message);
  constexpr size_t kVersionAndRandom = 2 + 32;
  if (!hello.Take(kVersionAndRandom).has_value()) return false;
  const auto session_id = hello.Vector(1);
  if (!session_id.has_value() || session_id->size() > 32) return false;
  const auto ciphers = hello.Vector(2);
  if (!ciphers.has_value() || ciphers->empty() || ciphers->size() % 2 != 0) return false;
  const auto compressions = hello.Vector(1);
  if (!compressions.has_value() || compressions->empty()) return false;
  if (hello.empty()) return true;  // before TLS 1.3 extensions are optional
  const auto extensions = hello.Vector(2);
  return extensions.has_value() && hello.empty() && ReadExtensions(*extensions, facts);
}

// The start of the handshake stream: what its records hold, as far as they are there.
class HelloRecords {
 public:
  explicit HelloRecords(absl::string_view bytes) : bytes_(bytes) {}

  // Looks at record headers until the whole message is there; its bounds are known then.
  HelloState Scan(const ClientHelloLimits& limits);
  // The message without its header: a view where it lies in one record, else put together in
  // `scratch`.
  absl::string_view Message(std::string& scratch) const;

 private:
  HelloState CheckMessageHeader(const ClientHelloLimits& limits);
  absl::string_view Payload(size_t at, size_t size) const;

  absl::string_view bytes_;
  // Of the message header's four bytes, which may lie in four records.
  uint8_t header_[kMessageHeader] = {};
  size_t message_bytes_ = 0;  // header and body
};

absl::string_view HelloRecords::Payload(size_t at, size_t size) const {
  return absl::ClippedSubstr(bytes_, std::min(at, bytes_.size()), size);
}

HelloState HelloRecords::CheckMessageHeader(const ClientHelloLimits& limits) {
  if (header_[0] != kClientHello) return HelloState::kMalformed;
  const size_t body = size_t{header_[1]} << 16 | size_t{header_[2]} << 8 | header_[3];
  message_bytes_ = kMessageHeader + body;
  return message_bytes_ > limits.bytes_max ? HelloState::kTooLarge : HelloState::kNeedMore;
}

HelloState HelloRecords::Scan(const ClientHelloLimits& limits) {
  size_t got = 0;  // of the handshake stream
  for (size_t at = 0; at < bytes_.size();) {
    const HelloState wrong = at == 0 ? HelloState::kNotTls : HelloState::kMalformed;
    const absl::string_view header = bytes_.substr(at, kRecordHeader);
    if (ByteAt(header, 0) != kHandshakeRecord) return wrong;
    if (header.size() > 1 && ByteAt(header, 1) != 3) return wrong;
    if (header.size() < kRecordHeader) break;
    const size_t length = size_t{ByteAt(header, 3)} << 8 | ByteAt(header, 4);
    // Section 5.1: no empty fragments of handshake messages.
    if (length == 0 || length > kRecordBytesMax) return wrong;
    at += kRecordHeader;
    const absl::string_view payload = Payload(at, length);
    for (size_t i = 0; i < payload.size() && got + i < kMessageHeader; ++i) {
      header_[got + i] = ByteAt(payload, i);
    }
    if (got < kMessageHeader && got + payload.size() > 0 && header_[0] != kClientHello) {
      return HelloState::kMalformed;
    }
    got += payload.size();
    if (message_bytes_ == 0 && got >= kMessageHeader) {
      const HelloState state = CheckMessageHeader(limits);
      if (state != HelloState::kNeedMore) return state;
    }
    if (message_bytes_ > 0 && got >= message_bytes_) return HelloState::kDone;
    at += length;
  }
  return bytes_.size() >= limits.bytes_max ? HelloState::kTooLarge : HelloState::kNeedMore;
}

absl::string_view HelloRecords::Message(std::string& scratch) const {
  const size_t first_length = size_t{ByteAt(bytes_, 3)} << 8 | ByteAt(bytes_, 4);
  if (first_length >= message_bytes_) {
    return bytes_.substr(kRecordHeader + kMessageHeader, message_bytes_ - kMessageHeader);
  }
  for (size_t at = 0; scratch.size() < message_bytes_;) {
    const size_t length = size_t{ByteAt(bytes_, at + 3)} << 8 | ByteAt(bytes_, at + 4);
    at += kRecordHeader;
    const size_t wanted = std::min(length, message_bytes_ - scratch.size());
    scratch.append(bytes_.data() + at, wanted);
    at += length;
  }
  return absl::string_view(scratch).substr(kMessageHeader);
}

}  // namespace

HelloState ReadClientHello(absl::string_view bytes, ClientHelloFacts& facts,
                           const ClientHelloLimits& limits) {
  HelloRecords records(bytes.substr(0, limits.bytes_max));
  const HelloState state = records.Scan(limits);
  if (state != HelloState::kDone) return state;
  std::string scratch;
  ClientHelloFacts found;
  if (!ReadMessage(records.Message(scratch), found)) return HelloState::kMalformed;
  facts = std::move(found);
  return HelloState::kDone;
}

}  // namespace sluice
