// HashPolicy: one of the things that a request is hashed by, for balancers that send equal hashes
// to the same host: a RouteAction.HashPolicy of envoy.config.route.v3 as a value. Const; any
// thread.
#pragma once

#include <cstdint>
#include <string>

#include "source/http/match/header_key.h"
#include "source/route/rewrite.h"

namespace sluice {

struct HashPolicy {
  enum class Kind : uint8_t { kHeader, kCookie, kQueryParameter, kSourceIp };
  Kind kind = Kind::kSourceIp;
  HeaderKey header;
  RegexRewrite rewrite;  // of the header's values, where it has a pattern
  std::string name;      // of the cookie or parameter
  // A client without the cookie gets one, with these attributes behind its value.
  bool generates = false;
  std::string attributes;
  // With a hash so far, those that follow do not count.
  bool terminal = false;
};

}  // namespace sluice
