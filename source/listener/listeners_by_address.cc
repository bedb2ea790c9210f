#include "source/listener/listeners_by_address.h"

namespace sluice {

WorkerListener* ListenersByAddress::Find(const Address& original) const {
  if (const auto exact = by_address_.find(original); exact != by_address_.end()) {
    return exact->second;
  }
  const bool v6 = original.family() == Address::Family::kIpv6;
  const auto any = Address::FromIp(v6 ? "::" : "0.0.0.0", original.port());
  const auto wildcard = by_address_.find(*any);
  return wildcard == by_address_.end() ? nullptr : wildcard->second;
}

}  // namespace sluice
