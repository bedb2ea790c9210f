#include "source/extensions/http/header_mutation/header_mutation_filter.h"

#include "source/accesslog/log_format.h"

namespace sluice {
namespace {

void Apply(const std::vector<HeaderEdits>& mutations, const Headers* response, Headers& headers,
           FilterContext& context) {
  const FormatContext values{.info = context.info(),
                             .request = &context.request_headers(),
                             .response = response,
                             .now = context.worker().loop.wall_now()};
  for (const HeaderEdits& mutation : mutations) mutation.Apply(headers, values, context.scratch());
}

}  // namespace

Verdict HeaderMutationFilter::OnRequestHeaders(FilterContext& context, Headers& headers, End) {
  Apply(config_.request, nullptr, headers, context);
  return Verdict::kContinue;
}

Verdict HeaderMutationFilter::OnResponseHeaders(FilterContext& context, Headers& headers, End) {
  Apply(config_.response, &headers, headers, context);
  return Verdict::kContinue;
}

Interest HeaderMutationFactory::interests() const {
  Interest interests = Interest::kNone;
  if (!config_.request.empty()) interests = interests | Interest::kRequestHeaders;
  if (!config_.response.empty()) interests = interests | Interest::kResponseHeaders;
  return interests;
}

ArenaPtr<HttpFilter> HeaderMutationFactory::Create(Arena& arena) const {
  return ArenaPtr<HttpFilter>(arena.New<HeaderMutationFilter>(config_));
}

}  // namespace sluice
