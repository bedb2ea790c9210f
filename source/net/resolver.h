// Resolver: names to addresses. The outside world's door for DNS: CaresResolver in production, a
// scripted one in tests. Main thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "source/base/units.h"
#include "source/net/address.h"

namespace sluice {

// Which addresses of a name are wanted (envoy.config.cluster.v3.Cluster.DnsLookupFamily).
enum class DnsFamily : uint8_t {
  kAuto,  // IPv6, and where there is none IPv4
  kV4Only,
  kV6Only,
  kV4Preferred,  // IPv4, and where there is none IPv6
  kAll,
};

struct DnsAnswer {
  absl::Status status;             // kNotFound: the name has no such address
  std::vector<Address> addresses;  // port 0; may be empty only with an error
  Duration ttl{0};                 // the shortest of the records; 0: unknown
};

class Resolver {
 public:
  // A question under way; destroying it means nobody is answered.
  class Query {
   public:
    virtual ~Query() = default;
  };
  using OnAnswer = absl::AnyInvocable<void(DnsAnswer answer)>;

  virtual ~Resolver() = default;
  // Calls `on_answer` once, on the same thread, never from inside this call; it may destroy the
  // query.
  [[nodiscard]] virtual std::unique_ptr<Query> Resolve(absl::string_view name, DnsFamily family,
                                                       OnAnswer on_answer) = 0;
};

}  // namespace sluice
