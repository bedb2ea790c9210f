// MemoryLink: one TCP connection of the simulated network: two ends, and what is on its way between
// them, with latency and bounded buffers. One thread; time comes in from outside.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "source/base/units.h"
#include "source/net/address.h"

namespace sluice {

// How connections to one address behave.
struct LinkShape {
  Duration latency{0};               // one way
  size_t buffer_bytes = 256 * 1024;  // what one direction holds, on its way and unread
  size_t read_bytes_max = SIZE_MAX;  // of one Read call of a handle
  size_t write_bytes_max = SIZE_MAX;
  bool refuse = false;
  bool black_hole = false;  // the SYN is never answered
};

class MemoryLink {
 public:
  enum End : uint8_t { kClient = 0, kServer = 1 };
  static End Other(End end) { return end == kClient ? kServer : kClient; }

  MemoryLink(const LinkShape& shape, Address client, Address server);

  const LinkShape& shape() const { return shape_; }
  const Address& address(End end) const { return sides_[end].address; }
  // Called at every change at this end; null when nobody listens there.
  void OnChange(End end, std::function<void()> call) { sides_[end].on_change = std::move(call); }

  // What a socket's calls do. Write takes what there is room for; the rest is the caller's.
  size_t Write(End from, absl::string_view bytes, MonotonicTime now);
  size_t Read(End at, char* to, size_t bytes_max);
  // Copies from `offset` on of what is unread, and leaves it.
  size_t Peek(End at, size_t offset, char* to, size_t bytes_max) const;
  void ShutdownWrite(End from, MonotonicTime now);
  // FIN, or RST where bytes are unread, as Linux does.
  void Close(End end, MonotonicTime now);
  void Reset(End from, MonotonicTime now);  // RST, and closes

  // The handshake: Establish and Refuse reach the client after the latency.
  void Establish(MonotonicTime now);
  void Refuse(MonotonicTime now);
  bool established(End end) const { return sides_[end].established; }
  bool refused() const { return refused_; }

  size_t unread_bytes(End at) const { return sides_[at].arrived.size(); }
  size_t sent_bytes(End from) const { return sides_[Other(from)].under_way.size(); }
  bool fin_arrived(End at) const { return sides_[at].fin_arrived; }
  bool reset_arrived(End at) const { return sides_[at].reset_arrived; }
  bool closed(End end) const { return sides_[end].closed; }
  bool readable(End at) const;
  bool writable(End at) const;
  // The first Write or Read after a reset is told of it; those after see a closed socket.
  bool TakeReset(End at);

  // Delivers what is due; true if anything was.
  bool Pump(MonotonicTime now);
  std::optional<MonotonicTime> NextEvent() const;

 private:
  enum class Kind : uint8_t { kBytes, kFin, kReset, kEstablished, kRefused };
  struct Segment {
    MonotonicTime due;
    Kind kind;
    size_t bytes;  // of Side::under_way
  };
  struct Side {
    Address address;
    std::function<void()> on_change;
    // A vector and strings that stay large: in steady state nothing is allocated (test/budget).
    std::vector<Segment> coming;  // to this side
    std::string under_way;        // the bytes of `coming`
    std::string arrived;
    bool established = false;
    bool fin_sent = false;
    bool fin_arrived = false;
    bool reset_arrived = false;
    bool reset_told = false;
    bool closed = false;
    bool wants_room = false;  // a Write of this side met a full buffer
  };
  size_t RoomTo(End to) const;
  void Send(End to, Kind kind, MonotonicTime now, absl::string_view bytes = {});
  void Arrive(End at, const Segment& segment, MonotonicTime now);
  void Changed(End end);

  const LinkShape shape_;
  Side sides_[2];
  bool refused_ = false;
};

}  // namespace sluice
