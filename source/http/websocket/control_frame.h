// Frames that the proxy itself says on a WebSocket (RFC 6455 section 5.5). Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "source/base/buffer.h"

namespace sluice {

// Of an end that masks, as clients must and servers must not (section 5.1), the key; it is to be
// one that nobody can foresee.
using FrameMask = std::optional<uint32_t>;

void AppendCloseFrame(uint16_t code, FrameMask mask, Buffer& out);
void AppendPingFrame(FrameMask mask, Buffer& out);  // without a payload

}  // namespace sluice
