// Downstream: an accepted connection as its listener sees it, and the factory that makes one: the
// end of a network filter chain (connection manager, TCP proxy). Extension point.
//
// A factory is a const value of one configured filter chain, shared by all workers. What it makes
// lives on one worker, owned by that worker's listener.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "source/base/intrusive_list.h"
#include "source/event/worker_context.h"
#include "source/http/stream_info.h"
#include "source/net/accepted_facts.h"
#include "source/net/connection.h"
#include "source/net/io_handle.h"
#include "source/net/transport_socket.h"

namespace sluice {

class Downstream;

// CONNECTION_TERMINATION_DETAILS of one whose handshake had no more time, in Envoy's words.
inline constexpr char kHandshakeTimeoutDetails[] = "transport socket timeout was reached";

// The listener's side: takes back what it owns.
class DownstreamOwner {
 public:
  // The connection is closed; called once; the owner destroys it at the end of the turn.
  virtual void OnDownstreamClosed(Downstream& downstream, CloseCause cause) = 0;

 protected:
  ~DownstreamOwner() = default;
};

class Downstream : public ListNode<>, public Deferred {
 public:
  virtual void Start() = 0;  // once, after it is in its owner's list
  // No new requests after those in progress; closes by itself when they are done.
  virtual void StartDrain() = 0;
  // A drain has taken its time: what is still under way ends now, but for tunnels, which have no
  // end that could be waited for. Without any it is CloseNow.
  virtual void EndRequests() { CloseNow(); }
  // They end, too: now, or as soon as their protocol allows. It closes with the last of them.
  virtual void EndTunnels() { CloseNow(); }
  // Ends now; OnDownstreamClosed is called from inside.
  virtual void CloseNow() = 0;
  // For a line about the whole connection in its listener's access log, inside OnDownstreamClosed:
  // whose connection it was, and its bytes. Views live until it is destroyed.
  virtual void Describe(StreamInfo&) const {}
  // What is under way on it.
  struct Load {
    uint32_t requests = 0;  // tunnels not among them
    uint32_t tunnels = 0;
  };
  virtual Load load() { return {}; }

  MonotonicTime accepted_at{};  // its owner's, for the same line
};

struct DownstreamArgs {
  WorkerContext& worker;
  DownstreamOwner& owner;
  std::unique_ptr<IoHandle> io;
  std::unique_ptr<TransportSocket> transport;     // none: plaintext
  std::unique_ptr<const AcceptedFacts> accepted;  // none: no listener filter looked at it
  Duration handshake_timeout{0};                  // transport_socket_connect_timeout; 0: none
  size_t buffer_bytes_max;  // per_connection_buffer_limit_bytes: held in each direction
  bool draining;            // the listener drains: the connection is to be short
};

class DownstreamFactory {
 public:
  virtual ~DownstreamFactory() = default;
  virtual std::unique_ptr<Downstream> Create(DownstreamArgs args) const = 0;
};

}  // namespace sluice
