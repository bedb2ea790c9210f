#include "source/http/path.h"

#include <cstddef>
#include <cstring>

namespace sluice {
namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The byte that "%xy" at `at` stands for, or -1.
int DecodeEscape(absl::string_view text, size_t at) {
  if (text[at] != '%' || at + 2 >= text.size()) return -1;
  const int high = HexValue(text[at + 1]);
  const int low = HexValue(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool IsUnreserved(int c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

// All of these write to a text of at least the size of what they read, which may be the same text,
// and return the new size: none makes it longer.

size_t UnescapeSlashes(absl::string_view path, char* to) {
  size_t n = 0;
  for (size_t i = 0; i < path.size(); ++i) {
    const int byte = DecodeEscape(path, i);
    const bool slash = byte == '/' || byte == '\\';
    to[n++] = slash ? static_cast<char>(byte) : path[i];
    if (slash) i += 2;
  }
  return n;
}

// Decodes unreserved bytes (RFC 3986 section 6.2.2.2) and makes "\" a "/", as browsers and Envoy
// do. Once only: what a decoded "%" begins is data. kRefused: an escaped NUL, which no path has.
constexpr size_t kRefused = static_cast<size_t>(-1);
size_t DecodeUnreserved(absl::string_view path, char* to) {
  size_t n = 0;
  for (size_t i = 0; i < path.size(); ++i) {
    const int byte = DecodeEscape(path, i);
    if (byte == 0 || (byte < 0 && path[i] == '%')) return kRefused;
    if (IsUnreserved(byte)) {
      to[n++] = static_cast<char>(byte);
      i += 2;
    } else {
      to[n++] = path[i] == '\\' ? '/' : path[i];
    }
  }
  return n;
}

// RFC 3986 section 5.2.4 for a path that begins with "/". ".." above the root stays at the root.
size_t RemoveDotSegments(absl::string_view path, char* to) {
  size_t n = 0;
  for (size_t i = 0; i < path.size();) {
    // `i` is at a slash, whose segment follows.
    size_t end = path.find('/', i + 1);
    const bool last = end == absl::string_view::npos;
    if (last) end = path.size();
    const absl::string_view segment = path.substr(i + 1, end - i - 1);
    if (segment == "..") {
      while (n > 0 && to[--n] != '/') {
      }
      if (last) to[n++] = '/';
    } else if (segment == ".") {
      if (last) to[n++] = '/';
    } else {
      std::memmove(to + n, path.data() + i, end - i);
      n += end - i;
    }
    i = end;
  }
  return n;
}

size_t MergeSlashes(absl::string_view path, char* to) {
  size_t n = 0;
  for (const char c : path) {
    if (c != '/' || n == 0 || to[n - 1] != '/') to[n++] = c;
  }
  return n;
}

}  // namespace

SplitTarget SplitPathAndQuery(absl::string_view target) {
  const size_t query = target.find('?');
  if (query == absl::string_view::npos) return {target, {}};
  return {target.substr(0, query), target.substr(query)};
}

PathVerdict ApplyPathRules(absl::string_view target, const PathRules& rules, Arena& arena,
                           absl::string_view* out) {
  if (!rules.any() || target.empty() || target.front() != '/') return PathVerdict::kSame;
  const SplitTarget split = SplitPathAndQuery(target);
  char* const text = static_cast<char*>(arena.Allocate(target.size(), 1));
  std::memcpy(text, split.path.data(), split.path.size());
  size_t size = split.path.size();

  bool unescaped = false;
  if (rules.escaped_slashes != EscapedSlashes::kKeep) {
    const size_t before = size;
    size = UnescapeSlashes({text, size}, text);
    unescaped = size != before;
    if (unescaped && rules.escaped_slashes == EscapedSlashes::kReject)
      return PathVerdict::kRejected;
  }
  if (rules.normalize) {
    size = DecodeUnreserved({text, size}, text);
    if (size == kRefused) return PathVerdict::kRejected;
    size = RemoveDotSegments({text, size}, text);
  }
  if (rules.merge_slashes) size = MergeSlashes({text, size}, text);

  if (absl::string_view(text, size) == split.path) return PathVerdict::kSame;
  if (!split.query.empty()) std::memcpy(text + size, split.query.data(), split.query.size());
  *out = {text, size + split.query.size()};
  const bool redirect = unescaped && rules.escaped_slashes == EscapedSlashes::kUnescapeAndRedirect;
  return redirect ? PathVerdict::kRedirect : PathVerdict::kChanged;
}

}  // namespace sluice
