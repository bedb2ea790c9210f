#include "source/route/redirect.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

// The scheme of the URL that the client asked for.
absl::string_view RequestScheme(const Headers& request) {
  const absl::string_view scheme = request.Get(HeaderId::kScheme);
  if (!scheme.empty()) return scheme;
  const absl::string_view forwarded = request.Get(HeaderId::kXForwardedProto);
  return forwarded.empty() ? absl::string_view("http") : forwarded;
}

// Where the port of "host:port" begins, its colon included; npos where there is none.
size_t FindPort(absl::string_view host) {
  if (host.empty() || host[0] != '[') return host.rfind(':');
  const size_t close = host.rfind("]:");
  return close == absl::string_view::npos ? close : close + 1;
}

// The request's host. Its port goes when a new one comes, and when it is the default port of a
// scheme that the redirect leaves.
absl::string_view RequestHost(const Headers& request, absl::string_view new_scheme, bool new_port) {
  const absl::string_view host = request.Get(HeaderId::kAuthority);
  const size_t at = FindPort(host);
  if (at == absl::string_view::npos) return host;
  const absl::string_view port = host.substr(at);
  absl::string_view served = request.Get(HeaderId::kXForwardedProto);
  if (served.empty()) served = RequestScheme(request);
  const bool default_port =
      (served == "https" && port == ":443") || (served == "http" && port == ":80");
  return new_port || (new_scheme != served && default_port) ? host.substr(0, at) : host;
}

}  // namespace

void Redirect::AppendLocation(const Headers& request, std::string& out) const {
  const absl::string_view new_scheme = scheme.empty() ? RequestScheme(request) : scheme;
  const absl::string_view new_host =
      host.empty() ? RequestHost(request, new_scheme, !port.empty()) : absl::string_view(host);
  absl::StrAppend(&out, new_scheme, "://", new_host, port);
  const absl::string_view target = request.Get(HeaderId::kPath);
  const size_t query = target.find('?');
  if (!path.empty()) {
    out += path;
    // A query string of the configured path takes the place of the request's and is never stripped.
    const bool keep_query = !strip_query && !absl::StrContains(path, '?');
    if (keep_query && query != absl::string_view::npos) absl::StrAppend(&out, target.substr(query));
    return;
  }
  path_rewrite.AppendRewritten(strip_query ? target.substr(0, query) : target, out);
}

void AppendTlsLocation(const Headers& request, std::string& out) {
  absl::StrAppend(&out, "https://", request.Get(HeaderId::kAuthority),
                  request.Get(HeaderId::kPath));
}

}  // namespace sluice
