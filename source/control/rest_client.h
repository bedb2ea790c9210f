// RestClient: POSTs JSON to the first of some clusters, and to the next one after a failure. What a
// RestSource asks by.
//
// Main thread. The clusters are static ones: their hosts, their TLS and their version of HTTP
// count, balancing and limits do not.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "source/event/worker_context.h"
#include "source/net/network.h"
#include "source/upstream/cluster_set.h"
#include "source/xds/rest_source.h"

namespace sluice {

class RestClient {
 public:
  RestClient(WorkerContext& main, Network& network, const ClusterSet& clusters,
             std::vector<std::string> names)
      : main_(main), network_(network), clusters_(clusters), names_(std::move(names)) {}

  // As RestPost says. This outlives the call.
  std::unique_ptr<RestCall> Post(const std::string& path, std::string body,
                                 std::function<void(absl::StatusOr<RestAnswer> answer)> on_answer);

 private:
  class Call;
  std::shared_ptr<Host> NextHost(const Cluster& cluster);

  WorkerContext& main_;
  Network& network_;
  const ClusterSet& clusters_;
  const std::vector<std::string> names_;
  size_t next_name_ = 0;
  size_t next_host_ = 0;
};

}  // namespace sluice
