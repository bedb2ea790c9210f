// RetryPolicy: when a failed try of a request is followed by another: a RetryPolicy of
// envoy.config.route.v3 as a value. Const, part of a RouteTable; any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "source/base/units.h"
#include "source/http/match/header_key.h"
#include "source/http/match/header_match.h"

namespace sluice {

// What a try came to that is worth another. Names and meaning are those of x-envoy-retry-on and
// x-envoy-retry-grpc-on.
enum class RetryCondition : uint8_t {
  k5xx,
  kGatewayError,
  kReset,
  kResetBeforeRequest,
  kConnectFailure,
  kEnvoyRatelimited,
  kRetriable4xx,
  kRefusedStream,
  kRetriableStatusCodes,
  kRetriableHeaders,
  kHttp3PostConnectFailure,  // HTTP/3 is not spoken: never happens
  kGrpcCancelled,
  kGrpcDeadlineExceeded,
  kGrpcInternal,
  kGrpcResourceExhausted,
  kGrpcUnavailable,
};

class RetryConditions {
 public:
  constexpr RetryConditions() = default;
  constexpr RetryConditions(std::initializer_list<RetryCondition> conditions) {
    for (const RetryCondition condition : conditions) Add(condition);
  }
  constexpr void Add(RetryCondition condition) { bits_ |= BitOf(condition); }
  constexpr void Add(RetryConditions others) { bits_ |= others.bits_; }
  constexpr bool Has(RetryCondition condition) const { return (bits_ & BitOf(condition)) != 0; }
  constexpr bool HasAnyOf(RetryConditions others) const { return (bits_ & others.bits_) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  friend constexpr bool operator==(RetryConditions, RetryConditions) = default;

 private:
  static constexpr uint32_t BitOf(RetryCondition condition) {
    return uint32_t{1} << static_cast<unsigned>(condition);
  }
  uint32_t bits_ = 0;
};

// By its name; nothing: there is none of that name.
std::optional<RetryCondition> FindHttpRetryCondition(absl::string_view name);
std::optional<RetryCondition> FindGrpcRetryCondition(absl::string_view name);

// A response header that says when to come again.
struct ResetHeader {
  HeaderKey name;
  enum class Format : uint8_t { kSeconds, kUnixTimestamp } format = Format::kSeconds;
};

struct RetryPolicy {
  RetryConditions on;
  uint32_t retries_max = 1;
  Duration per_try_timeout{0};       // 0: the route's alone
  Duration per_try_idle_timeout{0};  // 0: none
  // The wait before the nth retry is anything below (2^n - 1) * base, and below max.
  Duration back_off_base = std::chrono::milliseconds(25);
  Duration back_off_max = std::chrono::milliseconds(250);
  // The wait that the first of these headers in a response asks for, where that is at most max.
  std::vector<ResetHeader> reset_headers;
  Duration reset_max = std::chrono::seconds(300);
  std::vector<uint32_t> status_codes;
  std::vector<HeaderMatch> retriable_headers;  // of responses
  // Where there are any, only requests with one of them are tried again.
  std::vector<HeaderMatch> request_headers;
  bool other_hosts = false;      // previous_hosts: hosts that were tried are passed over,
  uint32_t host_picks_more = 1;  // by asking the balancer so many times more at most
};

}  // namespace sluice
