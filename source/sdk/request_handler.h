// RequestHandler: the end of a filter chain: what answers a request. The router is one, the admin
// pages another. One instance per stream, in its arena, on its worker; destroying it cancels what
// it does.
#pragma once

#include "source/base/arena.h"
#include "source/base/buffer.h"
#include "source/base/flow_gauge.h"
#include "source/base/units.h"
#include "source/event/worker_context.h"
#include "source/http/headers.h"
#include "source/http/stream_info.h"
#include "source/route/route.h"
#include "source/sdk/reply.h"
#include "source/sdk/upgrade_request.h"

namespace sluice {

// What a try of a request at a host works on. Implemented by the stream, and by a TCP proxy's
// tunnel through HTTP.
class RequestState {
 public:
  // To build the response's head or trailers in; they live as long as the stream. Once a tunnel has
  // been opened both heads are empty: what was in them is given back, texts and all.
  virtual Headers& response_headers() = 0;
  virtual Headers& response_trailers() = 0;
  virtual StreamInfo& info() = 0;
  // Null: the request asks for no upgrade; else it is allowed. A response of 101, or 2xx to
  // CONNECT, opens the tunnel: data is then what is in it.
  virtual const UpgradeRequest* upgrade() = 0;
  virtual Headers& request_headers() = 0;
  virtual Arena& arena() = 0;
  virtual WorkerContext& worker() = 0;
  // Counts request bytes between the wire of the client and that of the upstream. A handler
  // subtracts what it has passed on or dropped.
  virtual FlowGauge& request_gauge() = 0;
  // Counts response bytes; the handler sets its source.
  virtual FlowGauge& response_gauge() = 0;

 protected:
  ~RequestState() = default;
};

// Where a handler sends the response, and what it may know of the stream. Implemented by the
// stream.
class ResponseSink : public RequestState {
 public:
  virtual void SendInformational(Headers& headers) = 0;
  virtual void SendHeaders(End end) = 0;  // response_headers(), once
  virtual void SendData(Buffer& data, End end) = 0;
  virtual void SendTrailers() = 0;  // response_trailers()
  // Of a tunnel: all that the client has sent has been passed on, its end as well. Until then the
  // stream goes on, though the client has got all and may be gone.
  virtual void EndTunnel() = 0;
  // Instead of the route's: from the end of the request to that of the response. 0: none.
  virtual void SetResponseTimeout(Duration timeout) = 0;
  // Instead of a response; after SendHeaders the stream is reset. The handler is cancelled in the
  // call.
  virtual void SendReply(const Reply& reply) = 0;

  // As SendReply, and the client's stream ends by a reset (HTTP/2: with `code`; HTTP/1: its
  // connection does): the response that was begun cannot be completed.
  virtual void Abort(absl::string_view details, ResetCode code) = 0;

  virtual const Route* route() = 0;
  virtual uint64_t random_value() = 0;  // one per stream

 protected:
  ~ResponseSink() = default;
};

class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  virtual void OnRequestHeaders(Headers& headers, End end) = 0;
  // Takes all of `data`.
  virtual void OnRequestData(Buffer& data, End end) = 0;
  virtual void OnRequestTrailers(Headers& trailers) = 0;
  // No more is wanted: stop what goes on, and use the sink no more. May come from inside a call on
  // the sink.
  virtual void Cancel() {}
};

class RequestHandlerFactory {
 public:
  virtual ~RequestHandlerFactory() = default;
  virtual ArenaPtr<RequestHandler> Create(ResponseSink& sink) const = 0;
};

}  // namespace sluice
