// NamedAddresses: where a logical host is. A const value, shared by threads.
#pragma once

#include <string>
#include <vector>

#include "source/net/address.h"

namespace sluice {

// What its addresses are asked for by, and where that leads to now, in the order to be tried; new
// connections go there.
struct NamedAddresses {
  std::string name;
  std::vector<Address> addresses;
  friend bool operator==(const NamedAddresses&, const NamedAddresses&) = default;
};

}  // namespace sluice
