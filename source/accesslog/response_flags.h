// The texts of ResponseFlags: Envoy's short ones ("UF"), its long ones
// ("UpstreamConnectionFailure"), and the way back for filters. Pure.
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "source/http/stream_info.h"

namespace sluice {

absl::string_view ResponseFlagText(ResponseFlag flag);
absl::string_view ResponseFlagLongText(ResponseFlag flag);
std::optional<ResponseFlag> FindResponseFlag(absl::string_view short_text);

// "UF,URX", in Envoy's order; nothing when no flag is set.
void AppendResponseFlags(ResponseFlags flags, std::string& out);
void AppendResponseFlagsLong(ResponseFlags flags, std::string& out);

}  // namespace sluice
