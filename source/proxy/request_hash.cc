#include "source/proxy/request_hash.h"

#include <algorithm>

#include "absl/container/inlined_vector.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "source/route/query_match.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace sluice {
namespace {

struct Scratch {
  Arena& arena;
  std::string& text;
};

uint64_t Hash(absl::string_view text, uint64_t seed = 0) {
  return XXH64(text.data(), text.size(), seed);
}

// Of several values the order does not count.
std::optional<uint64_t> HashHeader(const HashPolicy& policy, const Headers& request,
                                   Scratch scratch) {
  absl::InlinedVector<absl::string_view, 4> values;
  for (const Header& header : request) {
    if (!policy.header.Matches(header)) continue;
    if (policy.rewrite.pattern == nullptr) {
      values.push_back(header.value);
      continue;
    }
    scratch.text.clear();
    policy.rewrite.AppendReplaced(header.value, scratch.text);
    values.push_back(scratch.arena.Copy(scratch.text));
  }
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  uint64_t hash = 0;
  for (const absl::string_view value : values) hash = Hash(value, hash);
  return hash;
}

const Address& ClientOf(const StreamInfo& info) {
  const bool known = info.remote_address.family() != Address::Family::kNone;
  return known ? info.remote_address : info.downstream->remote_address();
}

// The same for all requests of a connection, which may be under way together.
absl::string_view NewCookie(const StreamInfo& info, Arena& arena) {
  char text[2 * Address::kTextBytesMax];
  size_t size = info.downstream->remote_address().WriteText(text);
  size += info.downstream->local_address().WriteText(text + size);
  return arena.Copy(absl::StrCat(absl::Hex(Hash({text, size}), absl::kZeroPad16)));
}

std::optional<uint64_t> HashCookie(const HashPolicy& policy, const Headers& request,
                                   const StreamInfo& info, Scratch scratch,
                                   const CookieToSet*& cookies) {
  const std::optional<absl::string_view> found = FindCookie(request, policy.name);
  if (found.has_value() && !found->empty()) return Hash(*found);
  if (!policy.generates) return std::nullopt;
  const absl::string_view value = NewCookie(info, scratch.arena);
  scratch.text = absl::StrCat(policy.name, "=\"", value, "\"", policy.attributes);
  cookies = scratch.arena.New<CookieToSet>(CookieToSet{scratch.arena.Copy(scratch.text), cookies});
  return Hash(value);
}

std::optional<uint64_t> HashQuery(const HashPolicy& policy, const Headers& request) {
  absl::string_view path = request.Get(HeaderId::kPath);
  path = path.substr(0, path.find('#'));
  const size_t mark = path.find('?');
  if (mark == absl::string_view::npos) return std::nullopt;
  const auto value = FindQueryParameter(path.substr(mark + 1), policy.name);
  if (!value.has_value()) return std::nullopt;
  return Hash(*value);
}

std::optional<uint64_t> HashSource(const StreamInfo& info) {
  const Address& client = ClientOf(info);
  if (!client.is_ip()) return std::nullopt;
  char text[Address::kTextBytesMax];
  return Hash({text, client.WriteIpText(text)});
}

std::optional<uint64_t> HashBy(const HashPolicy& policy, const Headers& request,
                               const StreamInfo& info, Scratch scratch,
                               const CookieToSet*& cookies) {
  switch (policy.kind) {
    case HashPolicy::Kind::kHeader:
      return HashHeader(policy, request, scratch);
    case HashPolicy::Kind::kCookie:
      return HashCookie(policy, request, info, scratch, cookies);
    case HashPolicy::Kind::kQueryParameter:
      return HashQuery(policy, request);
    case HashPolicy::Kind::kSourceIp:
      return HashSource(info);
  }
  return std::nullopt;
}

}  // namespace

std::optional<absl::string_view> FindCookie(const Headers& request, absl::string_view name) {
  for (const Header& header : request) {
    if (header.id != HeaderId::kCookie) continue;
    absl::string_view rest = header.value;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find(';'), rest.size());
      const absl::string_view pair = absl::StripAsciiWhitespace(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const size_t equals = pair.find('=');
      if (equals == absl::string_view::npos || pair.substr(0, equals) != name) continue;
      absl::string_view value = pair.substr(equals + 1);
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
        value = value.substr(1, value.size() - 2);
      return value;
    }
  }
  return std::nullopt;
}

RequestHash HashRequest(const std::vector<HashPolicy>& policies, const Headers& request,
                        const StreamInfo& info, Arena& arena, std::string& scratch) {
  RequestHash result;
  for (const HashPolicy& policy : policies) {
    const std::optional<uint64_t> found =
        HashBy(policy, request, info, {arena, scratch}, result.cookies);
    if (found.has_value()) {
      // Turned, so that two that are equal do not make nothing of each other.
      const uint64_t before = result.value.value_or(0);
      result.value = ((before << 1) | (before >> 63)) ^ *found;
    }
    if (policy.terminal && result.value.has_value()) break;
  }
  return result;
}

}  // namespace sluice
