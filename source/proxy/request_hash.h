// RequestHash: the hash by which a request is balanced, as its route's policies say, and the
// cookies that a client gets so that its next request has the same. Hash functions and how hashes
// combine are Envoy's, so that two proxies of either kind agree. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "source/base/arena.h"
#include "source/http/headers.h"
#include "source/http/stream_info.h"
#include "source/route/hash_policy.h"

namespace sluice {

// A value of set-cookie.
struct CookieToSet {
  absl::string_view value;
  const CookieToSet* next;
};

struct RequestHash {
  std::optional<uint64_t> value;  // nothing: no policy has found anything
  const CookieToSet* cookies = nullptr;
};

// Texts are the arena's; `scratch` is the worker's.
RequestHash HashRequest(const std::vector<HashPolicy>& policies, const Headers& request,
                        const StreamInfo& info, Arena& arena, std::string& scratch);

// The first of that name, without quotes.
std::optional<absl::string_view> FindCookie(const Headers& request, absl::string_view name);

}  // namespace sluice
