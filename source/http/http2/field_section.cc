#include "source/http/http2/field_section.h"

#include <cstring>

#include "absl/strings/match.h"
#include "source/base/check.h"
#include "source/http/authority.h"
#include "source/http/field_scan.h"
#include "source/http/request_target.h"

namespace sluice {
namespace {

// Per field, as RFC 9113 section 6.5.2 counts for SETTINGS_MAX_HEADER_LIST_SIZE.
constexpr size_t kFieldOverhead = 32;

// RFC 9113 section 8.2.1: what an HTTP/1 parser behind us could take for anything else than this
// one field is refused.
bool IsValidName(absl::string_view name) {
  if (name.empty()) return false;
  for (const char c : name) {
    if (TokenLowerCase(c) != static_cast<uint8_t>(c) || c == '\0') return false;
  }
  return true;
}

bool IsValidValue(absl::string_view value) {
  if (value.empty()) return true;
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  if (is_space(value.front()) || is_space(value.back())) return false;
  const char* const end = value.data() + value.size();
  return ScanValue(value.data(), end) == end;
}

bool IsPseudo(HeaderId id) { return id >= HeaderId::kMethod && id <= HeaderId::kProtocol; }

int ParseStatus(absl::string_view text) {
  if (text.size() != 3) return 0;
  int status = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return 0;
    status = status * 10 + (c - '0');
  }
  return status;
}

bool IsValidPath(absl::string_view path) {
  if (path.empty() || (path[0] != '/' && path != "*")) return false;
  const char* const end = path.data() + path.size();
  return ScanTarget(path.data(), end) == end;
}

}  // namespace

void FieldSection::Start(Kind kind) {
  Clear();
  kind_ = kind;
}

void FieldSection::Clear() {
  text_.clear();
  tokens_.clear();
  framing_ = {};
  size_ = count_ = cookies_size_ = 0;
  seen_ = authority_ = cookies_ = 0;
  status_ = 0;
  method_ = Method::kOther;
  error_ = CodecError::kNone;
  fields_begun_ = path_is_asterisk_ = false;
}

void FieldSection::Add(absl::string_view name, absl::string_view value, const CodecLimits& limits) {
  if (error_ != CodecError::kNone) return;
  const HeaderId id = FindHeaderId(name);
  const bool crumb = id == HeaderId::kCookie && cookies_ > 0;
  size_ += name.size() + value.size() + kFieldOverhead;
  if (!IsPseudo(id) && !crumb) ++count_;
  const size_t size_max =
      kind_ == Kind::kTrailers ? limits.trailers_bytes_max : limits.headers_bytes_max;
  if (size_ > size_max || count_ > limits.headers_count_max) {
    return Fail(CodecError::kHttp2TooManyHeaders);
  }
  // A known name is valid: none of the table has another than lower-case letters.
  if (!IsValidValue(value) ||
      (id == HeaderId::kUnknown && !absl::StartsWith(name, ":") && !IsValidName(name))) {
    return Fail(CodecError::kHttp2InvalidHeader);
  }
  const bool pseudo = IsPseudo(id) || absl::StartsWith(name, ":");
  if (pseudo ? !TakePseudo(id, value, limits) : !TakeField(id, name, value)) return;
  Keep(id, name, value);
}

// RFC 9113 section 8.3: known, of this kind of message, once, and before all other fields.
bool FieldSection::TakePseudo(HeaderId id, absl::string_view value, const CodecLimits& limits) {
  const bool of_kind = kind_ == Kind::kRequest    ? IsPseudo(id) && id != HeaderId::kStatus
                       : kind_ == Kind::kResponse ? id == HeaderId::kStatus
                                                  : false;
  if (!of_kind || fields_begun_ || Seen(id)) {
    Fail(CodecError::kHttp2Messaging);
    return false;
  }
  seen_ |= Bit(id);
  bool valid = true;
  switch (id) {
    case HeaderId::kMethod:
      method_ = FindMethod(value);
      valid = IsKnownMethod(value);
      break;
    case HeaderId::kScheme:
      valid = value == "http" || value == "https";
      break;
    case HeaderId::kAuthority:
      authority_ = static_cast<uint32_t>(tokens_.size());
      valid = IsValidAuthority(value);
      break;
    case HeaderId::kPath:
      if (value.size() > limits.target_bytes_max) {
        Fail(CodecError::kHttp2TargetTooLong);
        return false;
      }
      path_is_asterisk_ = value == "*";
      valid = IsValidPath(value);
      break;
    case HeaderId::kProtocol:
      valid = !value.empty() &&
              ScanToken(value.data(), value.data() + value.size()) == value.data() + value.size();
      break;
    case HeaderId::kStatus:
      status_ = ParseStatus(value);
      valid = status_ >= 100;
      break;
    default:
      break;
  }
  if (!valid) Fail(CodecError::kHttp2InvalidHeader);
  return valid;
}

