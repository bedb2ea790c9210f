// ConnectionView: one accepted connection as the admin port shows it. A copy.
#pragma once

#include <cstdint>
#include <string>

#include "source/base/units.h"

namespace sluice {

struct ConnectionView {
  uint64_t id = 0;       // %CONNECTION_ID%
  std::string listener;  // its name
  std::string chain;     // its filter chain's name
  std::string version;   // of the listener, when it brought that chain as it is
  std::string client;
  std::string protocol;  // "HTTP/2"; empty: not known yet, or none that is
  Duration age{0};
  uint32_t requests = 0;  // under way, tunnels not among them
  uint32_t tunnels = 0;
  bool leaving = false;  // no version in service has its chain
};

}  // namespace sluice
