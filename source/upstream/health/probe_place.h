// ProbePlace: where and how one endpoint wants to be probed, where that differs from where it
// serves (Endpoint.health_check_config). A const value, part of a host's facts.
#pragma once

#include <cstdint>
#include <string>

#include "source/net/address.h"
#include "source/upstream/shared_value.h"

namespace sluice {

struct ProbePlace {
  Address address;       // of family kNone: the host's
  uint16_t port = 0;     // 0: the address's
  std::string hostname;  // of the Host field; empty: as the check says
  bool disabled = false;
  friend bool operator==(const ProbePlace&, const ProbePlace&) = default;
};

using ProbePlaceRef = SharedValue<ProbePlace>;

}  // namespace sluice
