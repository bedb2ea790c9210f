// The deadline that a gRPC client puts into its request ("grpc-timeout" of gRPC's protocol over
// HTTP/2). Pure.
#pragma once

#include <optional>

#include "absl/strings/string_view.h"
#include "source/base/units.h"

namespace sluice {

// "100m": at most eight digits and a unit: H, M, S, m (milliseconds), u, n. Null: it is not one.
std::optional<Duration> ParseGrpcTimeout(absl::string_view text);

}  // namespace sluice
