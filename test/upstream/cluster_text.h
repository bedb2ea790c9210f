// Clusters read from text: what the tests of their configuration share.
#pragma once

#include <memory>
#include <string>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "source/config/config_errors.h"
#include "source/config/field_scope.h"
#include "source/stats/registry.h"
#include "source/upstream/cluster_config.h"

namespace sluice {

struct Parsed {
  std::shared_ptr<const ClusterSpec> spec;
  std::string errors;
};

inline Parsed Parse(const std::string& text) {
  static auto* const registry = new StatsRegistry();
  envoy::config::cluster::v3::Cluster cluster;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &cluster)) << text;
  ConfigErrors errors;
  const FieldScope scope(errors, "c");
  Parsed parsed;
  parsed.spec = ParseCluster(cluster, scope, {.stats = *registry});
  parsed.errors = errors.ToString();
  return parsed;
}

inline ClusterSpec Good(const std::string& text) {
  Parsed parsed = Parse(text);
  EXPECT_EQ(parsed.errors, "");
  EXPECT_NE(parsed.spec, nullptr) << text;
  return parsed.spec == nullptr ? ClusterSpec() : *parsed.spec;
}

inline void ExpectError(const std::string& text, const std::string& part) {
  const Parsed parsed = Parse(text);
  EXPECT_EQ(parsed.spec, nullptr) << text;
  EXPECT_NE(parsed.errors.find(part), std::string::npos) << parsed.errors;
}

inline std::string Endpoint(const std::string& address, int port = 80,
                            const std::string& more = "") {
  return "endpoint { address { socket_address { address: \"" + address +
         "\" port_value: " + std::to_string(port) + " } } " + more + " }";
}

inline std::string With(const std::string& lb_endpoint, const std::string& more = "") {
  return "name: \"users\" load_assignment { cluster_name: \"users\" endpoints { lb_endpoints { " +
         lb_endpoint + " } } } " + more;
}

}  // namespace sluice
