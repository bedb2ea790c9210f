// How the hosts of a cluster are found, and what is said of each.
#include <string>

#include "envoy/config/core/v3/config_source.pb.h"
#include "gtest/gtest.h"
#include "test/upstream/cluster_text.h"

namespace sluice {
namespace {

using std::chrono::seconds;

TEST(ClusterConfig, EndpointsKeepTheirFacts) {
  const ClusterSpec spec = Good(R"(
    name: "users"
    load_assignment {
      cluster_name: "users"
      endpoints {
        locality { region: "eu" zone: "a" } priority: 1
        lb_endpoints { load_balancing_weight { value: 5 } health_status: DRAINING )" +
                                Endpoint("10.0.0.1", 8080, "hostname: \"one\"") + R"( }
        lb_endpoints { )" + Endpoint("2001:db8::1") +
                                R"( } }
      endpoints { lb_endpoints { endpoint { address { pipe { path: "/run/users.sock" } } } } } })");
  ASSERT_EQ(spec.endpoints.size(), 3u);
  EXPECT_EQ(spec.endpoints[0].facts.address.text(), "10.0.0.1:8080");
  EXPECT_EQ(spec.endpoints[0].facts.hostname, "one");
  EXPECT_EQ(spec.endpoints[0].traits.weight, 5u);
  EXPECT_EQ(spec.endpoints[0].traits.priority, 1u);
  EXPECT_EQ(spec.endpoints[0].traits.locality->locality.zone, "a");
  EXPECT_EQ(HealthOf(spec.endpoints[0].flags), HostHealth::kUnhealthy);
  EXPECT_EQ(spec.endpoints[1].facts.address.text(), "[2001:db8::1]:80");
  EXPECT_EQ(spec.endpoints[1].traits.weight, 1u);
  EXPECT_EQ(spec.endpoints[2].facts.address.text(), "/run/users.sock");
  EXPECT_EQ(spec.endpoints[2].traits.priority, 0u);
}

TEST(ClusterConfig, StrictDnsTakesNamesAndAddresses) {
  ClusterSpec spec = Good(With(Endpoint("users.example", 8080), "type: STRICT_DNS"));
  ASSERT_EQ(spec.endpoints.size(), 1u);
  EXPECT_EQ(spec.endpoints[0].dns_name, "users.example");
  EXPECT_EQ(spec.endpoints[0].port, 8080);
  EXPECT_EQ(spec.endpoints[0].facts.hostname, "users.example");
  spec = Good(With(Endpoint("10.0.0.1"), "type: STRICT_DNS"));
  EXPECT_EQ(spec.endpoints[0].dns_name, "");
  EXPECT_EQ(spec.endpoints[0].facts.address.text(), "10.0.0.1:80");
}

TEST(ClusterConfig, LogicalDnsTakesOneNameOrAddress) {
  const ClusterSpec spec = Good(With(Endpoint("users.example"), "type: LOGICAL_DNS"));
  EXPECT_EQ(spec.type, DiscoveryType::kLogicalDns);
  EXPECT_EQ(spec.endpoints[0].dns_name, "users.example");
  Good(With(Endpoint("10.0.0.1"), "type: LOGICAL_DNS"));
  ExpectError("name: \"x\" type: LOGICAL_DNS",
              "c.load_assignment.endpoints: must be one endpoint for LOGICAL_DNS, there are 0");
  ExpectError(
      With(Endpoint("a.example") + "} lb_endpoints {" + Endpoint("b.example"), "type: LOGICAL_DNS"),
      "there are 2");
  ExpectError(With("endpoint { address { pipe { path: \"/run/a\" } } }", "type: LOGICAL_DNS"),
              "endpoint.address.pipe: is not for type LOGICAL_DNS");
}

std::string DnsType(const std::string& fields, const std::string& name = "envoy.clusters.dns") {
  return "cluster_type { name: \"" + name +
         "\" typed_config { [type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster] { " +
         fields + " } } }";
}

TEST(ClusterConfig, TheDnsExtensionSaysWhatTheFieldsDo) {
  const ClusterSpec spec = Good(With(
      Endpoint("users.example"),
      DnsType("dns_refresh_rate { seconds: 7 } dns_failure_refresh_rate { base_interval { "
              "seconds: 2 } } respect_dns_ttl: true dns_jitter { seconds: 3 } dns_lookup_family: "
              "V4_ONLY")));
  EXPECT_EQ(spec.type, DiscoveryType::kStrictDns);
  EXPECT_EQ(spec.settings->dns_refresh, seconds(7));
  EXPECT_EQ(spec.settings->dns_retry_first, seconds(2));
  EXPECT_EQ(spec.settings->dns_retry_max, seconds(20));
  EXPECT_TRUE(spec.settings->respect_dns_ttl);
  EXPECT_EQ(spec.settings->dns_jitter, seconds(3));
  EXPECT_EQ(spec.settings->dns_family, DnsFamily::kV4Only);
  const std::string one = Endpoint("users.example");
  EXPECT_EQ(Good(With(one, DnsType("all_addresses_in_single_endpoint: true"))).type,
            DiscoveryType::kLogicalDns);
  EXPECT_EQ(Good(With(one, DnsType("", "envoy.cluster.logical_dns"))).type,
            DiscoveryType::kLogicalDns);
}

TEST(ClusterConfig, OriginalDstSaysWhereToGo) {
  const std::string type = "name: \"x\" type: ORIGINAL_DST ";
  const std::string provided = type + "lb_policy: CLUSTER_PROVIDED ";
  OriginalDstSpec spec = *Good(provided).settings->original_dst;
  EXPECT_EQ(spec.header, "");
  EXPECT_EQ(spec.port, 0);
  EXPECT_EQ(spec.cleanup_interval, seconds(5));
  spec = *Good(provided +
               "cleanup_interval { seconds: 9 } original_dst_lb_config { use_http_header: true "
               "upstream_port_override { value: 8080 } }")
              .settings->original_dst;
  EXPECT_EQ(spec.header, "x-envoy-original-dst-host");
  EXPECT_EQ(spec.port, 8080);
  EXPECT_EQ(spec.cleanup_interval, seconds(9));
  spec = *Good(provided +
               "original_dst_lb_config { use_http_header: true http_header_name: \"X-To\" }")
              .settings->original_dst;
  EXPECT_EQ(spec.header, "x-to");
  ExpectError(type, "c.lb_policy: must be CLUSTER_PROVIDED");
  ExpectError(provided + "load_assignment { cluster_name: \"x\" }", "c.load_assignment");
  ExpectError(provided + "outlier_detection {}", "c.outlier_detection");
  ExpectError(provided + "health_checks {}", "c.health_checks");
}

TEST(ClusterConfig, EdsSaysWhatToAskFor) {
  const ClusterSpec spec = Good(
      "name: \"x\" type: EDS eds_cluster_config { service_name: \"s\" eds_config { ads {} } }");
  EXPECT_EQ(spec.type, DiscoveryType::kEds);
  EXPECT_EQ(spec.eds_service_name, "s");
  EXPECT_EQ(
      Good("name: \"x\" type: EDS eds_cluster_config { eds_config { ads {} } }").eds_service_name,
      "x");
  ExpectError("name: \"x\" type: EDS", "c.eds_cluster_config.eds_config: is required");
  ExpectError(With(Endpoint("10.0.0.1"), "type: EDS"), "c.load_assignment: of an EDS cluster");
  ExpectError("name: \"x\" eds_cluster_config {}", "c.eds_cluster_config: has no effect");
}

TEST(ClusterConfig, OtherClusterTypesAreRefusedByName) {
  ExpectError("name: \"x\" cluster_type { name: \"y\" }",
              "c.cluster_type.typed_config: is required");
  ExpectError("name: \"x\" cluster_type { name: \"y\" typed_config { type_url: \"a/b.C\" } }",
              "c.cluster_type.typed_config: no extension \"b.C\" is built in");
}

TEST(ClusterConfig, StaticRefusesNames) {
  ExpectError(With(Endpoint("users.example")),
              "c.load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address."
              "address: \"users.example\" is not an IP address");
  ExpectError(With(Endpoint("users.example")), "STRICT_DNS");
}

TEST(ClusterConfig, BadEndpointsAreNamed) {
  ExpectError(With(Endpoint("10.0.0.1", 0)), "port_value: must be a port");
  ExpectError(With(Endpoint("10.0.0.1", 65536)), "port_value: must be at most 65535");
  ExpectError(With("endpoint {}"), "endpoint.address: must be a socket_address");
  ExpectError(With("endpoint_name: \"x\""), "endpoint: is required");
  ExpectError(With(Endpoint("10.0.0.1") + " load_balancing_weight { value: 0 }"),
              "load_balancing_weight");
  ExpectError(With(Endpoint(std::string(254, 'a')), "type: STRICT_DNS"), "at most 253 bytes");
  ExpectError(With("endpoint { address { socket_address { protocol: UDP address: \"10.0.0.1\" "
                   "port_value: 1 } } }"),
              "protocol: must be TCP");
}

TEST(ClusterConfig, MoreAddressesOfAnEndpointTakeTurnsByFamily) {
  const auto more = [](const std::string& ip) {
    return "additional_addresses { address { socket_address { address: \"" + ip +
           "\" port_value: 80 } } } ";
  };
  const std::string endpoint =
      Endpoint("10.0.0.1", 80, more("10.0.0.2") + more("2001:db8::1") + more("2001:db8::2"));
  const ClusterSpec spec = Good(With(endpoint));
  std::string addresses;
  for (const Address& address : *spec.endpoints[0].facts.addresses.get())
    addresses += address.text() + " ";
  EXPECT_EQ(addresses, "10.0.0.1:80 [2001:db8::1]:80 10.0.0.2:80 [2001:db8::2]:80 ");
  EXPECT_EQ(Good(With(Endpoint("10.0.0.1"))).endpoints[0].facts.addresses.get(), nullptr);
  ExpectError(With(Endpoint("10.0.0.1", 80, more("a.example"))),
              "additional_addresses[0].address.socket_address.address");
  ExpectError(With(endpoint, "type: STRICT_DNS"), "additional_addresses: are for types");
}

}  // namespace
}  // namespace sluice
