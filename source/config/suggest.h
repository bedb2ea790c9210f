#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

// `did you mean "address"?` for the candidate nearest to what was written, or "" when none is near
// (more than a third of the letters differ, or more than `differences_max`). Case, '-' and '_' do
// not count as differences, so that "maxConnections" finds "max_connections".
std::string DidYouMean(std::string_view written, const std::vector<std::string_view>& candidates,
                       size_t differences_max = std::numeric_limits<size_t>::max());

}  // namespace sluice
