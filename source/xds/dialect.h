// Dialect: how discovery is spoken on the wire: state of the world, or what has changed. Two
// implementations without state of their own; that is in the Subscription.
//
// The xDS protocol is described at envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol; the
// messages are those of envoy/service/discovery/v3/discovery.proto.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "source/xds/resource.h"
#include "source/xds/subscription.h"

namespace envoy::config::core::v3 {
class Node;
}

namespace sluice {

class Dialect {
 public:
  virtual ~Dialect() = default;

  // "/package.Service/Method" of the stream for all kinds, or of that for one.
  virtual std::string AggregatedMethod() const = 0;
  virtual std::string Method(const ResourceType& type) const = 0;

  // A message of the server. An error: it is none.
  virtual absl::StatusOr<Response> Read(absl::string_view message) const = 0;

  // The request that is owed for `subscription`, which notes that it has been made; nullopt: none
  // is. `node`: who asks; null where the stream has been told.
  virtual std::optional<std::string> NextRequest(
      Subscription& subscription, const envoy::config::core::v3::Node* node) const = 0;

  // Names of which `response` says that there is nothing (any more), of those that are wanted;
  // state of the world: of those that had come.
  virtual std::vector<std::string> Gone(const Subscription& subscription,
                                        const Response& response) const = 0;
};

const Dialect& StateOfTheWorld();
const Dialect& Delta();

// The name by which a packed resource of this kind goes: its field "name", of an assignment
// "cluster_name". Empty: it has none, or what cannot be one, or cannot be read.
std::string NameOf(const google::protobuf::Any& body);

}  // namespace sluice
