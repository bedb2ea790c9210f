// Makes HTTP/1 codecs (RFC 9112), in the server's and the client's role. Strict: what two parsers
// could read in two ways is refused (parser.h, message_rules.h).
//
// One per connection, on its worker. `limits` and `options` outlive the codec and are shared by
// many. `pool` is the worker's. `connection` is paused while a stream's reader is, and while a
// pipelined request waits for its turn; its ResumeReading must offer again what Parse had left, not
// before the current call has returned. In steady state a message costs no heap allocation.
#pragma once

#include <memory>

#include "source/base/flow_gauge.h"
#include "source/base/slab_pool.h"
#include "source/http/codec.h"
#include "source/http/codec_limits.h"

namespace sluice {

std::unique_ptr<Codec> MakeHttp1ServerCodec(ServerEvents& events, const CodecLimits& limits,
                                            const Http1Options& options, SlabPool& pool,
                                            FlowSource& connection);

std::unique_ptr<ClientCodec> MakeHttp1ClientCodec(const CodecLimits& limits,
                                                  const Http1Options& options, SlabPool& pool,
                                                  FlowSource& connection);

}  // namespace sluice
