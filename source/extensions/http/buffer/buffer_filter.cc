#include "source/extensions/http/buffer/buffer_filter.h"

#include "absl/strings/str_cat.h"

namespace sluice {

Verdict BufferFilter::OnRequestHeaders(FilterContext& context, Headers& headers, End end) {
  if (end == End::kYes || headers.Has(HeaderId::kContentLength)) return Verdict::kContinue;
  headers.Remove(HeaderId::kTransferEncoding);
  const absl::AlphaNum length(context.whole_request_body_bytes());
  headers.Add(HeaderId::kContentLength, length.Piece());
  return Verdict::kContinue;
}

ArenaPtr<HttpFilter> BufferFilterFactory::Create(Arena& arena) const {
  return ArenaPtr<HttpFilter>(arena.New<BufferFilter>());
}

}  // namespace sluice
