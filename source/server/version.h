#pragma once

#include <string_view>

namespace sluice {

// As --version and the admin's /server_info say it.
inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace sluice
