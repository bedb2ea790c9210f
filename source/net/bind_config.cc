#include "source/net/bind_config.h"

#include <string>
#include <utility>

#include "envoy/config/core/v3/address.pb.h"
#include "envoy/config/core/v3/socket_option.pb.h"
#include "source/net/address_config.h"

namespace sluice {
namespace {

namespace core = envoy::config::core::v3;
using ProtoOptions = google::protobuf::RepeatedPtrField<core::SocketOption>;

RawSocketOption ReadSocketOption(const core::SocketOption& option, const FieldScope& at) {
  RawSocketOption raw = {.level = static_cast<int>(option.level()),
                         .name = static_cast<int>(option.name()),
                         .value = option.buf_value(),
                         .when = static_cast<RawSocketOption::When>(option.state())};
  if (raw.level != option.level() || raw.name != option.name()) {
    at.Error("is out of range", "level and name are what setsockopt takes");
  }
  if (option.value_case() == core::SocketOption::kIntValue) {
    const int value = static_cast<int>(option.int_value());
    if (value != option.int_value()) at.At("int_value").Error("is out of range");
    raw.value.assign(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  return raw;
}

// Of sockets that connect.
std::vector<RawSocketOption> ReadConnecting(const ProtoOptions& options, const FieldScope& scope) {
  for (int i = 0; i < options.size(); ++i) {
    if (options[i].state() == core::SocketOption::STATE_LISTENING) {
      const FieldScope at = scope.At("socket_options", i);
      at.At("state").Error("is about listening, and these sockets connect");
    }
  }
  return ReadSocketOptions(options, scope);
}

}  // namespace

std::vector<RawSocketOption> ReadSocketOptions(const ProtoOptions& options,
                                               const FieldScope& scope) {
  std::vector<RawSocketOption> read;
  for (int i = 0; i < options.size(); ++i)
    read.push_back(ReadSocketOption(options[i], scope.At("socket_options", i)));
  return read;
}

void ReadBindConfig(const core::BindConfig& proto, const FieldScope& scope, SocketOptions& into) {
  if (proto.has_source_address()) {
    into.sources.push_back(
        {.address = ReadSocketAddress(proto.source_address(), scope.At("source_address"))});
  } else if (proto.extra_source_addresses_size() > 0) {
    scope.At("extra_source_addresses").Error("needs a source_address beside it");
  }
  for (int i = 0; i < proto.extra_source_addresses_size(); ++i) {
    const auto& extra = proto.extra_source_addresses(i);
    const FieldScope at = scope.At("extra_source_addresses", i);
    SocketOptions::Source source = {.address =
                                        ReadSocketAddress(extra.address(), at.At("address"))};
    if (extra.has_socket_options()) {
      source.raw = ReadConnecting(extra.socket_options().socket_options(), at.At("socket_options"));
    }
    into.sources.push_back(std::move(source));
  }
  into.freebind = proto.freebind().value();
  into.raw = ReadConnecting(proto.socket_options(), scope);
}

}  // namespace sluice
