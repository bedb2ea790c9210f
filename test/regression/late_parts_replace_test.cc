// A new version whose routes, secrets or endpoints had not come in time took the place of one that
// served, and found nothing.
#include "gtest/gtest.h"
#include "test/regression/offered_proxy.h"

namespace sluice {
namespace {

using std::chrono::minutes;

constexpr char kTlsOfNoAuthority[] =
    "transport_socket:\n  name: tls\n  typed_config:\n"
    "    \"@type\": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3."
    "UpstreamTlsContext\n"
    "    common_tls_context:\n      validation_context_sds_secret_config:\n"
    "        name: nowhere\n        sds_config: { ads: {}, resource_api_version: V3 }\n";

TEST(LatePartsReplace, AListenerWithoutItsRoutesDoesNot) {
  for (const Wire wire : kBothWires) {
    ToldProxy proxy(wire);
    proxy.Offer();
    proxy.Start();
    proxy.Hold(kRouteType);
    SetListenerRoutedBy(proxy, "later");
    proxy.Advance(minutes(1));
    EXPECT_EQ(proxy.Ask(), 200);
    EXPECT_EQ(proxy.Stat("listener_manager.total_listeners_warming"), 1);
    // Nor does another version that lacks the same.
    SetListenerRoutedBy(proxy, "later", "per_connection_buffer_limit_bytes: 70000\n");
    proxy.Advance(minutes(1));
    EXPECT_EQ(proxy.Ask(), 200);
    proxy.SetEndpoints("others", {1});
    proxy.SetCluster("others");
    proxy.SetRoutes("later", "others");
    proxy.Tell(kRouteType);
    proxy.Run();
    EXPECT_EQ(proxy.Stat("listener_manager.total_listeners_warming"), 0);
    H1Client& client = proxy.Client();
    client.Get("/");
    proxy.Run();
    EXPECT_EQ(client.response(0).body, "host 1");
  }
}

TEST(LatePartsReplace, AClusterWithoutItsEndpointsDoesNot) {
  for (const Wire wire : kBothWires) {
    ToldProxy proxy(wire);
    proxy.Offer();
    proxy.Start();
    proxy.Hold(kEndpointType);
    proxy.Set(kClusterType, "users", OfService("users", "later"));
    proxy.Advance(minutes(1));
    EXPECT_EQ(proxy.Ask(), 200);
    proxy.SetEndpoints("later", {1});
    proxy.Tell(kEndpointType);
    proxy.Run();
    H1Client& client = proxy.Client();
    client.Get("/");
    proxy.Run();
    EXPECT_EQ(client.response(0).body, "host 1");
  }
}

TEST(LatePartsReplace, AClusterWithoutItsSecretDoesNot) {
  for (const Wire wire : kBothWires) {
    ToldProxy proxy(wire);
    proxy.Offer();
    proxy.Start();
    proxy.SetCluster("users", kTlsOfNoAuthority);
    proxy.Advance(minutes(1));
    EXPECT_EQ(proxy.Ask(), 200);
    EXPECT_EQ(proxy.Stat("cluster_manager.warming_clusters"), 1);
  }
}

}  // namespace
}  // namespace sluice
