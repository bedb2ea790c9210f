#include "source/http/header_names.h"

#include <array>
#include <cstddef>

namespace sluice {

// In the order of HeaderId.
constexpr absl::string_view kHeaderNameTexts[static_cast<size_t>(HeaderId::kCount)] = {
    "",
    ":method",
    ":path",
    ":authority",
    ":scheme",
    ":status",
    ":protocol",
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "upgrade",
    "te",
    "trailer",
    "keep-alive",
    "proxy-connection",
    "expect",
    "content-type",
    "user-agent",
    "accept",
    "date",
    "server",
    "via",
    "location",
    "cookie",
    "set-cookie",
    "referer",
    "origin",
    "authorization",
    "cache-control",
    "retry-after",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-client-cert",
    "x-request-id",
    "x-envoy-upstream-service-time",
    "x-envoy-attempt-count",
    "x-envoy-original-path",
    "x-envoy-expected-rq-timeout-ms",
    "x-envoy-upstream-rq-timeout-ms",
    "x-envoy-internal",
    "x-envoy-external-address",
    "x-envoy-decorator-operation",
    "x-envoy-overloaded",
    "x-envoy-immediate-health-check-fail",
    "x-envoy-degraded",
    "x-envoy-original-host",
    "grpc-status",
    "grpc-message",
    "grpc-timeout",
    "sec-websocket-key",
    "sec-websocket-accept",
    "sec-websocket-version",
    "sec-websocket-protocol",
    "sec-websocket-extensions",
    "http2-settings",
};

namespace {

constexpr size_t kNames = static_cast<size_t>(HeaderId::kCount);

// A perfect hash of the names above: length, middle byte and last two, times a multiplier found by
// trial. The static_assert below says when a new name needs another one.
constexpr size_t kSlotBits = 9;
constexpr size_t kSlots = size_t{1} << kSlotBits;

constexpr uint32_t SlotOf(absl::string_view name, uint32_t multiplier) {
  const size_t n = name.size();
  const uint32_t key = static_cast<uint32_t>(n) ^
                       (static_cast<uint32_t>(static_cast<unsigned char>(name[n / 2])) << 8) ^
                       (static_cast<uint32_t>(static_cast<unsigned char>(name[n - 1])) << 16) ^
                       (static_cast<uint32_t>(static_cast<unsigned char>(name[n - 2])) << 24);
  return (key * multiplier) >> (32 - kSlotBits);
}

constexpr bool IsPerfect(uint32_t multiplier) {
  std::array<bool, kSlots> taken{};
  for (size_t i = 1; i < kNames; ++i) {
    bool& slot = taken[SlotOf(kHeaderNameTexts[i], multiplier)];
    if (slot) return false;
    slot = true;
  }
  return true;
}

constexpr uint32_t kMultiplier = 0x77330bdb;
static_assert(IsPerfect(kMultiplier), "two names share a slot: try another odd multiplier");

constexpr std::array<HeaderId, kSlots> MakeSlots() {
  std::array<HeaderId, kSlots> slots{};
  for (size_t i = 1; i < kNames; ++i)
    slots[SlotOf(kHeaderNameTexts[i], kMultiplier)] = static_cast<HeaderId>(i);
  return slots;
}
constexpr std::array<HeaderId, kSlots> kIdOfSlot = MakeSlots();

}  // namespace

HeaderId FindHeaderId(absl::string_view name) {
  if (name.size() < 2) return HeaderId::kUnknown;
  const HeaderId id = kIdOfSlot[SlotOf(name, kMultiplier)];
  return kHeaderNameTexts[static_cast<size_t>(id)] == name ? id : HeaderId::kUnknown;
}

bool IsHopByHop(HeaderId id) {
  switch (id) {
    case HeaderId::kConnection:
    case HeaderId::kKeepAlive:
    case HeaderId::kProxyConnection:
    case HeaderId::kTe:
    case HeaderId::kTransferEncoding:
    case HeaderId::kUpgrade:
    case HeaderId::kHttp2Settings:
      return true;
    default:
      return false;
  }
}

}  // namespace sluice
