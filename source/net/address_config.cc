#include "source/net/address_config.h"

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "envoy/config/core/v3/address.pb.h"

namespace sluice {

Address ReadSocketAddress(const envoy::config::core::v3::SocketAddress& proto,
                          const FieldScope& scope) {
  if (proto.protocol() != envoy::config::core::v3::SocketAddress::TCP) {
    scope.At("protocol").Error("must be TCP", "UDP is not supported");
  }
  if (!proto.named_port().empty()) {
    scope.At("named_port").Error("is not resolved", "set port_value");
  }
  if (proto.port_value() > 65535) {
    scope.At("port_value").Error(absl::StrCat(proto.port_value(), " is no port"), "0 to 65535");
    return {};
  }
  auto address = Address::FromIp(proto.address(), static_cast<uint16_t>(proto.port_value()));
  if (address.ok()) return std::move(*address);
  scope.At("address").Error(absl::StrCat("\"", proto.address(), "\" is not an IP address"),
                            "such as 0.0.0.0, 127.0.0.1 or ::");
  return {};
}

Address ReadAddress(const envoy::config::core::v3::Address& proto, const FieldScope& scope) {
  if (proto.has_socket_address())
    return ReadSocketAddress(proto.socket_address(), scope.At("socket_address"));
  if (proto.has_pipe()) {
    const FieldScope at = scope.At("pipe");
    auto address = Address::FromUnixPath(proto.pipe().path());
    if (address.ok()) return std::move(*address);
    at.At("path").Error(address.status().message());
    return {};
  }
  scope.Error("is required", "a socket_address or a pipe");
  return {};
}

std::optional<uint32_t> ReadPipeMode(const envoy::config::core::v3::Address& proto,
                                     const FieldScope& scope) {
  const uint32_t mode = proto.pipe().mode();
  if (mode == 0) return std::nullopt;
  if (!absl::StartsWith(proto.pipe().path(), "@")) return mode;
  const FieldScope pipe = scope.At("pipe");
  pipe.At("mode").Error("has no effect on an abstract socket", "it has no file");
  return std::nullopt;
}

std::optional<Cidr> ReadCidr(const envoy::config::core::v3::CidrRange& proto,
                             const FieldScope& scope) {
  auto range = Cidr::From(proto.address_prefix(), proto.prefix_len().value());
  if (range.ok()) return std::move(*range);
  scope.Error(range.status().message(), "such as { address_prefix: 10.0.0.0, prefix_len: 8 }");
  return std::nullopt;
}

}  // namespace sluice
