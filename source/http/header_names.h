// HeaderId: well-known header names as small numbers, and what is true of each: comparison is an
// integer, policy is a table. Pseudo-headers (":path") are names like any other.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace sluice {

// kUnknown is every name that is not listed.
enum class HeaderId : uint8_t {
  kUnknown = 0,
  kMethod,
  kPath,
  kAuthority,
  kScheme,
  kStatus,
  kProtocol,  // pseudo: ":method" ...
  kHost,
  kConnection,
  kContentLength,
  kTransferEncoding,
  kUpgrade,
  kTe,
  kTrailer,
  kKeepAlive,
  kProxyConnection,
  kExpect,
  kContentType,
  kUserAgent,
  kAccept,
  kDate,
  kServer,
  kVia,
  kLocation,
  kCookie,
  kSetCookie,
  kReferer,
  kOrigin,
  kAuthorization,
  kCacheControl,
  kRetryAfter,
  kXForwardedFor,
  kXForwardedProto,
  kXForwardedHost,
  kXForwardedPort,
  kXForwardedClientCert,
  kXRequestId,
  kXEnvoyUpstreamServiceTime,
  kXEnvoyAttemptCount,
  kXEnvoyOriginalPath,
  kXEnvoyExpectedRqTimeoutMs,
  kXEnvoyUpstreamRqTimeoutMs,
  kXEnvoyUpstreamRqPerTryTimeoutMs,
  kXEnvoyRetryOn,
  kXEnvoyRetryGrpcOn,
  kXEnvoyMaxRetries,
  kXEnvoyRetriableStatusCodes,
  kXEnvoyRetriableHeaderNames,
  kXEnvoyIsTimeoutRetry,
  kXEnvoyRatelimited,
  kXEnvoyInternal,
  kXEnvoyExternalAddress,
  kXEnvoyDecoratorOperation,
  kXEnvoyOverloaded,
  kXEnvoyImmediateHealthCheckFail,
  kXEnvoyUpstreamHealthcheckedCluster,
  kXEnvoyDegraded,
  kXEnvoyOriginalHost,
  kGrpcStatus,
  kGrpcMessage,
  kGrpcTimeout,
  kSecWebsocketKey,
  kSecWebsocketAccept,
  kSecWebsocketVersion,
  kSecWebsocketProtocol,
  kSecWebsocketExtensions,
  kHttp2Settings,
  kCount
};

// By HeaderId.
extern const absl::string_view kHeaderNameTexts[static_cast<size_t>(HeaderId::kCount)];
// The lower-case spelling; empty for kUnknown.
inline absl::string_view HeaderNameText(HeaderId id) {
  return kHeaderNameTexts[static_cast<size_t>(id)];
}
// `name` must be lower case.
HeaderId FindHeaderId(absl::string_view name);

// The same in any case for a name of less than kShortNameMax bytes without control bytes, at the
// beginning of 16 readable bytes, or of 32 if it is longer than 16.
inline constexpr size_t kShortNameMax = 32;
[[gnu::pure]] HeaderId FindHeaderIdInAnyCase(const char* name, size_t size);

// RFC 9110 section 7.6.1: always removed by an intermediary, whatever Connection lists.
bool IsHopByHop(HeaderId id);

}  // namespace sluice
