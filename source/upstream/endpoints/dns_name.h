// DnsName: one name of a cluster, asked for again and again: at the refresh rate or when
// its records expire, after a failure sooner and then ever later. A failure keeps the last good
// answer.
//
// Main thread. Always either a query is under way or the timer is armed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "source/event/timer.h"
#include "source/event/worker_context.h"
#include "source/net/resolver.h"
#include "source/upstream/cluster_spec.h"

namespace sluice {

class DnsName {
 public:
  // `on_answer` is told of each answer and failure; it must not destroy the name.
  DnsName(WorkerContext& main, Resolver& resolver, const ClusterSpec& spec,
          const EndpointSpec& endpoint, std::function<void()> on_answer);

  // What another one has found out: good until there is an answer.
  void Remember(const DnsName& other) { addresses_ = other.addresses_; }
  void Start() { Ask(); }
  // Whatever the one is answered would be an answer to the other.
  bool asks_as(const DnsName& other) const {
    return endpoint_.dns_name == other.endpoint_.dns_name &&
           endpoint_.port == other.endpoint_.port && spec_.type == other.spec_.type &&
           spec_.settings->dns_family == other.spec_.settings->dns_family;
  }
  bool asks_for_all() const { return spec_.settings->dns_family == DnsFamily::kAll; }
  bool settled() const { return settled_; }  // has been answered, or has failed, once
  const EndpointSpec& endpoint() const { return endpoint_; }
  // With the endpoint's port. For kStrictDns in order, else as they were answered.
  const std::vector<Address>& addresses() const { return addresses_; }

 private:
  void Ask();
  void OnAnswer(DnsAnswer answer);
  Duration NextWait(const DnsAnswer& answer);

  WorkerContext& main_;
  Resolver& resolver_;
  const ClusterSpec& spec_;
  const EndpointSpec& endpoint_;
  const std::function<void()> on_answer_;
  std::unique_ptr<Resolver::Query> query_;
  Timer timer_;
  std::vector<Address> addresses_;
  uint32_t failures_ = 0;  // in a row
  bool settled_ = false;
};

}  // namespace sluice
