#include "source/http/http1/parser.h"

#include <algorithm>
#include <cstring>

#include "source/http/authority.h"
#include "source/http/field_scan.h"

namespace sluice {
namespace {

// Where the parsing of one text stands. `at` only moves over bytes that are valid.
struct Cursor {
  const char* begin;
  const char* at;
  const char* end;
  CodecError error = CodecError::kNone;

  explicit Cursor(absl::string_view text)
      : begin(text.data()), at(text.data()), end(text.data() + text.size()) {}
  bool at_end() const { return at == end; }
  uint32_t offset(const char* place) const { return static_cast<uint32_t>(place - begin); }
  ParseStatus Fail(CodecError why) {
    error = why;
    return ParseStatus::kError;
  }
};

// A line ends by CRLF and nothing else: a lone LF that one parser takes for an end and another does
// not hides a message in a message (RFC 9112 section 2.2 allows to be strict).
ParseStatus ParseUnusualLineEnd(Cursor& c, CodecError otherwise) {
  if (c.at_end()) return ParseStatus::kNeedMore;
  if (*c.at == '\n') return c.Fail(CodecError::kBareCrOrLf);
  if (*c.at != '\r') return c.Fail(otherwise);
  if (c.at + 1 == c.end) return ParseStatus::kNeedMore;
  if (c.at[1] != '\n') return c.Fail(CodecError::kBareCrOrLf);
  c.at += 2;
  return ParseStatus::kDone;
}

inline ParseStatus ParseLineEnd(Cursor& c, CodecError otherwise) {
  if (c.end - c.at >= 2 && c.at[0] == '\r' && c.at[1] == '\n') {
    c.at += 2;
    return ParseStatus::kDone;
  }
  return ParseUnusualLineEnd(c, otherwise);
}

ParseStatus ParseVersion(Cursor& c, HttpProtocol* protocol) {
  static constexpr char kPrefix[] = "HTTP/";
  if (c.end - c.at >= 8 && std::memcmp(c.at, "HTTP/1.1", 8) == 0) {
    *protocol = HttpProtocol::kHttp11;
    c.at += 8;
    return ParseStatus::kDone;
  }
  for (size_t i = 0; i < 8; ++i) {
    if (c.at + i == c.end) return ParseStatus::kNeedMore;
    const char byte = c.at[i];
    const bool good = i < 5    ? byte == kPrefix[i]
                      : i == 6 ? byte == '.'
                               : byte >= '0' && byte <= '9';
    if (!good) return c.Fail(CodecError::kBadVersion);
  }
  if (c.at[5] != '1' || c.at[7] > '1') return c.Fail(CodecError::kBadVersion);
  *protocol = c.at[7] == '1' ? HttpProtocol::kHttp11 : HttpProtocol::kHttp10;
  c.at += 8;
  return ParseStatus::kDone;
}

[[gnu::noinline]] HeaderId FindUnusualName(const char* name, size_t size) {
  char lower[64];
  if (size > sizeof(lower)) return HeaderId::kUnknown;
  for (size_t i = 0; i < size; ++i) lower[i] = static_cast<char>(TokenLowerCase(name[i]));
  return FindHeaderId({lower, size});
}

// The name of a field and its colon (RFC 9112 section 5.1: no white space between them), read byte
// by byte.
[[gnu::noinline]] ParseStatus ParseUnusualName(Cursor& c, FieldToken* token) {
  const char* const name_end = ScanToken(c.at, c.end);
  const size_t size = name_end - c.at;
  if (size > UINT16_MAX) return c.Fail(CodecError::kHeadersTooLarge);
  if (name_end == c.end) return ParseStatus::kNeedMore;
  if (*name_end != ':' || size == 0) return c.Fail(CodecError::kBadHeaderName);
  token->name = c.offset(c.at);
  token->name_size = static_cast<uint16_t>(size);
  token->id = FindUnusualName(c.at, size);
  c.at = name_end + 1;
  return ParseStatus::kDone;
}

// The same where it is known that the colon is at `colon`, not far, and no control byte before it.
// False: it is not valid, or has bytes that few names have.
inline bool ParseUsualName(Cursor& c, const char* colon, FieldToken* token) {
  const size_t size = colon - c.at;
  if (c.end - c.at < (size > 16 ? 32 : 16)) return false;
  // A name that is known is valid.
  const HeaderId id = FindHeaderIdInAnyCase(c.at, size);
  if (id == HeaderId::kUnknown) {
    const char* const other = ScanFor(c.begin, c.at, c.end, [](__m128i bytes) -> unsigned {
      return ~PlainNameBits(bytes) & 0xffff;
    });
    if (other != colon || size == 0) return false;
  }
  token->name = c.offset(c.at);
  token->name_size = static_cast<uint16_t>(size);
  token->id = id;
  c.at = colon + 1;
  return true;
}

inline bool IsBlank(char c) { return c == ' ' || c == '\t'; }

// A value of which `value_end` is the first control byte, or the end of the text.
inline ParseStatus ParseValue(Cursor& c, const char* value_end, FieldToken* token) {
  const char* const colon = c.at - 1;
  const char* value = c.at;
  while (value != value_end && IsBlank(*value)) ++value;
  c.at = value_end;
  const ParseStatus status = ParseLineEnd(c, CodecError::kBadHeaderValue);
  if (status != ParseStatus::kDone) return status;
  while (value_end != value && IsBlank(value_end[-1])) --value_end;
  token->value = c.offset(value);
  token->value_size = static_cast<uint32_t>(value_end - value);
  token->is_line = value == colon + 2 && colon[1] == ' ' && value_end == c.at - 2;
  return ParseStatus::kDone;
}

// Always inlined into the loop over the fields: it is run for every one of them.
[[gnu::always_inline]] inline ParseStatus ParseField(Cursor& c, FieldToken* token) {
  FieldLine line;
  if (ScanFieldLine(c.begin, c.at, c.end, &line) && ParseUsualName(c, line.colon, token)) {
    return ParseValue(c, line.control, token);
  }
  const ParseStatus status = ParseUnusualName(c, token);
  if (status != ParseStatus::kDone) return status;
  return ParseValue(c, ScanValue(c.begin, c.at, c.end), token);
}

// Reads fields up to the empty line; `take` judges each and says whether it is to be kept.
template <class Take>
ParseStatus ParseFields(Cursor& c, const CodecLimits& limits, FieldTokens* fields, Take take) {
  for (size_t count = 0;; ++count) {
    if (c.at_end()) return ParseStatus::kNeedMore;
    const char first = *c.at;
    if (first == '\r' || first == '\n') return ParseStatus::kDone;
    // RFC 9112 section 5.2, and section 2.2 for white space before the first field.
    if (IsBlank(first)) return c.Fail(CodecError::kObsoleteFold);
    if (count == limits.headers_count_max) return c.Fail(CodecError::kTooManyHeaders);
    FieldToken token;
    const ParseStatus status = ParseField(c, &token);
    if (status != ParseStatus::kDone) return status;
    bool keep = true;
    const CodecError error = take(token, &keep);
    if (error != CodecError::kNone) return c.Fail(error);
    if (keep) fields->push_back(token);
  }
}

// What both kinds of heads gather from their fields.
CodecError TakeFramingField(HeaderId id, absl::string_view value, FramingFields* framing) {
  switch (id) {
    case HeaderId::kContentLength:
      return framing->AddContentLength(value);
    case HeaderId::kTransferEncoding:
      return framing->AddTransferEncoding(value);
    case HeaderId::kConnection:
      framing->AddConnection(value);
      return CodecError::kNone;
    default:
      return CodecError::kNone;
  }
}

ParseStatus ParseMethod(Cursor& c, RequestHead* head) {
  constexpr ptrdiff_t kMethodBytesMax = 32;
  const char* const end = c.end - c.at > kMethodBytesMax ? c.at + kMethodBytesMax : c.end;
  const char* const method_end = ScanToken(c.at, end);
  if (method_end == c.end) return ParseStatus::kNeedMore;
  head->method_text = {c.at, static_cast<size_t>(method_end - c.at)};
  head->method = FindMethod(head->method_text);
  const bool known = head->method != Method::kOther || IsKnownMethod(head->method_text);
  if (*method_end != ' ' || !known) return c.Fail(CodecError::kBadMethod);
  c.at = method_end + 1;
  return ParseStatus::kDone;
}

ParseStatus ParseTarget(Cursor& c, const CodecLimits& limits, const Http1Options& options,
                        RequestHead* head) {
  const char* const target_end = ScanTarget(c.begin, c.at, c.end);
  const size_t size = target_end - c.at;
  if (size > limits.target_bytes_max) return c.Fail(CodecError::kTargetTooLong);
  if (target_end == c.end) return ParseStatus::kNeedMore;
  if (*target_end == '\r' || *target_end == '\n') return c.Fail(CodecError::kBadStartLine);
  if (*target_end != ' ') return c.Fail(CodecError::kBadTarget);
  const AbsoluteForm absolute =
      options.allow_absolute_url ? AbsoluteForm::kAllowed : AbsoluteForm::kRefused;
  if (!ParseRequestTarget({c.at, size}, head->method, absolute, &head->target)) {
    return c.Fail(CodecError::kBadTarget);
  }
  c.at = target_end + 1;
  return ParseStatus::kDone;
}

ParseStatus ParseRequestLine(Cursor& c, const CodecLimits& limits, const Http1Options& options,
                             RequestHead* head) {
  ParseStatus status = ParseMethod(c, head);
  if (status != ParseStatus::kDone) return status;
  status = ParseTarget(c, limits, options, head);
  if (status != ParseStatus::kDone) return status;
  status = ParseVersion(c, &head->protocol);
  if (status != ParseStatus::kDone) return status;
  if (head->protocol == HttpProtocol::kHttp10 && !options.accept_http_10) {
    return c.Fail(CodecError::kUnsupportedVersion);
  }
  return ParseLineEnd(c, CodecError::kBadStartLine);
}

// RFC 9112 section 3.2: one valid Host in HTTP/1.1, also next to an absolute target, which
// overrides it.
CodecError TakeHost(absl::string_view value, const char** seen, RequestHead* head) {
  if (*seen != nullptr) return CodecError::kBadHost;
  *seen = value.data();
  if (!value.empty() && !IsValidAuthority(value)) return CodecError::kBadHost;
  head->authority = value;
  return CodecError::kNone;
}

CodecError SettleAuthority(const Http1Options& options, RequestHead* head) {
  const bool old = head->protocol == HttpProtocol::kHttp10;
  if (head->authority.empty() && !old) return CodecError::kBadHost;
  if (!head->target.authority.empty()) {
    head->authority = head->target.authority;
  } else if (head->authority.empty()) {
    head->authority = options.default_host_for_http_10;
  }
  return head->authority.empty() ? CodecError::kBadHost : CodecError::kNone;
}

}  // namespace

ParseStatus ParseRequestHead(absl::string_view text, const CodecLimits& limits,
                             const Http1Options& options, RequestHead* head) {
  Cursor c(text);
  head->fields.clear();
  FramingFields framing;
  const char* host = nullptr;
  const auto take = [&](const FieldToken& token, bool* keep) {
    const absl::string_view value(c.begin + token.value, token.value_size);
    if (token.id != HeaderId::kHost) return TakeFramingField(token.id, value, &framing);
    *keep = false;
    return TakeHost(value, &host, head);
  };
  ParseStatus status = ParseRequestLine(c, limits, options, head);
  if (status == ParseStatus::kDone) status = ParseFields(c, limits, &head->fields, take);
  head->text_size = c.offset(c.at);
  if (status == ParseStatus::kDone) status = ParseLineEnd(c, CodecError::kBadHeaderName);
  if (status == ParseStatus::kDone) {
    c.error = SettleAuthority(options, head);
    if (c.error == CodecError::kNone) {
      head->framing = {};
      c.error =
          DecideRequestFraming(framing, head->method, head->protocol, options, &head->framing);
    }
    if (c.error != CodecError::kNone) status = ParseStatus::kError;
  }
  head->size = c.offset(c.at);
  head->error = c.error;
  return status;
}

namespace {

ParseStatus ParseStatusLine(Cursor& c, ResponseHead* head) {
  ParseStatus status = ParseVersion(c, &head->protocol);
  if (status != ParseStatus::kDone) return status;
  for (size_t i = 0; i < 4; ++i) {
    if (c.at + i == c.end) return ParseStatus::kNeedMore;
    const char byte = c.at[i];
    if (i == 0 && byte != ' ') return c.Fail(CodecError::kBadStartLine);
    if (i > 0 && (byte < '0' || byte > '9')) return c.Fail(CodecError::kBadStatus);
  }
  head->status_text = {c.at + 1, 3};
  head->status =
      static_cast<uint16_t>((c.at[1] - '0') * 100 + (c.at[2] - '0') * 10 + (c.at[3] - '0'));
  if (head->status < 100) return c.Fail(CodecError::kBadStatus);
  c.at += 4;
  if (c.at_end()) return ParseStatus::kNeedMore;
  // RFC 9112 section 4 wants a space even before an empty reason; servers exist that forget it.
  if (*c.at != ' ') return ParseLineEnd(c, CodecError::kBadStatus);
  c.at = ScanValue(c.begin, c.at, c.end);
  return ParseLineEnd(c, CodecError::kBadStartLine);
}

}  // namespace

ParseStatus ParseResponseHead(absl::string_view text, Method method, const CodecLimits& limits,
                              const Http1Options& options, ResponseHead* head) {
  Cursor c(text);
  head->fields.clear();
  FramingFields framing;
  const auto take = [&](const FieldToken& token, bool*) {
    return TakeFramingField(token.id, {c.begin + token.value, token.value_size}, &framing);
  };
  ParseStatus status = ParseStatusLine(c, head);
  if (status == ParseStatus::kDone) status = ParseFields(c, limits, &head->fields, take);
  head->text_size = c.offset(c.at);
  if (status == ParseStatus::kDone) status = ParseLineEnd(c, CodecError::kBadHeaderName);
  if (status == ParseStatus::kDone) {
    head->framing = {};
    c.error = DecideResponseFraming(framing, method, head->status, head->protocol, options,
                                    &head->framing);
    if (c.error != CodecError::kNone) status = ParseStatus::kError;
  }
  head->size = c.offset(c.at);
  head->error = c.error;
  return status;
}

ParseStatus ParseTrailers(absl::string_view text, const CodecLimits& limits,
                          TrailerSection* section) {
  Cursor c(text);
  section->fields.clear();
  const auto take = [&](const FieldToken& token, bool* keep) {
    char lower[kShortNameMax];
    const size_t size = std::min<size_t>(token.name_size, sizeof(lower));
    for (size_t i = 0; i < size; ++i) lower[i] = TokenLowerCase(c.begin[token.name + i]);
    const TrailerRule rule = RuleOfTrailer(token.id, {lower, size});
    *keep = rule == TrailerRule::kKeep;
    return rule == TrailerRule::kRefuse ? CodecError::kBadTrailer : CodecError::kNone;
  };
  ParseStatus status = ParseFields(c, limits, &section->fields, take);
  if (status == ParseStatus::kDone) status = ParseLineEnd(c, CodecError::kBadTrailer);
  section->size = c.offset(c.at);
  section->error = c.error;
  return status;
}

char* CopyHeadText(absl::string_view text, Arena& arena) {
  char* const copy = static_cast<char*>(arena.Allocate(text.size() + kScanStep, 1));
  std::memcpy(copy, text.data(), text.size());
  // The last name's step may end here.
  std::memset(copy + text.size(), 0, kScanStep);
  return copy;
}

void AddFields(const FieldTokens& fields, const Framing& framing, char* text, Headers& headers) {
  for (const FieldToken& token : fields) {
    if (token.id == HeaderId::kContentLength && framing.drop_content_length) continue;
    char* const name = text + token.name;
    LowerCaseInSteps(name, token.name_size);
    const absl::string_view lower_case_name(name, token.name_size);
    const absl::string_view value(text + token.value, token.value_size);
    if (token.is_line) {
      headers.AddLine(lower_case_name, token.id, value);
    } else {
      headers.AddReference(lower_case_name, token.id, value);
    }
  }
}

}  // namespace sluice
