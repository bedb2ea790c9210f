// Reads envoy.config.core.v3.Address (an IP address with port, or a Unix socket) and CidrRange.
// Main thread, at load.
#pragma once

#include <cstdint>
#include <optional>

#include "source/config/field_scope.h"
#include "source/net/address.h"
#include "source/net/cidr.h"

namespace envoy::config::core::v3 {
class Address;
class CidrRange;
class SocketAddress;
}  // namespace envoy::config::core::v3

namespace sluice {

// Errors go to `scope`; the address is of no family then. Names are not resolved: a listener binds
// to an address.
Address ReadAddress(const envoy::config::core::v3::Address& proto, const FieldScope& scope);

Address ReadSocketAddress(const envoy::config::core::v3::SocketAddress& proto,
                          const FieldScope& scope);

// The permissions that a Unix socket's file is to have (Pipe.mode); nullopt: the process' default.
std::optional<uint32_t> ReadPipeMode(const envoy::config::core::v3::Address& proto,
                                     const FieldScope& scope);

// Nullopt, with the error in `scope`, where it is no range.
std::optional<Cidr> ReadCidr(const envoy::config::core::v3::CidrRange& proto,
                             const FieldScope& scope);

}  // namespace sluice
