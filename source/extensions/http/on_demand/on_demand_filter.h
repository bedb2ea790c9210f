// OnDemandFilter: lets a request that no virtual host is for wait while the control plane is asked
// for one (VHDS). One instance per stream, on the stream's worker; the factory is shared and const.
#pragma once

#include "source/base/arena.h"
#include "source/base/units.h"
#include "source/http/headers.h"
#include "source/sdk/filter_context.h"
#include "source/sdk/http_filter.h"
#include "source/sdk/http_filter_factory.h"
#include "source/sdk/verdict.h"

namespace sluice {

class OnDemandFilter final : public HttpFilter {
 public:
  Verdict OnRequestHeaders(FilterContext& context, Headers& headers, End end) override;
};

class OnDemandFactory final : public HttpFilterFactory {
 public:
  Interest interests() const override { return Interest::kRequestHeaders; }
  ArenaPtr<HttpFilter> Create(Arena& arena) const override;
};

}  // namespace sluice
