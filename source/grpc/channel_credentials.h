#pragma once

#include <memory>
#include <optional>

#include "grpcpp/security/credentials.h"
#include "source/grpc/channel_spec.h"

namespace sluice {

// gRPC's credentials for a channel: plaintext without `tls`.
std::shared_ptr<grpc::ChannelCredentials> CredentialsOf(const std::optional<ChannelTls>& tls);

}  // namespace sluice
