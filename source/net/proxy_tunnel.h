// ProxyTunnel: two connections joined: what the one receives, the other sends, in both directions
// at once. For the TCP proxy, and for whoever else has two byte streams to join.
//
// One worker. It is no handler itself: its owner is the handler of both connections and passes on
// what it is told, so that there may be something before (a connect that is tried again, an HTTP
// upgrade) and beside (statistics). It calls only the connections.
//
// What holds: a direction keeps at most its limit and one read, then its source is paused. A FIN
// goes on as a FIN when all before it is written, each direction by itself. A reset goes on as a
// reset, after the bytes that came before it, as far as the other end takes them. Bytes are moved
// from buffer to buffer; a direction in which nothing waits holds no memory block.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "source/base/buffer.h"
#include "source/base/flow_gauge.h"
#include "source/net/connection.h"

namespace sluice {

enum class TunnelSide : uint8_t { kDownstream, kUpstream };
constexpr TunnelSide Opposite(TunnelSide side) {
  return side == TunnelSide::kDownstream ? TunnelSide::kUpstream : TunnelSide::kDownstream;
}

class ProxyTunnel {
 public:
  // `bytes_max`: that wait in each direction.
  ProxyTunnel(SlabPool& pool, size_t bytes_max);
  ProxyTunnel(const ProxyTunnel&) = delete;
  ProxyTunnel& operator=(const ProxyTunnel&) = delete;

  // For a side whose limit is known only after its first bytes.
  void SetLimit(TunnelSide to, size_t bytes_max);

  // `connection` is this side's from now on, started or not, and outlives the tunnel or is taken
  // away by Leave or OnClosed. What has come for it before goes out.
  void Join(TunnelSide side, Connection& connection);
  // The connection came to nothing: what waits for this side waits for the next one.
  void Leave(TunnelSide side);

  // What the owner hears as the handler of a joined connection.
  void OnBytes(TunnelSide from, Buffer& in, End end);
  // How many bytes it has appended.
  size_t FillOutput(TunnelSide to, Buffer& out, size_t bytes_max);
  void OnFlushed(TunnelSide side);
  // After a reset it may close the other connection in this call. kLocal says nothing to the other
  // side: who closes one closes both.
  void OnClosed(TunnelSide side, CloseCause cause);

  // Received, and not given to the connection to `to` yet.
  size_t waiting_bytes(TunnelSide to) const { return Toward(to).waiting.size(); }
  // Its connection is stopped from reading, as too much waits.
  bool paused(TunnelSide from) const { return Toward(Opposite(from)).gauge.paused(); }
  bool joined(TunnelSide side) const { return Toward(side).connection != nullptr; }

 private:
  // What goes to one side, and that side's connection.
  struct Leg {
    Leg(SlabPool& pool, size_t bytes_max) : waiting(pool), gauge(bytes_max) {}
    Connection* connection = nullptr;
    Buffer waiting;
    FlowGauge gauge;          // of `waiting`; its source is the other side's connection
    bool ended = false;       // the other side's FIN is behind `waiting`
    bool end_passed = false;  // and this side's connection was told to send it
    bool closed = false;      // the connection has been, and is no more
  };
  Leg& Toward(TunnelSide side) { return legs_[static_cast<size_t>(side)]; }
  const Leg& Toward(TunnelSide side) const { return legs_[static_cast<size_t>(side)]; }

  std::array<Leg, 2> legs_;
  bool reset_ = false;  // one side was: the other one is, once it has what it is owed
};

}  // namespace sluice
