// ListenerFilter: looks at an accepted connection before a filter chain is chosen for it: finds out
// facts (server name, original addresses) and, if it must, takes bytes from the front. Extension
// point; it answers with a verdict, it does not call back.
//
// One instance per connection, on its worker; gone before the chain's filters see a byte. Bytes are
// peeked: what no filter consumes is read again by the connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/strings/string_view.h"
#include "source/event/worker_context.h"
#include "source/net/accepted_facts.h"
#include "source/net/io_handle.h"

namespace sluice {

enum class ListenerVerdict : uint8_t {
  kContinue,  // the next filter, or the choice of a chain
  kWait,      // ask again when there are more bytes than were shown
  kClose,     // close the connection
};

class ListenerFilter {
 public:
  virtual ~ListenerFilter() = default;

  // How many bytes from the front it must be able to see at most; 0: it looks at none, and OnBytes
  // is called once, with none. Asked before each look and after kWait, so it may grow with what was
  // seen, up to 64 KiB. A filter that answers kWait with so many in view is closed for.
  virtual size_t peek_bytes_max() const = 0;
  // `bytes`: all that have come, up to the maximum. Consuming is by `consume`, of these bytes, with
  // kContinue only. `io` is for its addresses.
  virtual ListenerVerdict OnBytes(absl::string_view bytes, IoHandle& io, AcceptedFacts& facts,
                                  size_t& consume) = 0;
};

// A configured listener filter; a const value, shared by all workers.
class ListenerFilterFactory {
 public:
  virtual ~ListenerFilterFactory() = default;
  virtual std::unique_ptr<ListenerFilter> Create(WorkerContext& worker) const = 0;
};

}  // namespace sluice
