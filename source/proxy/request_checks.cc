#include "source/proxy/request_checks.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "source/http/path.h"

namespace sluice {
namespace {

Failure CheckNames(UnderscoreAction action, Headers& request) {
  if (action == UnderscoreAction::kAllow) return Failure::kNone;
  for (;;) {
    const Header* found = nullptr;
    for (const Header& header : request) {
      if (absl::StrContains(header.name, '_')) found = &header;
    }
    if (found == nullptr) return Failure::kNone;
    if (action == UnderscoreAction::kReject) return Failure::kHeaderWithUnderscore;
    request.Remove(found->name);
  }
}

absl::string_view WithoutPort(absl::string_view authority, HostPort action, bool https) {
  const size_t colon = authority.rfind(':');
  if (colon == absl::string_view::npos || authority.find(']', colon) != absl::string_view::npos)
    return authority;
  const absl::string_view port = authority.substr(colon + 1);
  if (action == HostPort::kStripMatching && port != (https ? "443" : "80")) return authority;
  return authority.substr(0, colon);
}

void NormalizeHost(const RequestRules& rules, Headers& request) {
  if (rules.host_port == HostPort::kKeep && !rules.strip_trailing_host_dot) return;
  absl::string_view host = request.Get(HeaderId::kAuthority);
  if (rules.host_port != HostPort::kKeep) {
    host = WithoutPort(host, rules.host_port, request.Get(HeaderId::kScheme) == "https");
  }
  if (rules.strip_trailing_host_dot) {
    const size_t colon = host.find(':');
    const absl::string_view name = host.substr(0, colon);
    if (absl::EndsWith(name, ".")) {
      const absl::string_view port = colon == absl::string_view::npos ? "" : host.substr(colon);
      return request.Set(HeaderId::kAuthority, absl::StrCat(name.substr(0, name.size() - 1), port));
    }
  }
  if (host.size() != request.Get(HeaderId::kAuthority).size()) {
    request.SetReference(HeaderId::kAuthority, host);
  }
}

CheckResult NormalizePath(const RequestRules& rules, Headers& request) {
  absl::string_view changed;
  switch (ApplyPathRules(request.Get(HeaderId::kPath), rules.path, request.arena(), &changed)) {
    case PathVerdict::kSame:
      return {};
    case PathVerdict::kRejected:
      return {.failure = Failure::kInvalidPath};
    case PathVerdict::kChanged:
      request.SetReference(HeaderId::kPath, changed);
      return {};
    case PathVerdict::kRedirect:
      request.SetReference(HeaderId::kPath, changed);
      return {.redirect_to_path = true};
  }
  return {};
}

}  // namespace

CheckResult CheckRequest(const RequestRules& rules, Headers& request) {
  // RFC 9112 section 3.2: a request without a host means nothing to a proxy with virtual hosts.
  if (request.Get(HeaderId::kAuthority).empty()) return {.failure = Failure::kMissingHost};
  if (const Failure failure = CheckNames(rules.underscores, request); failure != Failure::kNone) {
    return {.failure = failure};
  }
  // CONNECT has no path, and its authority is where to connect to, port and all.
  if (request.Get(HeaderId::kMethod) == "CONNECT") return {};
  NormalizeHost(rules, request);
  return NormalizePath(rules, request);
}

}  // namespace sluice
