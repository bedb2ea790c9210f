// StreamInfo: the facts of one request, gathered on its way, for logs, filters and statistics.
// Lives in its Stream; a plain struct whose fields have one writer each. Views live as long as the
// stream.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/strings/string_view.h"
#include "source/base/units.h"
#include "source/http/codec.h"
#include "source/net/accepted_facts.h"
#include "source/net/address.h"
#include "source/net/io_handle.h"
#include "source/net/transport_socket.h"

namespace sluice {

// Envoy's response flags, in the order in which Envoy prints them. Text: accesslog/response_flags.
enum class ResponseFlag : uint8_t {
  kFailedLocalHealthCheck,            // LH
  kNoHealthyUpstream,                 // UH
  kUpstreamRequestTimeout,            // UT
  kLocalReset,                        // LR
  kUpstreamRemoteReset,               // UR
  kUpstreamConnectionFailure,         // UF
  kUpstreamConnectionTermination,     // UC
  kUpstreamOverflow,                  // UO
  kNoRouteFound,                      // NR
  kDelayInjected,                     // DI
  kFaultInjected,                     // FI
  kRateLimited,                       // RL
  kUnauthorizedExternalService,       // UAEX
  kRateLimitServiceError,             // RLSE
  kDownstreamConnectionTermination,   // DC
  kUpstreamRetryLimitExceeded,        // URX
  kStreamIdleTimeout,                 // SI
  kInvalidEnvoyRequestHeaders,        // IH
  kDownstreamProtocolError,           // DPE
  kUpstreamMaxStreamDurationReached,  // UMSDR
  kNoFilterConfigFound,               // NFCF
  kDurationTimeout,                   // DT
  kUpstreamProtocolError,             // UPE
  kNoClusterFound,                    // NC
  kOverloadManager,                   // OM
  kDownstreamRemoteReset,             // DR
  kDropOverload,                      // DO
  kCount
};

struct ResponseFlags {
  uint64_t bits = 0;
  void Set(ResponseFlag flag) { bits |= uint64_t{1} << static_cast<int>(flag); }
  bool Has(ResponseFlag flag) const { return (bits >> static_cast<int>(flag)) & 1; }
  bool any() const { return bits != 0; }
};

// What is true of one downstream connection for all its requests. Owned by the connection manager.
struct DownstreamFacts {
  IoHandle* io = nullptr;                // its addresses: peer_address() is the direct remote one
  TransportSocket* transport = nullptr;  // none: plaintext
  std::unique_ptr<const AcceptedFacts> accepted;  // none: no listener filter looked at it
  uint64_t connection_id = 0;
  bool secure = false;

  // As a PROXY protocol header or an original destination says, where there was one.
  const Address& remote_address() const {
    const bool other = accepted != nullptr && IsSet(accepted->remote_address);
    return other ? accepted->remote_address : io->peer_address();
  }
  const Address& local_address() const {
    const bool other = accepted != nullptr && IsSet(accepted->local_address);
    return other ? accepted->local_address : io->local_address();
  }
  // After the handshake; null: plaintext.
  const TlsFacts* tls() const { return transport == nullptr ? nullptr : transport->tls_facts(); }
  // The name that the client asked for; empty: none.
  absl::string_view server_name() const {
    if (accepted != nullptr && !accepted->server_name.empty()) return accepted->server_name;
    const TlsFacts* const facts = tls();
    return facts == nullptr ? absl::string_view() : absl::string_view(facts->server_name);
  }

 private:
  static bool IsSet(const Address& address) { return address.family() != Address::Family::kNone; }
};

class FrameMeter;

// Which end of a tunnel was the first to end it.
enum class TunnelEnder : uint8_t { kNone, kClient, kUpstream, kProxy };
absl::string_view TunnelEnderText(TunnelEnder ender);  // "client"

// What is known of a stream that has left HTTP.
struct TunnelFacts {
  const FrameMeter* frames = nullptr;  // null: its frames are not followed
  TunnelEnder ended_by = TunnelEnder::kNone;
  // Of WebSocket, by RFC 6455 section 7.4: that of the first close frame; 1005: it had none; 1006:
  // there was no close frame. 0: it is open, or no WebSocket.
  uint16_t close_code = 0;
};

struct StreamInfo {
  const DownstreamFacts* downstream = nullptr;
  Address remote_address;  // of the client, after x-forwarded-for rules; kNone: the direct one
  WallTime start_wall{};
  MonotonicTime start{};
  // Zero where it did not happen.
  MonotonicTime request_complete{};        // last byte of the request received
  MonotonicTime upstream_request_start{};  // first byte sent upstream
  MonotonicTime upstream_request_end{};
  MonotonicTime response_start{};    // upstream's head received
  MonotonicTime response_end{};      // upstream's last byte received
  MonotonicTime downstream_start{};  // first byte sent to the client
  MonotonicTime end{};               // Finish
  HttpProtocol protocol = HttpProtocol::kHttp11;
  HttpProtocol upstream_protocol = HttpProtocol::kHttp11;
  uint16_t response_code = 0;
  uint16_t attempts = 0;
  ResponseFlags flags;
  absl::string_view response_code_details;  // "via_upstream", "route_not_found" ...
  absl::string_view connection_termination_details;
  absl::string_view upstream_transport_failure_reason;
  uint64_t request_body_bytes = 0;   // BYTES_RECEIVED
  uint64_t response_body_bytes = 0;  // BYTES_SENT
  uint64_t downstream_wire_bytes_received = 0, downstream_wire_bytes_sent = 0;
  uint64_t upstream_wire_bytes_received = 0, upstream_wire_bytes_sent = 0;
  uint32_t downstream_header_bytes_received = 0, downstream_header_bytes_sent = 0;
  uint32_t upstream_header_bytes_received = 0, upstream_header_bytes_sent = 0;
  const Address* upstream_host = nullptr;     // kept alive by the attempt's host
  const Address* upstream_address = nullptr;  // of the connection to it; null: there is none
  // Of that connection; asked of the system where somebody wants to know it.
  const Address* upstream_local_address() const {
    return upstream_io == nullptr ? upstream_local_kept : &upstream_io->local_address();
  }
  IoHandle* upstream_io = nullptr;               // while the connection is there
  const Address* upstream_local_kept = nullptr;  // then
  std::shared_ptr<const TlsFacts> upstream_tls;  // null: plaintext, or no connection yet
  absl::string_view upstream_cluster;
  absl::string_view route_name;
  const TunnelFacts* tunnel = nullptr;  // null: the stream is HTTP
  uint64_t stream_id = 0;
};

}  // namespace sluice
