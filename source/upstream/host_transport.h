// How connections to a host are made, where a cluster has several ways (transport_socket_matches):
// by the labels of its endpoint. Const values.
#pragma once

#include <memory>

#include "source/base/key_values.h"
#include "source/net/transport_factory.h"
#include "source/upstream/shared_value.h"

namespace sluice {

struct ClusterSpec;
struct HostFacts;

// What an endpoint, and its locality, say under "envoy.transport_socket_match". Part of a host's
// facts: with other labels it is another host, whose connections are others.
struct TransportLabels {
  KeyValues own, of_locality;
  friend bool operator==(const TransportLabels&, const TransportLabels&) = default;
};
using TransportLabelsRef = SharedValue<TransportLabels>;

struct TransportMatch {
  KeyValues labels;                                         // that a host is to have; none: any
  std::shared_ptr<const ClientTransportFactory> transport;  // null: plaintext
};

// Of a cluster's transports, the host's. Null: plaintext.
const ClientTransportFactory* TransportOf(const ClusterSpec& cluster, const HostFacts& host);
// That of whoever has these labels.
const ClientTransportFactory* TransportFor(const ClusterSpec& cluster, const KeyValues& labels);

bool AnyTransport(const ClusterSpec& cluster);  // is not plaintext
bool EveryTransport(const ClusterSpec& cluster);

}  // namespace sluice
