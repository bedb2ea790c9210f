// NetworkFilter: sees a connection's bytes before its handler does. Extension point; the same shape
// as HttpFilter one layer up: it answers with a verdict, it does not call back.
//
// One instance per connection, on its worker.
#pragma once

#include <cstdint>

#include "source/base/buffer.h"
#include "source/base/units.h"

namespace sluice {

enum class NetworkVerdict : uint8_t {
  kContinue,  // pass on what is in the buffer
  kPause,     // keep what is there and what follows; ask again when more has come
  kClose,     // close the connection
  kDetach,    // continue, and do not ask me again
};

class NetworkFilter {
 public:
  virtual ~NetworkFilter() = default;
  virtual NetworkVerdict OnNewConnection() { return NetworkVerdict::kContinue; }
  virtual NetworkVerdict OnBytes(Buffer& in, End end) { return NetworkVerdict::kContinue; }
};

}  // namespace sluice
