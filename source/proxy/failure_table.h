// The failure table: every way a request can fail is one row: what the client gets, what the log
// says, what is counted, whether it may be tried again. Pure data; source/docs/failures.md is made
// from it.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "source/http/codec.h"
#include "source/http/stream_info.h"

namespace sluice {

enum class Failure : uint8_t {
  kNone,
  // The request cannot be accepted.
  kBadRequest,
  kUnsupportedVersion,
  kHeadersTooLarge,
  kTargetTooLong,
  kMissingHost,
  kInvalidPath,
  kHeaderWithUnderscore,
  kUpgradeDenied,
  kOverload,
  kPayloadTooLarge,
  // It did not come, or end, in time.
  kRequestHeadersTimeout,
  kRequestTimeout,
  kStreamIdleTimeout,
  kMaxDuration,
  // No place to send it.
  kNoRoute,
  kNoCluster,
  kNoHealthyHost,
  kDropOverload,
  kOverflow,
  // The upstream did not answer, or not well.
  kConnectFailed,
  kUpstreamClosed,
  kUpstreamReset,
  kUpstreamRefused,
  kUpstreamProtocolError,
  kUpstreamTimeout,
  kPerTryTimeout,
  kPerTryIdleTimeout,
  // The client went away: nobody to answer.
  kDownstreamClosed,
  kFilterReset,
  // The response does not fit its own head: a filter's doing.
  kResponseMismatch,
  // Its listener, or filter chain, is no more, and what a drain gives it is over.
  kDrainOver,
  kCount
};

enum class MayRetry : uint8_t { kNo, kYes };

struct FailureRow {
  Failure failure;
  uint16_t status;           // 0: no answer is sent
  int grpc_status;           // for gRPC requests
  ResponseFlag flag;         // kCount: none
  MayRetry may_retry;        // before any response byte, where the request allows it
  absl::string_view detail;  // RESPONSE_CODE_DETAILS
  absl::string_view body;
};

const FailureRow& RowOf(Failure failure);
// What a codec's error means for the request it was found in.
Failure FailureOfRequest(CodecError error);

}  // namespace sluice
