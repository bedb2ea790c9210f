// TunnelBoard: what one worker knows of its tunnels: those that are open, and how the last ones
// ended. For the admin pages, which ask each worker for copies.
//
// On its worker. The last ends are kept in places that are used again, so that a tunnel's end
// allocates nothing once they have all been used.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "source/base/intrusive_list.h"
#include "source/base/units.h"
#include "source/http/stream_info.h"

namespace sluice {

class Tunnel;

// One tunnel as a page shows it: a copy.
struct TunnelView {
  uint64_t id = 0;  // of the stream, as %STREAM_ID% without a request id
  std::string type, route, cluster, client, upstream;
  Duration age{0};
  uint64_t bytes_received = 0, bytes_sent = 0;        // from the client, and to it
  bool followed = false;                              // the rest is known
  uint64_t messages_received = 0, messages_sent = 0;  // so, too
  uint64_t pings_received = 0, pings_sent = 0;
  uint64_t violations = 0;
  Duration upstream_round_trip{-1}, downstream_round_trip{-1};  // of pings; negative: unknown
};

struct TunnelEndView {
  TunnelView tunnel;
  WallTime at{};
  uint16_t close_code = 0;
  TunnelEnder ended_by = TunnelEnder::kNone;
  std::string details;    // RESPONSE_CODE_DETAILS where the proxy has ended it
  std::string violation;  // the first, of either side
};

class TunnelBoard {
 public:
  static constexpr size_t kEndsMax = 256;

  TunnelBoard();
  ~TunnelBoard();
  void Add(Tunnel& tunnel);
  // The tunnel has ended, now.
  void NoteEnd(const Tunnel& tunnel, MonotonicTime now, WallTime at);

  std::vector<TunnelView> Open(MonotonicTime now);
  // The latest first.
  std::vector<TunnelEndView> Ends() const;

 private:
  IntrusiveList<Tunnel> open_;
  std::vector<TunnelEndView> ends_;
  size_t next_end_ = 0;
};

}  // namespace sluice
