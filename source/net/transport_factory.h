// Factories of transport sockets: one per filter chain of a listener and one per cluster. Extension
// points. Const values, shared by all workers; a null factory, or null from Create, is plaintext.
#pragma once

#include <memory>

#include "absl/strings/string_view.h"
#include "source/event/worker_context.h"
#include "source/net/address.h"
#include "source/net/transport_socket.h"

namespace sluice {

// Of accepted connections.
class ServerTransportFactory {
 public:
  virtual ~ServerTransportFactory() = default;
  virtual std::unique_ptr<TransportSocket> Create(WorkerContext& worker) const = 0;
};

// Whom a connection to a host is for. Views live for the call.
struct ClientTransportArgs {
  const Address& address;       // the host's
  absl::string_view host_name;  // the endpoint's, as configured or resolved from; may be empty
  // From the request that asked for the connection (auto_sni, auto_san_validation); empty: the
  // configured name, and no name to hold the certificate against.
  absl::string_view server_name;
  absl::string_view verify_name;
  // What to offer by ALPN where the configuration names nothing, as on the wire (RFC 7301 section
  // 3.1); empty: nothing. Lives as long as the transport.
  absl::string_view alpn;
  bool alpn_wins = false;  // over what the configuration names
};

// Of connections to hosts.
class ClientTransportFactory {
 public:
  virtual ~ClientTransportFactory() = default;
  virtual std::unique_ptr<TransportSocket> Create(WorkerContext& worker,
                                                  const ClientTransportArgs& args) const = 0;
};

}  // namespace sluice
