#include "source/extensions/http/new_filter/new_filter.h"

namespace sluice {

Verdict NewFilter::OnRequestHeaders(FilterContext& context, Headers& headers, End) {
  if (headers.Find(config_.header) == nullptr) return Verdict::kContinue;
  context.reply() = {.status = 400, .body = "reserved header\n", .details = "new_filter_refused"};
  return Verdict::kReply;
}

Verdict NewFilter::OnResponseHeaders(FilterContext&, Headers& headers, End) {
  headers.Set(config_.header, config_.value);
  return Verdict::kContinue;
}

ArenaPtr<HttpFilter> NewFilterFactory::Create(Arena& arena) const {
  return ArenaPtr<HttpFilter>(arena.New<NewFilter>(config_));
}

}  // namespace sluice
