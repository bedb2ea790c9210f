#include "source/listener/listener_filter_match.h"

#include <algorithm>

namespace sluice {

bool ListenerFilterMatch::Holds(uint16_t destination_port) const {
  const auto holds = [destination_port](const ListenerFilterMatch& part) {
    return part.Holds(destination_port);
  };
  switch (kind) {
    case Kind::kAny:
      return true;
    case Kind::kAll:
      return std::all_of(parts.begin(), parts.end(), holds);
    case Kind::kOne:
      return std::any_of(parts.begin(), parts.end(), holds);
    case Kind::kNot:
      return !holds(parts.front());
    case Kind::kDestinationPort:
      return destination_port >= port_begin && destination_port < port_end;
  }
  return false;
}

}  // namespace sluice
