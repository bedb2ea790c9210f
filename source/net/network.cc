#include "source/net/network.h"

namespace sluice {

const SocketOptions::Source* SocketOptions::SourceFor(const Address& to) const {
  for (const Source& source : sources) {
    if (source.address.family() == to.family()) return &source;
  }
  return sources.empty() ? nullptr : &sources.front();
}

}  // namespace sluice
