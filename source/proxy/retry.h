// Whether a try of a request is followed by another, and when: what has become of it, what the
// route and the request's headers say, how many there were. Pure; the router (router_retry.cc) is
// its driver.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "source/base/random.h"
#include "source/base/units.h"
#include "source/http/headers.h"
#include "source/route/retry_policy.h"

namespace sluice {

// A route's policy with what a request's own headers add to it.
struct RetryRules {
  const RetryPolicy& policy;
  RetryConditions on;
  uint32_t retries_max;
  Duration per_try_timeout;
  absl::string_view status_codes;  // more of them: comma lists, of the request's headers
  absl::string_view header_names;
};

// The policy, and the memory that the request's texts are in, must outlive the rules. `timeout` is
// that of the whole request: one of a try that is no shorter counts for nothing.
RetryRules MakeRetryRules(const RetryPolicy& policy, const Headers& request, Duration timeout);
// They are for this proxy alone.
void RemoveRetryHeaders(Headers& request);
bool HasRetryHeaders(const Headers& request);

// How a try ended without a response.
enum class TryEnd : uint8_t {
  kNoConnection,
  kOverflow,
  kReset,  // or the connection's end, or a malformed response
  kRefused,
  kTimeout,  // of the try
};
enum class RequestSent : uint8_t { kNo, kYes };

bool IsRetriable(const RetryRules& rules, TryEnd end, RequestSent sent);
bool IsRetriable(const RetryRules& rules, const Headers& response);

// The wait before the nth retry, from 1, uniform below its bound.
Duration BackOff(const RetryPolicy& policy, uint32_t retry, Random& random);
// What the response asks for, with a jitter on top; nothing: it does not, or for too long.
std::optional<Duration> AskedBackOff(const RetryPolicy& policy, const Headers& response,
                                     WallTime now, Random& random);

}  // namespace sluice
