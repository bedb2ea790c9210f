// ProbePlace: where and how one endpoint wants to be probed, where that differs from where it
// serves (Endpoint.health_check_config). A const value, part of a host's facts.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "source/net/address.h"

namespace sluice {

struct ProbePlace {
  Address address;       // of family kNone: the host's
  uint16_t port = 0;     // 0: the address's
  std::string hostname;  // of the Host field; empty: as the check says
  bool disabled = false;
  friend bool operator==(const ProbePlace&, const ProbePlace&) = default;
};

// Most hosts have none: a shared pointer that compares what it points to.
class ProbePlaceRef {
 public:
  ProbePlaceRef() = default;
  explicit ProbePlaceRef(ProbePlace place)
      : place_(std::make_shared<const ProbePlace>(std::move(place))) {}
  const ProbePlace* get() const { return place_.get(); }
  friend bool operator==(const ProbePlaceRef& a, const ProbePlaceRef& b) {
    if (a.place_ == b.place_) return true;
    return a.place_ != nullptr && b.place_ != nullptr && *a.place_ == *b.place_;
  }

 private:
  std::shared_ptr<const ProbePlace> place_;
};

}  // namespace sluice
