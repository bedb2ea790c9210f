// DormantFactory: a filter that wants to be asked nothing, and so is never made. Shared and const.
#pragma once

#include "source/base/arena.h"
#include "source/sdk/http_filter.h"
#include "source/sdk/http_filter_factory.h"

namespace sluice {

class DormantFactory final : public HttpFilterFactory {
 public:
  Interest interests() const override { return Interest::kNone; }
  ArenaPtr<HttpFilter> Create(Arena&) const override { return nullptr; }
};

}  // namespace sluice
