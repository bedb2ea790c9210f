// HeaderMutationFilter: edits the heads of requests and responses. One instance per stream, on the
// stream's worker; the factory and its configuration are shared and const.
#pragma once

#include <utility>
#include <vector>

#include "source/base/arena.h"
#include "source/base/units.h"
#include "source/extensions/http/header_mutation/header_mutation_config.h"
#include "source/http/headers.h"
#include "source/sdk/filter_context.h"
#include "source/sdk/http_filter.h"
#include "source/sdk/http_filter_factory.h"
#include "source/sdk/verdict.h"

namespace sluice {

class HeaderMutationFilter final : public HttpFilter {
 public:
  explicit HeaderMutationFilter(const HeaderMutationConfig& config) : config_(config) {}

  Verdict OnRequestHeaders(FilterContext& context, Headers& headers, End end) override;
  Verdict OnResponseHeaders(FilterContext& context, Headers& headers, End end) override;

 private:
  const HeaderMutationConfig& config_;  // of the factory, which outlives the stream
};

class HeaderMutationFactory final : public HttpFilterFactory {
 public:
  explicit HeaderMutationFactory(HeaderMutationConfig config) : config_(std::move(config)) {}

  Interest interests() const override;
  ArenaPtr<HttpFilter> Create(Arena& arena) const override;

 private:
  const HeaderMutationConfig config_;
};

}  // namespace sluice
