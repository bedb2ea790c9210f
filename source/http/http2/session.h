// Makes nghttp2 sessions for Http2Codec: callbacks, options, first SETTINGS. And what nghttp2's
// errors mean here. No state.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <string>

#include "source/http/codec.h"
#include "source/http/codec_limits.h"

namespace sluice {

class Http2Codec;
class Http2Stream;

// With SETTINGS and the connection's window queued. The codec deletes it.
nghttp2_session* NewServerSession(Http2Codec& codec, const CodecLimits& limits,
                                  const Http2Options& options);
// The SETTINGS of a server, with the limit of streams that nghttp2 does not know. Once, before
// anything else is sent.
std::string FirstServerFrame(nghttp2_session* session, const Http2Options& options);
nghttp2_session* NewClientSession(Http2Codec& codec, const CodecLimits& limits,
                                  const Http2Options& options);

// Pulls the stream's body through Http2Codec::PullData.
nghttp2_data_provider DataSourceOf(Http2Stream& stream);
// Server role: DATA of this stream takes turns with that of others, whatever the peer would like.
void SpreadFairly(nghttp2_session* session, int32_t stream_id);

CodecError ErrorOfSession(int nghttp2_error);
CodecError ErrorOfGoaway(uint32_t code);

}  // namespace sluice