// False: refused, or not to be kept.
bool FieldSection::TakeField(HeaderId id, absl::string_view name, absl::string_view value) {
  fields_begun_ = true;
  if (kind_ == Kind::kTrailers) {
    const TrailerRule rule = RuleOfTrailer(id, name);
    if (rule == TrailerRule::kRefuse) Fail(CodecError::kHttp2Messaging);
    return rule == TrailerRule::kKeep;
  }
  switch (id) {
    // RFC 9113 section 8.2.2.
    case HeaderId::kConnection:
    case HeaderId::kKeepAlive:
    case HeaderId::kProxyConnection:
    case HeaderId::kTransferEncoding:
    case HeaderId::kUpgrade:
      Fail(CodecError::kHttp2Messaging);
      return false;
    case HeaderId::kTe:
      if (absl::EqualsIgnoreCase(value, "trailers")) return true;
      Fail(CodecError::kHttp2Messaging);
      return false;
    case HeaderId::kContentLength:
      if (framing_.AddContentLength(value) == CodecError::kNone) return true;
      Fail(CodecError::kHttp2InvalidHeader);
      return false;
    case HeaderId::kHost:
      if (kind_ != Kind::kRequest) return true;
      TakeHost(value);
      return false;
    case HeaderId::kCookie:
      cookies_size_ += (cookies_ == 0 ? 0 : 2) + value.size();
      ++cookies_;
      return true;
    default:
      return true;
  }
}

// RFC 9113 section 8.3.1: Host says the same as :authority, or stands in for it.
void FieldSection::TakeHost(absl::string_view value) {
  if (Seen(HeaderId::kHost)) return Fail(CodecError::kHttp2Messaging);
  seen_ |= Bit(HeaderId::kHost);
  if (Seen(HeaderId::kAuthority)) {
    const Token& token = tokens_[authority_];
    const absl::string_view authority(text_.data() + token.value, token.value_size);
    if (!absl::EqualsIgnoreCase(authority, value)) Fail(CodecError::kHttp2Messaging);
    return;
  }
  if (!IsValidAuthority(value)) return Fail(CodecError::kHttp2InvalidHeader);
  Keep(HeaderId::kAuthority, {}, value);
}

void FieldSection::Keep(HeaderId id, absl::string_view name, absl::string_view value) {
  Token token;
  token.id = id;
  token.name = static_cast<uint32_t>(text_.size());
  token.name_size = id == HeaderId::kUnknown ? static_cast<uint32_t>(name.size()) : 0;
  text_.append(name.data(), token.name_size);
  token.value = static_cast<uint32_t>(text_.size());
  token.value_size = static_cast<uint32_t>(value.size());
  text_.append(value.data(), value.size());
  tokens_.push_back(token);
}

