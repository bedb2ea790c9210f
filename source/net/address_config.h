// Reads envoy.config.core.v3.Address: an IP address with port, or a Unix socket. Main thread, at
// load.
#pragma once

#include "source/config/field_scope.h"
#include "source/net/address.h"

namespace envoy::config::core::v3 {
class Address;
}

namespace sluice {

// Errors go to `scope`; the address is of no family then. Names are not resolved: a listener binds
// to an address.
Address ReadAddress(const envoy::config::core::v3::Address& proto, const FieldScope& scope);

}  // namespace sluice
