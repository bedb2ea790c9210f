// Reads envoy.config.core.v3.SocketOption and BindConfig. Main thread, at load; errors go to
// `scope`.
#pragma once

#include <vector>

#include "google/protobuf/repeated_ptr_field.h"
#include "source/config/field_scope.h"
#include "source/net/network.h"

namespace envoy::config::core::v3 {
class BindConfig;
class SocketOption;
}  // namespace envoy::config::core::v3

namespace sluice {

// As the system takes them. `scope` is of the message that has the field of that name.
std::vector<RawSocketOption> ReadSocketOptions(
    const google::protobuf::RepeatedPtrField<envoy::config::core::v3::SocketOption>& options,
    const FieldScope& scope);

// Where connections come from.
void ReadBindConfig(const envoy::config::core::v3::BindConfig& proto, const FieldScope& scope,
                    SocketOptions& into);

}  // namespace sluice
