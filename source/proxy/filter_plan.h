// FilterPlan: a configured HTTP filter chain: the filters in order, and the handler that ends it. A
// const value, shared by all workers and streams of one configuration. One filter may be in several
// plans of a configuration.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "source/route/filter_settings.h"
#include "source/sdk/http_filter_factory.h"
#include "source/sdk/request_handler.h"

namespace sluice {

struct FilterPlan {
  struct Entry {
    FilterKey name;
    std::shared_ptr<const HttpFilterFactory> factory;
    Interest interests;
    size_t whole_body_bytes_max;  // 0: takes the request body as it comes
    bool disabled;                // unless the route says something to it
  };
  std::vector<Entry> filters;
  std::shared_ptr<const RequestHandlerFactory> handler;
  // The largest of the filters': a stream must let so much of a body wait, or it would never be
  // whole.
  size_t whole_body_bytes_max = 0;

  // Whether any of them is disabled.
  bool has_disabled = false;

  void Add(absl::string_view name, std::shared_ptr<const HttpFilterFactory> factory,
           bool disabled = false) {
    const Interest interests = factory->interests();
    const size_t bytes_max = factory->whole_request_body_bytes_max();
    filters.push_back({FilterKey(name), std::move(factory), interests, bytes_max, disabled});
    has_disabled = has_disabled || disabled;
    whole_body_bytes_max = std::max(whole_body_bytes_max, bytes_max);
  }
  // For a stream that leaves HTTP, whose request has no body to be gathered.
  void AddForUpgrades(const Entry& entry) {
    filters.push_back(entry);
    filters.back().whole_body_bytes_max = 0;
    has_disabled = has_disabled || entry.disabled;
  }
};

}  // namespace sluice
