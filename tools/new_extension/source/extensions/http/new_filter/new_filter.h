// NewFilter: adds one header to every response, and refuses requests that carry it. One instance
// per stream, on the stream's worker; the factory and its configuration are shared and const.
#pragma once

#include <utility>

#include "source/base/arena.h"
#include "source/base/units.h"
#include "source/extensions/http/new_filter/new_filter_config.h"
#include "source/http/headers.h"
#include "source/sdk/filter_context.h"
#include "source/sdk/http_filter.h"
#include "source/sdk/http_filter_factory.h"
#include "source/sdk/verdict.h"

namespace sluice {

class NewFilter final : public HttpFilter {
 public:
  explicit NewFilter(const NewFilterConfig& config) : config_(config) {}

  Verdict OnRequestHeaders(FilterContext& context, Headers& headers, End end) override;
  Verdict OnResponseHeaders(FilterContext& context, Headers& headers, End end) override;

 private:
  const NewFilterConfig& config_;  // of the factory, which outlives the stream
};

class NewFilterFactory final : public HttpFilterFactory {
 public:
  explicit NewFilterFactory(NewFilterConfig config) : config_(std::move(config)) {}

  Interest interests() const override {
    return Interest::kRequestHeaders | Interest::kResponseHeaders;
  }
  ArenaPtr<HttpFilter> Create(Arena& arena) const override;

 private:
  const NewFilterConfig config_;
};

}  // namespace sluice
