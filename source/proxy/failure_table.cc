#include "source/proxy/failure_table.h"

#include <array>

namespace sluice {
namespace {

using enum ResponseFlag;

// gRPC status numbers of the mapping in doc/http-grpc-status-mapping.md of the gRPC project.
constexpr int kOk = 0, kDeadlineExceeded = 4, kPermissionDenied = 7, kUnimplemented = 12,
              kInternal = 13, kUnavailable = 14;

constexpr std::array<FailureRow, static_cast<size_t>(Failure::kCount)> kRows = {{
    {Failure::kNone, 200, kOk, kCount, MayRetry::kNo, "", ""},
    {Failure::kBadRequest, 400, kInternal, kDownstreamProtocolError, MayRetry::kNo,
     "http1.codec_error", "Bad Request"},
    {Failure::kUnsupportedVersion, 426, kInternal, kDownstreamProtocolError, MayRetry::kNo,
     "low_version", ""},
    {Failure::kHeadersTooLarge, 431, kInternal, kDownstreamProtocolError, MayRetry::kNo,
     "request_headers_too_large", "Request Header Fields Too Large"},
    {Failure::kTargetTooLong, 414, kInternal, kDownstreamProtocolError, MayRetry::kNo,
     "request_target_too_long", "URI Too Long"},
    {Failure::kMissingHost, 400, kInternal, kCount, MayRetry::kNo, "missing_host_header", ""},
    {Failure::kInvalidPath, 400, kInternal, kCount, MayRetry::kNo, "path_normalization_failed", ""},
    {Failure::kHeaderWithUnderscore, 400, kInternal, kDownstreamProtocolError, MayRetry::kNo,
     "unexpected_underscore", ""},
    {Failure::kUpgradeDenied, 403, kPermissionDenied, kCount, MayRetry::kNo, "upgrade_failed", ""},
    {Failure::kOverload, 503, kUnavailable, kOverloadManager, MayRetry::kNo, "overload",
     "envoy overloaded"},
    {Failure::kPayloadTooLarge, 413, kInternal, kCount, MayRetry::kNo, "request_payload_too_large",
     "Payload Too Large"},
    {Failure::kRequestHeadersTimeout, 408, kUnavailable, kDownstreamProtocolError, MayRetry::kNo,
     "request_header_timeout", "request header timeout"},
    {Failure::kRequestTimeout, 408, kUnavailable, kCount, MayRetry::kNo, "request_overall_timeout",
     "request timeout"},
    {Failure::kStreamIdleTimeout, 504, kUnavailable, kStreamIdleTimeout, MayRetry::kNo,
     "stream_idle_timeout", "stream timeout"},
    {Failure::kMaxDuration, 504, kDeadlineExceeded, kDurationTimeout, MayRetry::kNo,
     "max_duration_timeout", "downstream duration timeout"},
    {Failure::kNoRoute, 404, kUnimplemented, kNoRouteFound, MayRetry::kNo, "route_not_found", ""},
    {Failure::kNoCluster, 503, kUnavailable, kNoClusterFound, MayRetry::kNo, "cluster_not_found",
     ""},
    {Failure::kNoHealthyHost, 503, kUnavailable, kNoHealthyUpstream, MayRetry::kNo,
     "no_healthy_upstream", "no healthy upstream"},
    {Failure::kDropOverload, 503, kUnavailable, kDropOverload, MayRetry::kNo, "drop_overload",
     "drop overload"},
    {Failure::kOverflow, 503, kUnavailable, kUpstreamOverflow, MayRetry::kNo,
     "upstream_reset_before_response_started{overflow}",
     "upstream connect error or disconnect/reset before headers. reset reason: overflow"},
    {Failure::kConnectFailed, 503, kUnavailable, kUpstreamConnectionFailure, MayRetry::kNo,
     "upstream_reset_before_response_started{connection_failure}",
     "upstream connect error or disconnect/reset before headers. reset reason: connection failure"},
    {Failure::kUpstreamClosed, 503, kUnavailable, kUpstreamConnectionTermination, MayRetry::kYes,
     "upstream_reset_before_response_started{connection_termination}",
     "upstream connect error or disconnect/reset before headers. reset reason: connection "
     "termination"},
    {Failure::kUpstreamReset, 503, kUnavailable, kUpstreamRemoteReset, MayRetry::kNo,
     "upstream_reset_before_response_started{remote_reset}",
     "upstream connect error or disconnect/reset before headers. reset reason: remote reset"},
    {Failure::kUpstreamRefused, 503, kUnavailable, kUpstreamRemoteReset, MayRetry::kYes,
     "upstream_reset_before_response_started{remote_refused_stream_reset}",
     "upstream connect error or disconnect/reset before headers. reset reason: remote refused "
     "stream reset"},
    {Failure::kUpstreamProtocolError, 502, kUnavailable, kUpstreamProtocolError, MayRetry::kNo,
     "upstream_reset_before_response_started{protocol_error}",
     "upstream connect error or disconnect/reset before headers. reset reason: protocol error"},
    {Failure::kUpstreamTimeout, 504, kDeadlineExceeded, kUpstreamRequestTimeout, MayRetry::kNo,
     "response_timeout", "upstream request timeout"},
    {Failure::kPerTryTimeout, 504, kDeadlineExceeded, kUpstreamRequestTimeout, MayRetry::kNo,
     "upstream_per_try_timeout", "upstream request timeout"},
    {Failure::kPerTryIdleTimeout, 504, kDeadlineExceeded, kUpstreamRequestTimeout, MayRetry::kNo,
     "upstream_per_try_idle_timeout", "upstream request timeout"},
    {Failure::kDownstreamClosed, 0, kOk, kDownstreamConnectionTermination, MayRetry::kNo,
     "downstream_remote_disconnect", ""},
    {Failure::kFilterReset, 0, kOk, kLocalReset, MayRetry::kNo, "filter_reset", ""},
    {Failure::kResponseMismatch, 0, kOk, kLocalReset, MayRetry::kNo, "response_length_mismatch",
     ""},
    {Failure::kDrainOver, 0, kOk, kLocalReset, MayRetry::kNo, "drain_time_over", ""},
}};

constexpr bool RowsAreInOrder() {
  for (size_t i = 0; i < kRows.size(); ++i) {
    if (kRows[i].failure != static_cast<Failure>(i)) return false;
  }
  return true;
}
static_assert(RowsAreInOrder(), "one row per failure, in the order of the enum");

}  // namespace

const FailureRow& RowOf(Failure failure) { return kRows[static_cast<size_t>(failure)]; }

Failure FailureOfRequest(CodecError error) {
  switch (error) {
    case CodecError::kHeadersTooLarge:
    case CodecError::kTooManyHeaders:
    case CodecError::kHttp2TooManyHeaders:
      return Failure::kHeadersTooLarge;
    case CodecError::kTargetTooLong:
    case CodecError::kHttp2TargetTooLong:
      return Failure::kTargetTooLong;
    case CodecError::kUnsupportedVersion:
      return Failure::kUnsupportedVersion;
    default:
      return Failure::kBadRequest;
  }
}

}  // namespace sluice
