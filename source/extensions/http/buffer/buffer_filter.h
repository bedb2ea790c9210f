// BufferFilter: has the chain gather a request's body, and says how long it has become. One
// instance per stream, on the stream's worker.
#pragma once

#include <cstddef>

#include "source/base/arena.h"
#include "source/base/units.h"
#include "source/extensions/http/buffer/buffer_config.h"
#include "source/http/headers.h"
#include "source/sdk/filter_context.h"
#include "source/sdk/http_filter.h"
#include "source/sdk/http_filter_factory.h"
#include "source/sdk/verdict.h"

namespace sluice {

class BufferFilter final : public HttpFilter {
 public:
  Verdict OnRequestHeaders(FilterContext& context, Headers& headers, End end) override;
};

class BufferFilterFactory final : public HttpFilterFactory {
 public:
  explicit BufferFilterFactory(const BufferConfig& config) : config_(config) {}

  Interest interests() const override { return Interest::kRequestHeaders; }
  size_t whole_request_body_bytes_max() const override { return config_.request_bytes_max; }
  ArenaPtr<HttpFilter> Create(Arena& arena) const override;

 private:
  const BufferConfig config_;
};

}  // namespace sluice