// RFC 9113 sections 8.3.1 and 8.5, RFC 8441 section 4.
CodecError FieldSection::CheckRequest(ExtendedConnect extended) const {
  if (!Seen(HeaderId::kMethod)) return CodecError::kHttp2Messaging;
  if (!Seen(HeaderId::kAuthority) && !Seen(HeaderId::kHost)) return CodecError::kHttp2Messaging;
  const bool connect = method_ == Method::kConnect;
  if (Seen(HeaderId::kProtocol)) {
    if (!connect || extended == ExtendedConnect::kRefused) return CodecError::kHttp2Messaging;
  } else if (connect) {
    if (Seen(HeaderId::kScheme) || Seen(HeaderId::kPath) || !Seen(HeaderId::kAuthority)) {
      return CodecError::kHttp2Messaging;
    }
    const Token& token = tokens_[authority_];
    return IsValidAuthorityWithPort({text_.data() + token.value, token.value_size})
               ? CodecError::kNone
               : CodecError::kHttp2InvalidHeader;
  }
  if (!Seen(HeaderId::kScheme) || !Seen(HeaderId::kPath)) return CodecError::kHttp2Messaging;
  if (path_is_asterisk_ && method_ != Method::kOptions) return CodecError::kHttp2InvalidHeader;
  return CodecError::kNone;
}

CodecError FieldSection::FinishRequest(ExtendedConnect extended, End end, Http2BodyLength* body) {
  if (error_ == CodecError::kNone) error_ = CheckRequest(extended);
  if (error_ != CodecError::kNone) return error_;
  body->known = framing_.has_content_length();
  body->bytes = framing_.content_length();
  // Whoever reads the tunnel's bytes as a body, or the other way round, is at odds with us.
  const bool tunnel = method_ == Method::kConnect && body->known;
  if (tunnel || (end == End::kYes && body->bytes != 0)) Fail(CodecError::kHttp2Messaging);
  return error_;
}

CodecError FieldSection::FinishResponse(Method method, End end, Http2BodyLength* body) {
  // RFC 9113 section 8.6: there is no 101; section 8.1: an interim response does not end a stream.
  if (!Seen(HeaderId::kStatus) || status_ == 101 || (informational() && end == End::kYes)) {
    Fail(CodecError::kHttp2Messaging);
  }
  if (error_ != CodecError::kNone) return error_;
  const bool tunnel = method == Method::kConnect && status_ / 100 == 2;
  if (tunnel) {
    if (framing_.content_length() != 0) Fail(CodecError::kHttp2Messaging);
    return error_;
  }
  const bool never = ResponseHasNoBody(method, status_);
  const bool ignored = method == Method::kHead || status_ == 304;
  body->known = never || framing_.has_content_length();
  body->bytes = never ? 0 : framing_.content_length();
  if (never && !ignored && framing_.content_length() != 0) Fail(CodecError::kHttp2Messaging);
  if (end == End::kYes && body->bytes != 0) Fail(CodecError::kHttp2Messaging);
  return error_;
}

// RFC 9113 section 8.1: trailers end their message.
CodecError FieldSection::FinishTrailers(End end) {
  if (end == End::kNo) Fail(CodecError::kHttp2Messaging);
  return error_;
}

void FieldSection::MoveTo(Headers& headers) {
  SLUICE_DCHECK(error_ == CodecError::kNone);
  const char* const text = headers.arena().Copy(text_).data();
  bool cookies_done = cookies_ < 2;
  const bool never_has_length = status_ != 0 && (status_ < 200 || status_ == 204);
  for (const Token& token : tokens_) {
    const absl::string_view value(text + token.value, token.value_size);
    if (token.id == HeaderId::kUnknown) {
      headers.AddReference({text + token.name, token.name_size}, token.id, value);
    } else if (token.id == HeaderId::kCookie && cookies_ > 1) {
      if (!cookies_done) AddJoinedCookies(text, headers);
      cookies_done = true;
    } else if (token.id != HeaderId::kContentLength || !never_has_length) {
      headers.AddReference(token.id, value);
    }
  }
}

// RFC 9113 section 8.2.3.
void FieldSection::AddJoinedCookies(const char* text, Headers& headers) const {
  char* const joined = static_cast<char*>(headers.arena().Allocate(cookies_size_, 1));
  char* to = joined;
  bool first = true;
  for (const Token& token : tokens_) {
    if (token.id != HeaderId::kCookie) continue;
    if (!first) {
      *to++ = ';';
      *to++ = ' ';
    }
    first = false;
    std::memcpy(to, text + token.value, token.value_size);
    to += token.value_size;
  }
  headers.AddReference(HeaderId::kCookie, {joined, cookies_size_});
}

}  // namespace sluice
