// The TLS of a connection to a control plane, from the transport socket of the cluster that names
// it. Main thread.
#pragma once

#include <functional>
#include <optional>

#include "absl/status/statusor.h"
#include "envoy/config/core/v3/base.pb.h"
#include "envoy/config/core/v3/grpc_service.pb.h"
#include "source/config/field_scope.h"
#include "source/grpc/channel_spec.h"

namespace sluice {

// Reads its files when it is called.
using ReadChannelTls = std::function<absl::StatusOr<ChannelTls>()>;

// Null where the socket is plaintext, or with an error where it asks for what gRPC has not.
ReadChannelTls ReadClusterTls(const envoy::config::core::v3::TransportSocket& socket,
                              const FieldScope& scope);

ReadChannelTls ReadGoogleTls(
    const envoy::config::core::v3::GrpcService::GoogleGrpc::SslCredentials& proto,
    const FieldScope& scope);

}  // namespace sluice
