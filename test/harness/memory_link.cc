#include "test/harness/memory_link.h"

#include <algorithm>
#include <utility>

namespace sluice {

MemoryLink::MemoryLink(const LinkShape& shape, Address client, Address server) : shape_(shape) {
  sides_[kClient].address = std::move(client);
  sides_[kServer].address = std::move(server);
  sides_[kServer].established = true;
}

size_t MemoryLink::RoomTo(End to) const {
  const size_t used = sides_[to].under_way.size() + sides_[to].arrived.size();
  return shape_.buffer_bytes - std::min(shape_.buffer_bytes, used);
}

size_t MemoryLink::Write(End from, absl::string_view bytes, MonotonicTime now) {
  Side& side = sides_[from];
  if (side.reset_arrived || side.closed || side.fin_sent) return 0;
  const size_t n = std::min(bytes.size(), RoomTo(Other(from)));
  if (n < bytes.size()) side.wants_room = true;
  if (n > 0) Send(Other(from), Kind::kBytes, now, bytes.substr(0, n));
  return n;
}

size_t MemoryLink::Read(End at, char* to, size_t bytes_max) {
  Side& side = sides_[at];
  const size_t n = std::min(bytes_max, side.arrived.size());
  side.arrived.copy(to, n);
  side.arrived.erase(0, n);
  Side& writer = sides_[Other(at)];
  // As the kernel: a writer that was told "full" hears again when a third is free.
  if (n > 0 && writer.wants_room && RoomTo(at) >= shape_.buffer_bytes / 3) {
    writer.wants_room = false;
    Changed(Other(at));
  }
  return n;
}

size_t MemoryLink::Peek(End at, size_t offset, char* to, size_t bytes_max) const {
  const std::string& arrived = sides_[at].arrived;
  return offset >= arrived.size() ? 0 : arrived.copy(to, bytes_max, offset);
}

void MemoryLink::ShutdownWrite(End from, MonotonicTime now) {
  if (sides_[from].fin_sent || sides_[from].reset_arrived) return;
  sides_[from].fin_sent = true;
  Send(Other(from), Kind::kFin, now);
}

void MemoryLink::Close(End end, MonotonicTime now) {
  Side& side = sides_[end];
  if (side.closed) return;
  if (!side.arrived.empty()) return Reset(end, now);
  ShutdownWrite(end, now);
  side.closed = true;
  side.on_change = nullptr;
}

void MemoryLink::Reset(End from, MonotonicTime now) {
  Side& side = sides_[from];
  if (side.closed) return;
  side.closed = true;
  side.on_change = nullptr;
  side.arrived.clear();
  if (!side.reset_arrived) Send(Other(from), Kind::kReset, now);
}

void MemoryLink::Establish(MonotonicTime now) { Send(kClient, Kind::kEstablished, now); }

void MemoryLink::Refuse(MonotonicTime now) { Send(kClient, Kind::kRefused, now); }

bool MemoryLink::readable(End at) const {
  const Side& side = sides_[at];
  if (!side.established) return refused_;
  return !side.arrived.empty() || side.fin_arrived || side.reset_arrived;
}

bool MemoryLink::writable(End at) const {
  const Side& side = sides_[at];
  if (!side.established) return refused_;
  return side.reset_arrived || RoomTo(Other(at)) >= shape_.buffer_bytes / 3;
}

bool MemoryLink::TakeReset(End at) {
  Side& side = sides_[at];
  if (!side.reset_arrived || side.reset_told) return false;
  side.reset_told = true;
  return true;
}

void MemoryLink::Send(End to, Kind kind, MonotonicTime now, absl::string_view bytes) {
  sides_[to].under_way += bytes;
  sides_[to].coming.push_back({now + shape_.latency, kind, bytes.size()});
}

bool MemoryLink::Pump(MonotonicTime now) {
  bool delivered = false;
  for (End end : {kClient, kServer}) {
    Side& side = sides_[end];
    while (!side.coming.empty() && side.coming.front().due <= now) {
      const Segment segment = side.coming.front();
      side.coming.erase(side.coming.begin());
      delivered = true;
      Arrive(end, segment, now);
    }
  }
  return delivered;
}

void MemoryLink::Arrive(End at, const Segment& segment, MonotonicTime now) {
  Side& side = sides_[at];
  switch (segment.kind) {
    case Kind::kBytes:
      if (!side.closed) side.arrived.append(side.under_way, 0, segment.bytes);
      side.under_way.erase(0, segment.bytes);
      if (side.closed) {
        // Nobody is there any more.
        if (!sides_[Other(at)].reset_arrived) Send(Other(at), Kind::kReset, now);
        return;
      }
      break;
    case Kind::kFin:
      side.fin_arrived = true;
      break;
    case Kind::kReset:
      side.reset_arrived = true;
      break;
    case Kind::kEstablished:
      side.established = true;
      break;
    case Kind::kRefused:
      refused_ = true;
      break;
  }
  Changed(at);
}

void MemoryLink::Changed(End end) {
  // A copy: the call may close this end.
  const std::function<void()> call = sides_[end].on_change;
  if (call) call();
}

std::optional<MonotonicTime> MemoryLink::NextEvent() const {
  std::optional<MonotonicTime> next;
  for (const Side& side : sides_) {
    if (side.coming.empty()) continue;
    const MonotonicTime due = side.coming.front().due;
    next = std::min(next.value_or(due), due);
  }
  return next;
}

}  // namespace sluice
