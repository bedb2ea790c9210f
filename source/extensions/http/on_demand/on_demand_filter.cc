#include "source/extensions/http/on_demand/on_demand_filter.h"

namespace sluice {

Verdict OnDemandFilter::OnRequestHeaders(FilterContext& context, Headers&, End) {
  // What comes of it, the stream finds a route by or not: this filter has no more to say.
  return context.FetchRoute() ? Verdict::kPause : Verdict::kContinue;
}

ArenaPtr<HttpFilter> OnDemandFactory::Create(Arena& arena) const {
  return ArenaPtr<HttpFilter>(arena.New<OnDemandFilter>());
}

}  // namespace sluice
