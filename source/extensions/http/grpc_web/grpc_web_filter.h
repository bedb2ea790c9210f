// GrpcWebFilter: makes gRPC of a browser's gRPC-Web call, and gRPC-Web of its answer. One instance
// per stream, on the stream's worker.
//
// What the two forms are: gRPC's PROTOCOL-WEB. The text form is the binary one in base64.
#pragma once

#include "absl/strings/string_view.h"
#include "source/base/arena.h"
#include "source/base/buffer.h"
#include "source/base/units.h"
#include "source/extensions/http/grpc_web/base64_stream.h"
#include "source/http/headers.h"
#include "source/sdk/filter_context.h"
#include "source/sdk/http_filter.h"
#include "source/sdk/http_filter_factory.h"
#include "source/sdk/verdict.h"

namespace sluice {

class GrpcWebFilter final : public HttpFilter {
 public:
  Verdict OnRequestHeaders(FilterContext& context, Headers& headers, End end) override;
  Verdict OnRequestData(FilterContext& context, Buffer& data, End end) override;
  Verdict OnRequestTrailers(FilterContext& context, Headers& trailers) override;
  Verdict OnResponseHeaders(FilterContext& context, Headers& headers, End end) override;
  Verdict OnResponseData(FilterContext& context, Buffer& data, End end) override;
  Verdict OnResponseTrailers(FilterContext& context, Headers& trailers) override;

 private:
  Verdict RefuseRequest(FilterContext& context, absl::string_view details);

  absl::string_view asked_type_;  // as the client has said it, in the stream's arena
  bool request_is_text_ = false;
  bool response_is_text_ = false;
  bool response_is_grpc_ = false;  // others pass as they are
  Base64Reader reader_;
};

class GrpcWebFactory final : public HttpFilterFactory {
 public:
  Interest interests() const override;
  ArenaPtr<HttpFilter> Create(Arena& arena) const override {
    return ArenaPtr<HttpFilter>(arena.New<GrpcWebFilter>());
  }
};

}  // namespace sluice
