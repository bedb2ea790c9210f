// HttpFilterFactory: one configured filter of a chain: which events it wants, and how to make its
// instance for a stream. A const value, shared by all workers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "source/base/arena.h"
#include "source/sdk/http_filter.h"

namespace sluice {

// The events a filter is asked about; the others cost it nothing.
enum class Interest : uint8_t {
  kNone = 0,
  kRequestHeaders = 1,
  kRequestData = 2,
  kRequestTrailers = 4,
  kResponseHeaders = 8,
  kResponseData = 16,
  kResponseTrailers = 32,
  // Of streams that ask for an upgrade (FilterContext::upgrade); there is no instance for others.
  kUpgradesOnly = 64,
};
constexpr Interest operator|(Interest a, Interest b) {
  return static_cast<Interest>(static_cast<uint8_t>(a) | static_cast<uint8_t>(b));
}
constexpr bool Includes(Interest set, Interest one) {
  return (static_cast<uint8_t>(set) & static_cast<uint8_t>(one)) != 0;
}

class HttpFilterFactory {
 public:
  virtual ~HttpFilterFactory() = default;
  virtual Interest interests() const = 0;
  // Bytes > 0: the filter wants the request body whole, gathered by the chain up to so many bytes
  // (413 beyond), before it is asked about the headers and then, once, about the data.
  virtual size_t whole_request_body_bytes_max() const { return 0; }
  virtual ArenaPtr<HttpFilter> Create(Arena& arena) const = 0;
};

}  // namespace sluice
