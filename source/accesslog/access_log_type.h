// AccessLogType: at which point of a stream's life a line is written. Values and names are those of
// envoy.data.accesslog.v3.AccessLogType.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace sluice {

enum class AccessLogType : uint8_t {
  kNotSet,
  kTcpUpstreamConnected,
  kTcpPeriodic,
  kTcpConnectionEnd,
  kDownstreamStart,
  kDownstreamPeriodic,
  kDownstreamEnd,
  kUpstreamPoolReady,
  kUpstreamPeriodic,
  kUpstreamEnd,
  kDownstreamTunnelSuccessfullyEstablished,
  kUdpTunnelUpstreamConnected,
  kUdpPeriodic,
  kUdpSessionEnd,
  kCount
};

// "DownstreamEnd".
constexpr absl::string_view AccessLogTypeText(AccessLogType type) {
  constexpr absl::string_view kTexts[] = {"NotSet",
                                          "TcpUpstreamConnected",
                                          "TcpPeriodic",
                                          "TcpConnectionEnd",
                                          "DownstreamStart",
                                          "DownstreamPeriodic",
                                          "DownstreamEnd",
                                          "UpstreamPoolReady",
                                          "UpstreamPeriodic",
                                          "UpstreamEnd",
                                          "DownstreamTunnelSuccessfullyEstablished",
                                          "UdpTunnelUpstreamConnected",
                                          "UdpPeriodic",
                                          "UdpSessionEnd"};
  return type < AccessLogType::kCount ? kTexts[static_cast<int>(type)] : kTexts[0];
}

}  // namespace sluice
