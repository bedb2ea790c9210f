#include "source/extensions/listener/original_dst/original_dst_filter.h"

#include <utility>

namespace sluice {

ListenerVerdict OriginalDstFilter::OnBytes(absl::string_view, IoHandle& io, AcceptedFacts& facts,
                                           size_t&) {
  Address original = io.OriginalDestination();
  // Where nothing was redirected, the system says nothing or names the socket's own address.
  if (original.is_ip()) facts.local_address = std::move(original);
  return ListenerVerdict::kContinue;
}

}  // namespace sluice
