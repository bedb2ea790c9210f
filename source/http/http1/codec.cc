#include "source/http/http1/codec.h"

#include "source/http/http1/client_codec.h"
#include "source/http/http1/server_codec.h"

namespace sluice {

// One is held by every idle connection.
static_assert(sizeof(Http1ServerCodec) <= 160);
static_assert(sizeof(Http1ClientCodec) <= 160);

std::unique_ptr<Codec> MakeHttp1ServerCodec(ServerEvents& events, const CodecLimits& limits,
                                            const Http1Options& options, SlabPool& pool,
                                            FlowSource& connection) {
  return std::make_unique<Http1ServerCodec>(events, limits, options, pool, connection);
}

std::unique_ptr<ClientCodec> MakeHttp1ClientCodec(const CodecLimits& limits,
                                                  const Http1Options& options, SlabPool& pool,
                                                  FlowSource& connection) {
  return std::make_unique<Http1ClientCodec>(limits, options, pool, connection);
}

}  // namespace sluice
