// ListenerFilterMatch: which connections a listener filter is left out for (filter_disabled). Pure;
// a const value once it is read.
#pragma once

#include <cstdint>
#include <vector>

namespace sluice {

struct ListenerFilterMatch {
  enum class Kind : uint8_t { kAny, kAll, kOne, kNot, kDestinationPort };
  Kind kind = Kind::kAny;
  std::vector<ListenerFilterMatch> parts;  // of kAll and kOne; the one of kNot
  int32_t port_begin = 0;                  // of kDestinationPort
  int32_t port_end = 0;                    // not included

  bool Holds(uint16_t destination_port) const;
};

}  // namespace sluice
