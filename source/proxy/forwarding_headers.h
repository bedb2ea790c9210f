// Forwarding headers: what the proxy tells the upstream about the client (x-forwarded-*, via,
// x-request-id), and which of the client's own claims it believes. Pure, as Envoy documents it
// under "HTTP header manipulation".
#pragma once

#include "source/base/random.h"
#include "source/http/headers.h"
#include "source/http/stream_info.h"
#include "source/proxy/connection_manager_config.h"

namespace sluice {

// Changes `request` and sets info.remote_address to the trusted client's address.
void ApplyForwardingHeaders(const ForwardingRules& rules, const DownstreamFacts& downstream,
                            Random& random, Headers& request, StreamInfo& info);

}  // namespace sluice
