// AccessLogFilter: which requests get a line: envoy.config.accesslog.v3.AccessLogFilter as a value,
// a tree of conditions. Also chooses the mapper of a local reply. Const; any thread; allocates
// nothing.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "source/accesslog/log_format.h"
#include "source/config/runtime_value.h"
#include "source/http/match/fraction.h"
#include "source/http/match/header_match.h"

namespace sluice {

struct AccessLogFilter {
  struct Comparison {
    enum class Op : uint8_t { kEqual, kAtLeast, kAtMost };
    Op op = Op::kEqual;
    RuntimeNumber value = 0;
    bool Holds(uint64_t number) const;
  };

  struct StatusCode {
    Comparison comparison;
  };
  struct DurationMilliseconds {
    Comparison comparison;
  };
  // Holds for every request: none is answered as a health check without going to a route.
  struct NotHealthCheck {};
  // A sample that is the same on every hop, by x-request-id, or this stream's own.
  struct Sample {
    Fraction fraction;
    bool independent = false;
  };
  struct AllOf {
    std::vector<AccessLogFilter> filters;
  };
  struct AnyOf {
    std::vector<AccessLogFilter> filters;
  };
  struct Flags {
    uint64_t any_of = 0;  // bits of ResponseFlags
  };
  struct LogTypes {
    uint32_t bits = 0;  // of AccessLogType
    bool exclude = false;
  };

  std::variant<NotHealthCheck, StatusCode, DurationMilliseconds, Sample, AllOf, AnyOf, HeaderMatch,
               Flags, LogTypes>
      condition;

  bool Matches(const FormatContext& context) const;
};

}  // namespace sluice
