// DnsEndpoints: the names of a cluster, resolved. Of a STRICT_DNS cluster each address of a name is
// an endpoint; of a LOGICAL_DNS cluster the name is, and is at its first address.
//
// Main thread. Names that cannot be resolved contribute nothing, or what they last resolved to; the
// others go on.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "source/event/worker_context.h"
#include "source/net/resolver.h"
#include "source/upstream/cluster_spec.h"
#include "source/upstream/endpoints/dns_name.h"
#include "source/upstream/resolved_endpoint.h"

namespace sluice {

class DnsEndpoints {
 public:
  // `spec` must outlive this. `on_answer` is called after every answer and failure.
  DnsEndpoints(WorkerContext& main, Resolver& resolver, const ClusterSpec& spec,
               std::function<void()> on_answer);

  // Before Start: of names that `others` have too, and in the same way, what they were answered.
  void Remember(const DnsEndpoints& others);
  void Start();
  bool settled() const;  // every name has been answered, or has failed, once
  // In the order of the configuration. Of an address that several names resolve to, only the first.
  std::vector<ResolvedEndpoint> Endpoints() const;

 private:
  const bool logical_;
  std::vector<std::unique_ptr<DnsName>> names_;
};

}  // namespace sluice
