// An address text as the admin messages carry it. Pure.
#pragma once

#include "absl/strings/string_view.h"
#include "envoy/config/core/v3/address.pb.h"

namespace sluice {

// "10.0.0.1:80", "[::1]:80": a socket address; all else ("/run/x.sock", "@abstract"): a pipe.
envoy::config::core::v3::Address ProtoAddress(absl::string_view text);

}  // namespace sluice
