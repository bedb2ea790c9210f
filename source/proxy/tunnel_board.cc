#include "source/proxy/tunnel_board.h"

#include "source/proxy/tunnel.h"

namespace sluice {

TunnelBoard::TunnelBoard() = default;
TunnelBoard::~TunnelBoard() = default;

void TunnelBoard::Add(Tunnel& tunnel) { open_.PushBack(tunnel); }

void TunnelBoard::NoteEnd(const Tunnel& tunnel, MonotonicTime now, WallTime at) {
  if (ends_.size() < kEndsMax) ends_.emplace_back();
  TunnelEndView& end = ends_[next_end_ % kEndsMax];
  next_end_ = (next_end_ + 1) % kEndsMax;
  tunnel.Describe(now, end.tunnel);
  end.at = at;
  end.close_code = tunnel.facts().close_code;
  end.ended_by = tunnel.facts().ended_by;
  end.details.assign(tunnel.info().response_code_details);
  end.violation.assign(tunnel.first_violation());
}

std::vector<TunnelView> TunnelBoard::Open(MonotonicTime now) {
  std::vector<TunnelView> views;
  open_.ForEach([&](Tunnel& tunnel) { tunnel.Describe(now, views.emplace_back()); });
  return views;
}

std::vector<TunnelEndView> TunnelBoard::Ends() const {
  std::vector<TunnelEndView> views;
  for (size_t i = 1; i <= ends_.size(); ++i)
    views.push_back(ends_[(next_end_ + ends_.size() - i) % ends_.size()]);
  return views;
}

}  // namespace sluice
