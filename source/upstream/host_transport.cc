#include "source/upstream/host_transport.h"

#include <algorithm>

#include "source/upstream/cluster_spec.h"
#include "source/upstream/host.h"

namespace sluice {
namespace {

bool Has(const KeyValues& all, const KeyValues& wanted) {
  const auto& entries = all.entries();
  return std::all_of(wanted.entries().begin(), wanted.entries().end(), [&](const KeyValue& entry) {
    return std::find(entries.begin(), entries.end(), entry) != entries.end();
  });
}

const TransportMatch* Find(const ClusterSpec& cluster, const KeyValues& labels) {
  for (const TransportMatch& match : cluster.transport_matches) {
    if (Has(labels, match.labels)) return &match;
  }
  return nullptr;
}

}  // namespace

const ClientTransportFactory* TransportOf(const ClusterSpec& cluster, const HostFacts& host) {
  if (cluster.transport_matches.empty()) return cluster.transport.get();
  static const TransportLabels* const kNone = new TransportLabels();
  const TransportLabels& labels =
      host.transport_labels.get() == nullptr ? *kNone : *host.transport_labels.get();
  const TransportMatch* match = Find(cluster, labels.own);
  if (match == nullptr) match = Find(cluster, labels.of_locality);
  return match == nullptr ? cluster.transport.get() : match->transport.get();
}

const ClientTransportFactory* TransportFor(const ClusterSpec& cluster, const KeyValues& labels) {
  const TransportMatch* const match = Find(cluster, labels);
  return match == nullptr ? cluster.transport.get() : match->transport.get();
}

bool AnyTransport(const ClusterSpec& cluster) {
  if (cluster.transport != nullptr) return true;
  return std::any_of(cluster.transport_matches.begin(), cluster.transport_matches.end(),
                     [](const TransportMatch& match) { return match.transport != nullptr; });
}

bool EveryTransport(const ClusterSpec& cluster) {
  if (cluster.transport == nullptr) return false;
  return std::all_of(cluster.transport_matches.begin(), cluster.transport_matches.end(),
                     [](const TransportMatch& match) { return match.transport != nullptr; });
}

}  // namespace sluice
