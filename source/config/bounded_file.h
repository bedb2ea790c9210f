#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"

namespace sluice {

// Reads a whole file into `bytes`. The status of a failure says which file and why:
// missing, a folder, not readable, longer than `bytes_max`. Blocks: for configuration only.
absl::Status ReadBoundedFile(const std::string& path, size_t bytes_max, std::string& bytes);

}  // namespace sluice
