// ORIGINAL_DST clusters: a request goes to where its client meant to connect to, before the system
// redirected the connection to us, or to where a header says. OriginalHosts: the hosts of one
// worker's cluster: made when they are asked for, gone when they have been of no use for a while.
//
// One worker. No two workers share such a host, and the main thread knows of none of them.
#pragma once

#include <cstddef>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "source/event/timer.h"
#include "source/http/headers.h"
#include "source/http/stream_info.h"
#include "source/net/address.h"
#include "source/upstream/host.h"

namespace sluice {

class WorkerCluster;

class OriginalHosts {
 public:
  explicit OriginalHosts(WorkerCluster& cluster);
  ~OriginalHosts();  // whose pools drain, if they have any, when their hosts are not listed

  // At this address. Null: there are as many as may be.
  Host* At(const Address& address);
  size_t size() const { return by_address_.size(); }

  // Clients that may name any address by a header could have any number of them made.
  static constexpr size_t kHostsMax = 16'384;

 private:
  void Sweep();
  struct Known {
    std::shared_ptr<Host> host;
    bool used;  // since the last sweep
  };
  WorkerCluster& cluster_;
  absl::flat_hash_map<Address, Known> by_address_;
  Timer sweep_;
};

// Of an ORIGINAL_DST cluster, for a request with these header fields; null: for a connection that
// is not HTTP. Null: nobody knows where it is to go, or there are too many hosts.
Host* PickOriginalHost(WorkerCluster& cluster, const Headers* request,
                       const DownstreamFacts* downstream);

}  // namespace sluice
