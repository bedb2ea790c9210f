#include "source/upstream/health/probe.h"

#include <string.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "source/net/racing_io_handle.h"
#include "source/upstream/health/grpc_probe.h"
#include "source/upstream/health/http_probe.h"
#include "source/upstream/health/tcp_probe.h"
#include "source/upstream/health/websocket_probe.h"

namespace sluice {

std::vector<Address> ProbeTarget::addresses() const {
  const absl::Span<const Address> own = host->addresses_now();
  std::vector<Address> all(own.begin(), own.end());
  const ProbePlace* const place = host->facts().probe.get();
  if (place == nullptr) return all;
  if (place->address.family() != Address::Family::kNone) all = {place->address};
  for (Address& address : all) {
    if (place->port != 0 && address.is_ip()) address = address.WithPort(place->port);
  }
  return all;
}

std::unique_ptr<IoHandle> ProbeTarget::Connect() const {
  return ConnectToAny(network, main.loop, addresses(), cluster->settings->socket);
}

absl::string_view ProbeTarget::Authority(absl::string_view configured) const {
  const ProbePlace* const place = host->facts().probe.get();
  if (place != nullptr && !place->hostname.empty()) return place->hostname;
  return configured.empty() ? absl::string_view(cluster->name) : configured;
}

const ClientTransportFactory* ProbeTarget::transport() const {
  return check.transport_labels.has_value() ? TransportFor(*cluster, *check.transport_labels)
                                            : TransportOf(*cluster, host->facts());
}

std::unique_ptr<TransportSocket> ProbeTarget::MakeTransport(absl::string_view alpn,
                                                            absl::string_view else_alpn) const {
  const ClientTransportFactory* const factory = transport();
  if (factory == nullptr) return nullptr;
  const Address to = addresses().front();
  return factory->Create(main, {.address = to,
                                .host_name = host->facts().hostname,
                                .server_name = {},
                                .verify_name = {},
                                .alpn = alpn.empty() ? else_alpn : alpn,
                                .alpn_wins = !alpn.empty()});
}

std::string ConnectFailureWords(Connection& connection, CloseCause cause) {
  switch (cause) {
    case CloseCause::kConnectFailed: {
      char scratch[128];
      const int error = connection.io().ConnectError();
      std::string words = strerror_r(error, scratch, sizeof(scratch));
      if (!words.empty()) words[0] = absl::ascii_tolower(static_cast<unsigned char>(words[0]));
      return words;
    }
    case CloseCause::kHandshakeFailed:
      return absl::StrCat("TLS: ", connection.transport().failure_reason());
    default:
      return "the connection was closed";
  }
}

std::unique_ptr<HealthProbe> MakeProbe(const ProbeTarget& target, HealthProbe::Report report) {
  const auto& probe = target.check.probe;
  if (const auto* http = std::get_if<HttpProbeSpec>(&probe)) {
    return std::make_unique<HttpProbe>(target, *http, std::move(report));
  }
  if (const auto* tcp = std::get_if<TcpProbeSpec>(&probe)) {
    return std::make_unique<TcpProbe>(target, *tcp, std::move(report));
  }
  if (const auto* grpc = std::get_if<GrpcProbeSpec>(&probe)) {
    return std::make_unique<GrpcProbe>(target, *grpc, std::move(report));
  }
  return std::make_unique<WebSocketProbe>(target, std::get<WebSocketProbeSpec>(probe),
                                          std::move(report));
}

}  // namespace sluice
