// OriginalDstFilter: where the client of a redirected connection meant to go becomes the
// connection's local address. There is nothing to configure.
#pragma once

#include <memory>

#include "source/sdk/listener_filter.h"

namespace sluice {

// One instance per connection, on its worker.
class OriginalDstFilter final : public ListenerFilter {
 public:
  size_t peek_bytes_max() const override { return 0; }
  ListenerVerdict OnBytes(absl::string_view bytes, IoHandle& io, AcceptedFacts& facts,
                          size_t& consume) override;
};

class OriginalDstFilterFactory final : public ListenerFilterFactory {
 public:
  std::unique_ptr<ListenerFilter> Create(WorkerContext&) const override {
    return std::make_unique<OriginalDstFilter>();
  }
};

}  // namespace sluice
