#include "source/route/rewrite.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "re2/re2.h"

namespace sluice {

absl::string_view PathWithoutQuery(absl::string_view target) {
  const absl::string_view path = target.substr(0, target.find('?'));
  return path.substr(0, path.find('#'));
}

// RE2 builds the replaced text anew: regular expressions pay an allocation for each request.
void RegexRewrite::AppendReplaced(absl::string_view text, std::string& out) const {
  std::string replaced(text);
  re2::RE2::GlobalReplace(&replaced, *pattern, substitution);
  out += replaced;
}

void PathRewrite::AppendRewritten(absl::string_view path, std::string& out) const {
  const absl::string_view matched = PathWithoutQuery(path);
  switch (kind) {
    case Kind::kNone:
      absl::StrAppend(&out, path);
      return;
    case Kind::kPrefix:
      absl::StrAppend(&out, prefix, path.substr(std::min(matched_bytes, matched.size())));
      return;
    case Kind::kRegex:
      regex.AppendReplaced(matched, out);
      absl::StrAppend(&out, path.substr(matched.size()));
  }
}

void PathRewrite::Apply(Headers& request, OriginalHeaders original, std::string& scratch) const {
  const Header* path = request.Find(HeaderId::kPath);
  if (kind == Kind::kNone || path == nullptr) return;
  const absl::string_view before = path->value;
  scratch.clear();
  AppendRewritten(before, scratch);
  if (original == OriginalHeaders::kSet) {
    request.SetReference(HeaderId::kXEnvoyOriginalPath, before);
  }
  request.Set(HeaderId::kPath, scratch);
}

void HostRewrite::Apply(Headers& request, ForwardedHost forwarded, OriginalHeaders original,
                        std::string& scratch) const {
  switch (kind) {
    case Kind::kNone:
    case Kind::kUpstream:
      return;
    case Kind::kLiteral:
      SetHost(request, text, forwarded, original);
      return;
    case Kind::kHeader: {
      const Header* header = request.Find(text);
      if (header == nullptr || header->value.empty()) return;
      SetHost(request, header->value, forwarded, original);
      return;
    }
    case Kind::kPathRegex:
      scratch.clear();
      regex.AppendReplaced(PathWithoutQuery(request.Get(HeaderId::kPath)), scratch);
      SetHost(request, scratch, forwarded, original);
  }
}

void SetHost(Headers& request, absl::string_view host, ForwardedHost forwarded,
             OriginalHeaders original) {
  const absl::string_view before = request.Get(HeaderId::kAuthority);
  if (!before.empty()) {
    if (forwarded == ForwardedHost::kAppend) {
      // Not twice in a row: a retry, or a second proxy, would repeat it.
      const absl::string_view hosts = request.Get(HeaderId::kXForwardedHost);
      const size_t comma = hosts.rfind(',');
      const absl::string_view last = absl::StripAsciiWhitespace(
          comma == absl::string_view::npos ? hosts : hosts.substr(comma + 1));
      if (last != before) request.AppendValue(HeaderId::kXForwardedHost, before);
    }
    if (original == OriginalHeaders::kSet) {
      request.SetReference(HeaderId::kXEnvoyOriginalHost, before);
    }
  }
  request.Set(HeaderId::kAuthority, host);
}

}  // namespace sluice
