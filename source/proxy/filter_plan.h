// FilterPlan: a configured HTTP filter chain: the filters in order, and the handler that ends it. A const
// value, shared by all workers and streams of one configuration.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "source/sdk/http_filter_factory.h"
#include "source/sdk/request_handler.h"

namespace sluice {

struct FilterPlan {
  struct Entry {
    std::string name;
    std::unique_ptr<const HttpFilterFactory> factory;
    Interest interests;
  };
  std::vector<Entry> filters;
  std::unique_ptr<const RequestHandlerFactory> handler;

  void Add(std::string name, std::unique_ptr<const HttpFilterFactory> factory) {
    const Interest interests = factory->interests();
    filters.push_back({std::move(name), std::move(factory), interests});
  }
};

}  // namespace sluice
