// PathRewrite and HostRewrite: what a route changes of a request's target before it goes upstream.
// Const values of a RouteTable; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "source/http/headers.h"

namespace re2 {
class RE2;
}

namespace sluice {

// All that matches `pattern` becomes `substitution` (RE2's, with \1).
struct RegexRewrite {
  std::shared_ptr<const re2::RE2> pattern;
  std::string substitution;

  void AppendReplaced(absl::string_view text, std::string& out) const;
};

// Whether the request tells upstream what it looked like (x-envoy-original-path,
// x-envoy-original-host): not with the router's suppress_envoy_headers.
enum class OriginalHeaders : uint8_t { kSet, kOmit };

struct PathRewrite {
  enum class Kind : uint8_t { kNone, kPrefix, kRegex };
  static constexpr size_t kWholePath = static_cast<size_t>(-1);

  Kind kind = Kind::kNone;
  // kPrefix: so many bytes, the part that the route matched, become `prefix`.
  size_t matched_bytes = 0;
  std::string prefix;
  RegexRewrite regex;

  bool any() const { return kind != Kind::kNone; }
  // The rewritten `path`; the query string, or fragment, stays as it is.
  void AppendRewritten(absl::string_view path, std::string& out) const;
  // Rewrites :path. `scratch` is the worker's.
  void Apply(Headers& request, OriginalHeaders original, std::string& scratch) const;
};

// Whether the host that is replaced is appended to x-forwarded-host.
enum class ForwardedHost : uint8_t { kOmit, kAppend };

struct HostRewrite {
  enum class Kind : uint8_t {
    kNone,
    kLiteral,
    kHeader,     // the value of header `text`, where it has one
    kPathRegex,  // the path, rewritten
    kUpstream,   // the host's name: the router knows it, see SetHost
  };

  Kind kind = Kind::kNone;
  std::string text;
  RegexRewrite regex;

  // Rewrites :authority, but for kUpstream.
  void Apply(Headers& request, ForwardedHost forwarded, OriginalHeaders original,
             std::string& scratch) const;
};

// Replaces :authority by a copy of `host`, as every kind of HostRewrite does.
void SetHost(Headers& request, absl::string_view host, ForwardedHost forwarded,
             OriginalHeaders original);

// `target` up to its query string or fragment: what routes are matched against.
absl::string_view PathWithoutQuery(absl::string_view target);

}  // namespace sluice
