#include "source/http/http2/outgoing_fields.h"

#include "absl/strings/match.h"
#include "source/http/message_rules.h"

namespace sluice {
namespace {

// Names of the table outlive everything.
constexpr uint8_t kKnownName = NGHTTP2_NV_FLAG_NO_COPY_NAME;

bool IsNotOfHttp2(HeaderId id) {
  switch (id) {
    case HeaderId::kMethod:
    case HeaderId::kPath:
    case HeaderId::kAuthority:
    case HeaderId::kScheme:
    case HeaderId::kStatus:
    case HeaderId::kProtocol:
    case HeaderId::kHost:
    case HeaderId::kConnection:
    case HeaderId::kKeepAlive:
    case HeaderId::kProxyConnection:
    case HeaderId::kTransferEncoding:
    case HeaderId::kUpgrade:
    case HeaderId::kHttp2Settings:
      return true;
    default:
      return false;
  }
}

}  // namespace

void OutgoingFields::Add(absl::string_view name, absl::string_view value, uint8_t flags) {
  // nghttp2 takes pointers to non-const and does not write through them.
  fields_.push_back({reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
                     reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(),
                     value.size(), flags});
}

void OutgoingFields::AddPseudo(const Headers& headers, HeaderId id) {
  const Header* const header = headers.Find(id);
  if (header != nullptr) Add(HeaderNameText(id), header->value, kKnownName);
}

void OutgoingFields::AddRegular(const Headers& headers, ContentLength length) {
  for (const Header& header : headers) {
    if (IsNotOfHttp2(header.id)) continue;
    if (header.id == HeaderId::kTe && !absl::EqualsIgnoreCase(header.value, "trailers")) continue;
    if (header.id == HeaderId::kContentLength) {
      if (length == ContentLength::kDrop) continue;
      if (length == ContentLength::kZeroOnly && header.value != "0") continue;
    }
    // A name that came as text is in memory that may go before the frame is written.
    header.id == HeaderId::kUnknown ? Add(header.name, header.value, 0)
                                    : Add(HeaderNameText(header.id), header.value, kKnownName);
  }
}

void OutgoingFields::SetRequest(const Headers& headers, End end) {
  AddPseudo(headers, HeaderId::kMethod);
  const bool tunnel =
      headers.Get(HeaderId::kMethod) == "CONNECT" && !headers.Has(HeaderId::kProtocol);
  if (!tunnel) {
    AddPseudo(headers, HeaderId::kScheme);
    if (!headers.Has(HeaderId::kScheme)) {
      Add(HeaderNameText(HeaderId::kScheme), "http", kKnownName | NGHTTP2_NV_FLAG_NO_COPY_VALUE);
    }
    AddPseudo(headers, HeaderId::kPath);
  }
  AddPseudo(headers, HeaderId::kAuthority);
  AddPseudo(headers, HeaderId::kProtocol);
  uint64_t length = 0;
  const bool valid = headers.Count(HeaderId::kContentLength) == 1 &&
                     ParseContentLength(headers.Get(HeaderId::kContentLength), &length);
  AddRegular(headers, !valid             ? ContentLength::kDrop
                      : end == End::kYes ? ContentLength::kZeroOnly
                                         : ContentLength::kKeep);
}

void OutgoingFields::SetResponse(const Headers& headers, int status, Method request, End end) {
  AddPseudo(headers, HeaderId::kStatus);
  uint64_t length = 0;
  ContentLength use = ContentLength::kDrop;
  if (headers.Count(HeaderId::kContentLength) == 1 &&
      ParseContentLength(headers.Get(HeaderId::kContentLength), &length)) {
    if (request == Method::kHead || status == 304) {
      use = ContentLength::kKeep;
    } else if (!ResponseHasNoBody(request, status)) {
      use = end == End::kYes ? ContentLength::kZeroOnly : ContentLength::kKeep;
    }
  }
  AddRegular(headers, use);
}

void OutgoingFields::SetTrailers(const Headers& trailers) {
  AddRegular(trailers, ContentLength::kDrop);
}

int StatusOfResponse(const Headers& headers) {
  const absl::string_view text = headers.Get(HeaderId::kStatus);
  if (text.size() != 3) return 0;
  return (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
}

}  // namespace sluice
