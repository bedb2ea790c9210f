#include "source/server/admin/proto_address.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"

namespace sluice {

envoy::config::core::v3::Address ProtoAddress(absl::string_view text) {
  envoy::config::core::v3::Address address;
  const size_t colon = text.rfind(':');
  uint32_t port = 0;
  if (absl::StartsWith(text, "/") || absl::StartsWith(text, "@") ||
      colon == absl::string_view::npos || !absl::SimpleAtoi(text.substr(colon + 1), &port)) {
    address.mutable_pipe()->set_path(std::string(text));
    return address;
  }
  absl::string_view ip = text.substr(0, colon);
  absl::ConsumePrefix(&ip, "[");
  absl::ConsumeSuffix(&ip, "]");
  address.mutable_socket_address()->set_address(std::string(ip));
  address.mutable_socket_address()->set_port_value(port);
  return address;
}

}  // namespace sluice
