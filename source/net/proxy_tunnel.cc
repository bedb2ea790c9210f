#include "source/net/proxy_tunnel.h"

#include <algorithm>

namespace sluice {

ProxyTunnel::ProxyTunnel(SlabPool& pool, size_t bytes_max)
    : legs_{Leg(pool, bytes_max), Leg(pool, bytes_max)} {}

void ProxyTunnel::SetLimit(TunnelSide to, size_t bytes_max) {
  Leg& leg = Toward(to);
  Connection* const source = Toward(Opposite(to)).connection;
  const bool was_paused = leg.gauge.paused();
  leg.gauge = FlowGauge(bytes_max);
  leg.gauge.Add(leg.waiting.size());
  leg.gauge.SetSource(source);
  if (was_paused) source->ResumeReading();  // pauses count: the new gauge has its own
}

void ProxyTunnel::Join(TunnelSide side, Connection& connection) {
  Leg& leg = Toward(side);
  SLUICE_DCHECK(leg.connection == nullptr && !leg.closed);
  leg.connection = &connection;
  connection.AllowHalfClose();
  Toward(Opposite(side)).gauge.SetSource(&connection);
  if (!leg.waiting.empty() || leg.ended) connection.WantWrite();
}

void ProxyTunnel::Leave(TunnelSide side) {
  Toward(side).connection = nullptr;
  Toward(Opposite(side)).gauge.SetSource(nullptr);
}

void ProxyTunnel::OnBytes(TunnelSide from, Buffer& in, End end) {
  Leg& to = Toward(Opposite(from));
  if (to.closed) return in.Clear();  // there is nobody any more to bring it to
  const size_t bytes = in.size();
  to.waiting.MoveFrom(in);
  to.gauge.Add(bytes);
  to.ended = to.ended || end == End::kYes;
  if (to.connection != nullptr) to.connection->WantWrite();
}

size_t ProxyTunnel::FillOutput(TunnelSide to, Buffer& out, size_t bytes_max) {
  Leg& leg = Toward(to);
  const size_t bytes = std::min(leg.waiting.size(), bytes_max);
  if (bytes > 0) {
    out.MoveFrom(leg.waiting, bytes);
    leg.gauge.Subtract(bytes);
  }
  if (leg.ended && !leg.end_passed && leg.waiting.empty()) {
    leg.end_passed = true;
    leg.connection->CloseWriteSide();
  }
  return bytes;
}

void ProxyTunnel::OnFlushed(TunnelSide side) {
  Connection* const connection = Toward(side).connection;
  if (reset_ && connection != nullptr) connection->Close(CloseKind::kAbort);
}

void ProxyTunnel::OnClosed(TunnelSide side, CloseCause cause) {
  Leg& gone = Toward(side);
  Leg& other = Toward(Opposite(side));
  gone.connection = nullptr;
  gone.closed = true;
  other.gauge.SetSource(nullptr);
  // What was on its way to this side is nobody's; a source that was paused for it reads on, or it
  // would not see its own end.
  const size_t lost = gone.waiting.size();
  gone.waiting.Clear();
  gone.gauge.Subtract(lost);
  if (other.connection == nullptr || cause == CloseCause::kLocal || cause == CloseCause::kPeer) {
    return;
  }
  reset_ = true;
  const bool owed = !other.waiting.empty() || other.connection->unwritten_bytes() > 0;
  if (owed && other.connection->connected()) return other.connection->NotifyWhenFlushed();
  other.connection->Close(CloseKind::kAbort);
}

}  // namespace sluice
