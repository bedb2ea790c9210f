// Ingress: what a Kubernetes Ingress asks for, in the words of a proxy: one listener, a route
// table, and for each service a cluster with its endpoints.
//
// Reads YAML files of one or more documents: Ingress (extensions/v1beta1 and networking.k8s.io/v1),
// Service, Endpoints. Whatever is not carried over is said, one line each.
#pragma once

#include <string>
#include <vector>

#include "examples/control_plane/snapshot.h"

namespace control_plane {

struct IngressResult {
  Snapshot snapshot;
  std::vector<std::string> not_carried;  // "Ingress websocket-repeater: annotation x: has no ..."
  std::vector<std::string> errors;       // not empty: the snapshot is not to be used
};

// `listen_port`: of all hosts of all Ingresses, on every address.
IngressResult ReadIngress(const std::string& yaml, int listen_port);

}  // namespace control_plane
