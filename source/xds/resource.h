// Resources as discovery carries them: named, versioned, still packed. Values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/any.pb.h"
#include "source/base/units.h"

namespace sluice {

// A kind of resource: what the protocol needs to know of it.
struct ResourceType {
  absl::string_view url;            // type.googleapis.com/envoy.config.cluster.v3.Cluster
  absl::string_view service;        // with a stream of its own: envoy.service.cluster.v3....Service
  absl::string_view stream_method;  // of that service: StreamClusters
  absl::string_view delta_method;   // DeltaClusters
  absl::string_view rest_name;      // clusters, in the path of a poll
  // State of the world: a response holds all there are; one that it leaves out is gone. Of other
  // kinds a response holds what has changed.
  bool is_whole = false;
  // What its wrapper calls it counts, whatever it calls itself.
  bool is_named_outside = false;
};

// Of the kinds that Sluice asks for. By type URL; null: it asks for none such.
const ResourceType* FindResourceType(absl::string_view url);
extern const ResourceType kListenerType, kClusterType, kRouteType, kEndpointType, kSecretType,
    kRuntimeType, kScopedRouteType, kVirtualHostType;

struct Resource {
  std::string name;
  std::string version;
  google::protobuf::Any body;
  // Gone when it is not heard of for so long.
  std::optional<Duration> ttl;
  // Not the resource, only word that it lives on (xDS protocol, "TTL").
  bool is_heartbeat = false;
  // Why it cannot be one, found while it was read; its name is its place in the response then.
  std::string mistake;
  // Other names that were asked for, and are answered with this one.
  std::vector<std::string> aliases = {};
};

// A DiscoveryResponse or DeltaDiscoveryResponse.
struct Response {
  std::string type_url;
  std::string version;  // of all of it; delta: for people to read only
  std::string nonce;
  std::vector<Resource> resources;
  std::vector<std::string> removed;  // delta only
};

// One thing that is wrong with a resource.
struct ResourceMistake {
  std::string path;  // of the field; empty: of all of it
  std::string rule;
  std::string hint;
};

// What its user would not have of a resource, and why, in words with field paths.
struct ResourceError {
  std::string name;
  std::string version;
  std::string text;
  std::vector<ResourceMistake> mistakes = {};  // the same one by one; none: only `text` says it
};

}  // namespace sluice
