#include "source/accesslog/response_flags.h"

#include <bit>

namespace sluice {
namespace {

struct FlagTexts {
  absl::string_view short_text;
  absl::string_view long_text;
};

constexpr FlagTexts kFlagTexts[] = {
    {"LH", "FailedLocalHealthCheck"},
    {"UH", "NoHealthyUpstream"},
    {"UT", "UpstreamRequestTimeout"},
    {"LR", "LocalReset"},
    {"UR", "UpstreamRemoteReset"},
    {"UF", "UpstreamConnectionFailure"},
    {"UC", "UpstreamConnectionTermination"},
    {"UO", "UpstreamOverflow"},
    {"NR", "NoRouteFound"},
    {"DI", "DelayInjected"},
    {"FI", "FaultInjected"},
    {"RL", "RateLimited"},
    {"UAEX", "UnauthorizedExternalService"},
    {"RLSE", "RateLimitServiceError"},
    {"DC", "DownstreamConnectionTermination"},
    {"URX", "UpstreamRetryLimitExceeded"},
    {"SI", "StreamIdleTimeout"},
    {"IH", "InvalidEnvoyRequestHeaders"},
    {"DPE", "DownstreamProtocolError"},
    {"UMSDR", "UpstreamMaxStreamDurationReached"},
    {"NFCF", "NoFilterConfigFound"},
    {"DT", "DurationTimeout"},
    {"UPE", "UpstreamProtocolError"},
    {"NC", "NoClusterFound"},
    {"OM", "OverloadManagerTerminated"},
    {"DR", "DownstreamRemoteReset"},
    {"DO", "DropOverload"},
};
static_assert(std::size(kFlagTexts) == static_cast<size_t>(ResponseFlag::kCount));

template <class Text>
void AppendFlags(ResponseFlags flags, std::string& out, Text text) {
  bool first = true;
  for (uint64_t left = flags.bits; left != 0; left &= left - 1) {
    if (!first) out += ',';
    first = false;
    const absl::string_view name = text(static_cast<ResponseFlag>(std::countr_zero(left)));
    out.append(name.data(), name.size());
  }
}

}  // namespace

absl::string_view ResponseFlagText(ResponseFlag flag) {
  return kFlagTexts[static_cast<size_t>(flag)].short_text;
}

absl::string_view ResponseFlagLongText(ResponseFlag flag) {
  return kFlagTexts[static_cast<size_t>(flag)].long_text;
}

std::optional<ResponseFlag> FindResponseFlag(absl::string_view short_text) {
  for (size_t i = 0; i < std::size(kFlagTexts); ++i) {
    if (kFlagTexts[i].short_text == short_text) return static_cast<ResponseFlag>(i);
  }
  return std::nullopt;
}

void AppendResponseFlags(ResponseFlags flags, std::string& out) {
  AppendFlags(flags, out, ResponseFlagText);
}

void AppendResponseFlagsLong(ResponseFlags flags, std::string& out) {
  AppendFlags(flags, out, ResponseFlagLongText);
}

}  // namespace sluice
