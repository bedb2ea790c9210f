#include "examples/control_plane/ingress.h"

#include <string>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "envoy/config/route/v3/route.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace control_plane {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

template <class Message>
Message Get(const IngressResult& result, const std::string& name) {
  const std::string url = "type.googleapis.com/" + Message::descriptor()->full_name();
  Message message;
  const auto kind = result.snapshot.find(url);
  if (kind == result.snapshot.end() || !kind->second.contains(name)) {
    ADD_FAILURE() << "there is no " << name;
    return message;
  }
  EXPECT_TRUE(kind->second.at(name).body.UnpackTo(&message));
  return message;
}
using Listener = envoy::config::listener::v3::Listener;
using Routes = envoy::config::route::v3::RouteConfiguration;
using Cluster = envoy::config::cluster::v3::Cluster;
using Assignment = envoy::config::endpoint::v3::ClusterLoadAssignment;

constexpr char kService[] = R"(
kind: Service
metadata: { name: app }
spec:
  ports:
  - { name: web, port: 80, targetPort: 8888 }
---
kind: Endpoints
metadata: { name: app }
subsets:
- addresses: [{ ip: 10.0.0.1 }, { ip: 10.0.0.2 }]
  ports: [{ port: 8888 }]
---
)";

TEST(IngressTest, AnOldIngressBecomesAListenerRoutesAndAClusterWithEndpoints) {
  const IngressResult result = ReadIngress(std::string(kService) + R"(
apiVersion: extensions/v1beta1
kind: Ingress
metadata:
  name: repeater
  annotations: { kubernetes.io/ingress.class: azure/application-gateway }
spec:
  rules:
  - host: ws.contoso.com
    http: { paths: [{ backend: { serviceName: app, servicePort: 80 } }] }
)",
                                           8080);
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(result.not_carried, IsEmpty());
  EXPECT_EQ(Get<Listener>(result, "ingress").address().socket_address().port_value(), 8080u);
  const auto routes = Get<Routes>(result, "ingress");
  ASSERT_EQ(routes.virtual_hosts_size(), 1);
  EXPECT_EQ(routes.virtual_hosts(0).domains(0), "ws.contoso.com");
  EXPECT_EQ(routes.virtual_hosts(0).routes(0).match().prefix(), "/");
  EXPECT_EQ(routes.virtual_hosts(0).routes(0).route().cluster(), "app_80");
  EXPECT_TRUE(Get<Cluster>(result, "app_80").health_checks(0).has_custom_health_check());
  const auto assignment = Get<Assignment>(result, "app_80");
  ASSERT_EQ(assignment.endpoints(0).lb_endpoints_size(), 2);
  const auto& address =
      assignment.endpoints(0).lb_endpoints(1).endpoint().address().socket_address();
  EXPECT_EQ(address.address(), "10.0.0.2");
  EXPECT_EQ(address.port_value(), 8888u);
}

TEST(IngressTest, ANewIngressNamesPortsAndKindsOfPaths) {
  const IngressResult result = ReadIngress(std::string(kService) + R"(
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: new }
spec:
  rules:
  - http:
      paths:
      - path: /
        pathType: Prefix
        backend: { service: { name: app, port: { name: web } } }
      - path: /chat
        pathType: Exact
        backend: { service: { name: app, port: { number: 80 } } }
)",
                                           8080);
  EXPECT_THAT(result.errors, IsEmpty());
  const auto routes = Get<Routes>(result, "ingress");
  ASSERT_EQ(routes.virtual_hosts_size(), 1);
  const auto& host = routes.virtual_hosts(0);
  EXPECT_EQ(host.domains(0), "*");
  EXPECT_EQ(host.routes(0).match().path(), "/chat");
  EXPECT_EQ(host.routes(0).route().cluster(), "app_80");
  EXPECT_EQ(host.routes(1).match().prefix(), "/");
  EXPECT_EQ(host.routes(1).route().cluster(), "app_web");
}

TEST(IngressTest, SaysWhatItDoesNotCarryOver) {
  const IngressResult result = ReadIngress(std::string(kService) + R"(
kind: Deployment
metadata: { name: app }
---
kind: Ingress
metadata:
  name: old
  annotations: { appgw.ingress.kubernetes.io/request-timeout: "30" }
spec:
  tls: [{ secretName: x }]
  rules:
  - http: { paths: [{ backend: { serviceName: app, servicePort: 80 } }] }
)",
                                           8080);
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(result.not_carried,
              ElementsAre("Deployment app: a proxy has no use for it",
                          "Ingress old: annotation appgw.ingress.kubernetes.io/request-timeout",
                          "Ingress old: tls: needs its Secret"));
}

TEST(IngressTest, MistakesAreErrors) {
  EXPECT_THAT(ReadIngress("kind: [", 1).errors, testing::SizeIs(2));
  EXPECT_THAT(ReadIngress("", 1).errors, ElementsAre("there is no Ingress with a rule"));
  EXPECT_THAT(ReadIngress(R"(
kind: Ingress
metadata: { name: old }
spec:
  rules:
  - http: { paths: [{ backend: { serviceName: app, servicePort: 80 } }] }
)",
                          1)
                  .errors,
              testing::Contains("Ingress old: there is no Service \"app\" with port 80"));
}

}  // namespace
}  // namespace control_plane
