#include "source/http/http1/writer.h"

#include <array>
#include <cstring>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "source/http/status_text.h"

namespace sluice {
namespace {

// Start line punctuation, a generated length or coding, "connection: upgrade", and empty lines.
constexpr size_t kHeadSlack = 160;

char* Put(char* to, absl::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

char* PutName(char* to, absl::string_view name, NameCase names) {
  if (names == NameCase::kLower) return Put(to, name);
  // As Envoy: the first letter, and each after "-".
  bool upper = true;
  for (const char c : name) {
    *to++ = upper ? absl::ascii_toupper(static_cast<unsigned char>(c)) : c;
    upper = c == '-';
  }
  return to;
}

// Inlined, so that a name that is a literal is a store or two.
[[gnu::always_inline]] inline char* PutField(char* to, absl::string_view name,
                                             absl::string_view value, NameCase names) {
  to = PutName(to, name, names);
  *to++ = ':';
  *to++ = ' ';
  to = Put(to, value);
  *to++ = '\r';
  *to++ = '\n';
  return to;
}

// Fields that the codec writes by itself, or never.
constexpr std::array<bool, static_cast<size_t>(HeaderId::kCount)> MakeOwnedByCodec() {
  std::array<bool, static_cast<size_t>(HeaderId::kCount)> owned{};
  for (const HeaderId id :
       {HeaderId::kMethod, HeaderId::kPath, HeaderId::kAuthority, HeaderId::kScheme,
        HeaderId::kStatus, HeaderId::kProtocol, HeaderId::kHost, HeaderId::kConnection,
        HeaderId::kContentLength, HeaderId::kTransferEncoding, HeaderId::kKeepAlive,
        HeaderId::kProxyConnection}) {
    owned[static_cast<size_t>(id)] = true;
  }
  return owned;
}
constexpr std::array<bool, static_cast<size_t>(HeaderId::kCount)> kOwnedByCodec =
    MakeOwnedByCodec();

bool IsOwnedByCodec(HeaderId id) { return kOwnedByCodec[static_cast<size_t>(id)]; }

char* PutFraming(char* to, const Headers& headers, const OutgoingFraming& framing, NameCase names) {
  using Field = OutgoingFraming::Field;
  switch (framing.field) {
    case Field::kNothing:
      break;
    case Field::kContentLength:
      return PutField(to, "content-length", headers.Get(HeaderId::kContentLength), names);
    case Field::kZeroLength:
      return PutField(to, "content-length", "0", names);
    case Field::kChunked:
      return PutField(to, "transfer-encoding", "chunked", names);
  }
  return to;
}

const char* EndOfLine(const Header& header) {
  return header.value.data() + header.value.size() + 2;
}

// What came as lines goes out as lines, neighbours in one piece.
char* PutFields(char* to, const Headers& headers, NameCase names) {
  const Header* const end = headers.end();
  for (const Header* header = headers.begin(); header != end; ++header) {
    if (IsOwnedByCodec(header->id)) continue;
    if (!header->is_line || names != NameCase::kLower) {
      to = PutField(to, header->name, header->value, names);
      continue;
    }
    const char* const line = header->name.data();
    const char* line_end = EndOfLine(*header);
    for (const Header* next = header + 1;
         next != end && next->is_line && next->name.data() == line_end && !IsOwnedByCodec(next->id);
         ++next) {
      header = next;
      line_end = EndOfLine(*next);
    }
    to = Put(to, {line, static_cast<size_t>(line_end - line)});
  }
  return to;
}

// Gives `write` room for `size_max` bytes and appends what it wrote.
template <class Write>
void WriteTo(Buffer& out, size_t size_max, Write write) {
  if (size_max <= Block::capacity()) {
    char* const begin = out.ReserveContiguous(size_max);
    out.CommitContiguous(write(begin) - begin);
    return;
  }
  std::string large(size_max, '\0');
  const char* const end = write(large.data());
  out.Append({large.data(), static_cast<size_t>(end - large.data())});
}

OutgoingFraming LengthOrChunked(const Headers& headers) {
  OutgoingFraming framing;
  if (headers.Count(HeaderId::kContentLength) == 1 &&
      ParseContentLength(headers.Get(HeaderId::kContentLength), &framing.length)) {
    framing.body = OutgoingBody::kLength;
    framing.field = OutgoingFraming::Field::kContentLength;
  } else {
    framing.body = OutgoingBody::kChunked;
    framing.field = OutgoingFraming::Field::kChunked;
  }
  return framing;
}

char* PutStatusLine(char* to, int status) {
  if (status == 200) return Put(to, "HTTP/1.1 200 OK\r\n");
  to = Put(to, "HTTP/1.1 ");
  *to++ = static_cast<char>('0' + status / 100 % 10);
  *to++ = static_cast<char>('0' + status / 10 % 10);
  *to++ = static_cast<char>('0' + status % 10);
  *to++ = ' ';
  to = Put(to, StatusText(status));
  return Put(to, "\r\n");
}

}  // namespace

OutgoingFraming FrameResponse(const Headers& headers, int status, Method request, HttpProtocol peer,
                              End end) {
  using Field = OutgoingFraming::Field;
  OutgoingFraming framing;
  if (ResponseHasNoBody(request, status)) {
    framing.body = end == End::kYes ? OutgoingBody::kNone : OutgoingBody::kDiscarded;
    // RFC 9110 section 8.6: only where a GET would have had it.
    const bool may_say = status >= 200 && status != 204 && request != Method::kConnect;
    if (may_say && ParseContentLength(headers.Get(HeaderId::kContentLength), &framing.length)) {
      framing.field = Field::kContentLength;
    }
    return framing;
  }
  if (end == End::kYes) {
    framing.field = Field::kZeroLength;
    return framing;
  }
  framing = LengthOrChunked(headers);
  if (framing.body == OutgoingBody::kChunked && peer == HttpProtocol::kHttp10) {
    framing.body = OutgoingBody::kUntilClose;
    framing.field = Field::kNothing;
  }
  return framing;
}

OutgoingFraming FrameRequest(const Headers& headers, Method method, End end) {
  OutgoingFraming framing;
  if (end == End::kNo) return LengthOrChunked(headers);
  // RFC 9110 section 8.6: zero is said where a body is usual, or where the client said so.
  const bool usual = method == Method::kPost || method == Method::kPut;
  if (usual || headers.Has(HeaderId::kContentLength)) {
    framing.field = OutgoingFraming::Field::kZeroLength;
  }
  return framing;
}

void WriteRequestHead(const Headers& headers, const OutgoingFraming& framing, NameCase names,
                      Buffer& out) {
  const absl::string_view authority = headers.Get(HeaderId::kAuthority);
  const absl::string_view path = headers.Get(HeaderId::kPath);
  WriteTo(out, headers.byte_size() + authority.size() + kHeadSlack, [&](char* to) {
    to = Put(to, headers.Get(HeaderId::kMethod));
    *to++ = ' ';
    // CONNECT has the authority for its target (RFC 9112 section 3.2.3).
    to = Put(to, path.empty() ? authority : path);
    to = Put(to, " HTTP/1.1\r\n");
    to = PutField(to, "host", authority, names);
    to = PutFields(to, headers, names);
    to = PutFraming(to, headers, framing, names);
    if (headers.Has(HeaderId::kUpgrade)) {
      to = PutField(to, "connection", "upgrade", names);
    } else if (ListsToken(headers, HeaderId::kConnection, "close")) {
      to = PutField(to, "connection", "close", names);
    }
    return Put(to, "\r\n");
  });
}

void WriteResponseHead(const Headers& headers, int status, const OutgoingFraming& framing,
                       NameCase names, Buffer& out) {
  WriteTo(out, headers.byte_size() + kHeadSlack, [&](char* to) {
    to = PutStatusLine(to, status);
    to = PutFields(to, headers, names);
    return PutFraming(to, headers, framing, names);
  });
}

void FinishResponseHead(ConnectionField field, UpgradeListed upgrade, NameCase names, Buffer& out) {
  static constexpr absl::string_view kValues[][3] = {
      {"", "close", "keep-alive"}, {"upgrade", "upgrade, close", "upgrade, keep-alive"}};
  const absl::string_view value =
      kValues[upgrade == UpgradeListed::kYes][static_cast<size_t>(field)];
  if (value.empty()) return out.Append("\r\n");
  out.Append(names == NameCase::kLower ? "connection: " : "Connection: ");
  out.Append(value);
  out.Append("\r\n\r\n");
}

void WriteInformationalHead(const Headers& headers, NameCase names, Buffer& out) {
  WriteTo(out, headers.byte_size() + kHeadSlack, [&](char* to) {
    to = PutStatusLine(to, StatusOf(headers));
    to = PutFields(to, headers, names);
    return Put(to, "\r\n");
  });
}

void WriteTrailers(const Headers& trailers, NameCase names, Buffer& out) {
  WriteTo(out, trailers.byte_size() + kHeadSlack,
          [&](char* to) { return Put(PutFields(to, trailers, names), "\r\n"); });
}

int StatusOf(const Headers& headers) {
  const absl::string_view text = headers.Get(HeaderId::kStatus);
  if (text.size() != 3) return 0;
  int status = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return 0;
    status = status * 10 + (c - '0');
  }
  return status;
}

}  // namespace sluice
