#include "source/http/header_names.h"

#include <emmintrin.h>

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
    "x-envoy-upstream-rq-per-try-timeout-ms",
    "x-envoy-retry-on",
    "x-envoy-retry-grpc-on",
    "x-envoy-max-retries",
    "x-envoy-retriable-status-codes",
    "x-envoy-retriable-header-names",
    "x-envoy-is-timeout-retry",
    "x-envoy-ratelimited",
    "x-envoy-internal",
    "x-envoy-external-address",
    "x-envoy-decorator-operation",
    "x-envoy-overloaded",
    "x-envoy-immediate-health-check-fail",
    "x-envoy-upstream-healthchecked-cluster",
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

// A perfect hash of the names above: length, the bytes in the middle, at three quarters and at the
// end, times a multiplier found by trial. The static_assert below says when a new name needs
// another one.
constexpr size_t kSlotBits = 9;
constexpr size_t kSlots = size_t{1} << kSlotBits;

// `case_bits` is set in each of the three bytes.
constexpr uint32_t SlotOf(absl::string_view name, uint32_t multiplier, uint32_t case_bits = 0) {
  const size_t n = name.size();
  const uint32_t bytes =
      (static_cast<uint32_t>(static_cast<unsigned char>(name[n / 2])) << 8) ^
      (static_cast<uint32_t>(static_cast<unsigned char>(name[n - 1])) << 16) ^
      (static_cast<uint32_t>(static_cast<unsigned char>(name[n / 2 + n / 4])) << 24);
  const uint32_t key = static_cast<uint32_t>(n) ^ (bytes | case_bits);
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

constexpr uint32_t kMultiplier = 0x3e2434e3;
static_assert(IsPerfect(kMultiplier), "two names share a slot: try another odd multiplier");

constexpr std::array<HeaderId, kSlots> MakeSlots() {
  std::array<HeaderId, kSlots> slots{};
  for (size_t i = 1; i < kNames; ++i)
    slots[SlotOf(kHeaderNameTexts[i], kMultiplier)] = static_cast<HeaderId>(i);
  return slots;
}
constexpr std::array<HeaderId, kSlots> kIdOfSlot = MakeSlots();

// The names once more, at places to load from a step at a time. Longer ones have size 0.
struct ShortName {
  alignas(16) char text[kShortNameMax];
  uint32_t size;
};
constexpr std::array<ShortName, kNames> MakeShortNames() {
  std::array<ShortName, kNames> names{};
  for (size_t i = 1; i < kNames; ++i) {
    const absl::string_view name = kHeaderNameTexts[i];
    if (name.size() >= kShortNameMax) continue;
    for (size_t at = 0; at < name.size(); ++at) names[i].text[at] = name[at];
    names[i].size = static_cast<uint32_t>(name.size());
  }
  return names;
}
constexpr std::array<ShortName, kNames> kShortNames = MakeShortNames();

// The bit that makes a letter small. All bytes of the names above have it, and of the bytes that do
// not, but get it, only control bytes become one of theirs.
constexpr char kCaseBit = 'a' - 'A';
constexpr bool HaveCaseBit() {
  for (const absl::string_view name : kHeaderNameTexts) {
    for (const char c : name) {
      if ((c & kCaseBit) == 0) return false;
    }
  }
  return true;
}
static_assert(HaveCaseBit(), "FindHeaderIdInAnyCase takes no name with such a byte");

// Bit i: byte i of the two steps is the same, but for the case of the first.
uint32_t SameBytes(const char* any_case, const char* lower) {
  const __m128i a = _mm_loadu_si128(reinterpret_cast<const __m128i*>(any_case));
  const __m128i b = _mm_load_si128(reinterpret_cast<const __m128i*>(lower));
  return _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_or_si128(a, _mm_set1_epi8(kCaseBit)), b));
}

}  // namespace

HeaderId FindHeaderId(absl::string_view name) {
  if (name.size() < 2) return HeaderId::kUnknown;
  const HeaderId id = kIdOfSlot[SlotOf(name, kMultiplier)];
  return kHeaderNameTexts[static_cast<size_t>(id)] == name ? id : HeaderId::kUnknown;
}

HeaderId FindHeaderIdInAnyCase(const char* name, size_t size) {
  if (size < 2) return HeaderId::kUnknown;
  constexpr uint32_t kCaseBits = kCaseBit * 0x01010100u;
  const HeaderId id = kIdOfSlot[SlotOf({name, size}, kMultiplier, kCaseBits)];
  const ShortName& known = kShortNames[static_cast<size_t>(id)];
  if (known.size != size) return HeaderId::kUnknown;
  uint32_t same = SameBytes(name, known.text);
  if (size > 16) same |= SameBytes(name + 16, known.text + 16) << 16;
  const uint32_t name_bytes = (uint32_t{1} << size) - 1;
  return (same & name_bytes) == name_bytes ? id : HeaderId::kUnknown;
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
