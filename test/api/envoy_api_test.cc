// What the rest of the house takes for granted of the API library: every file is linked in even
// though nothing refers to it, Any resolves by type URL, and the validation rules are readable.

#include <string>

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "validate/validate.pb.h"

namespace sluice {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;

const Descriptor* Find(const std::string& name) {
  return DescriptorPool::generated_pool()->FindMessageTypeByName(name);
}

TEST(EnvoyApi, MessagesThatOnlyAnAnyNamesAreLinked) {
  for (const char* name : {
           "envoy.admin.v3.ServerInfo",
           "envoy.config.endpoint.v3.ClusterLoadAssignment",
           "envoy.extensions.access_loggers.file.v3.FileAccessLog",
           "envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig",
           "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
           "envoy.extensions.filters.http.buffer.v3.Buffer",
           "envoy.extensions.filters.http.cors.v3.CorsPolicy",
           "envoy.extensions.filters.http.fault.v3.HTTPFault",
           "envoy.extensions.filters.http.header_mutation.v3.HeaderMutation",
           "envoy.extensions.filters.http.health_check.v3.HealthCheck",
           "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
           "envoy.extensions.filters.http.rbac.v3.RBAC",
           "envoy.extensions.filters.http.router.v3.Router",
           "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector",
           "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
           "envoy.extensions.load_balancing_policies.maglev.v3.Maglev",
           "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
           "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
           "envoy.service.discovery.v3.DeltaDiscoveryResponse",
           "google.rpc.Status",
           "udpa.type.v1.TypedStruct",
           "xds.type.v3.TypedStruct",
       }) {
    EXPECT_NE(Find(name), nullptr) << name;
  }
  EXPECT_EQ(Find("envoy.extensions.filters.http.router.v3.NoSuchMessage"), nullptr);
}

TEST(EnvoyApi, AnyInJsonAndTextResolvesByTypeUrl) {
  const std::string url = "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer";
  google::protobuf::Any from_json;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(
                  R"({"@type": ")" + url + R"(", "max_request_bytes": 7})", &from_json)
                  .ok());
  google::protobuf::Any from_text;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      "[" + url + "] { max_request_bytes { value: 7 } }", &from_text));
  EXPECT_EQ(from_json.type_url(), url);
  EXPECT_FALSE(from_json.value().empty());
  EXPECT_EQ(from_json.SerializeAsString(), from_text.SerializeAsString());
}

TEST(EnvoyApi, ValidationRulesIncludeIgnoreEmpty) {
  // Without these fields the API does not compile; a wrong number would be read as another rule.
  EXPECT_EQ(validate::StringRules::kIgnoreEmptyFieldNumber, 26);
  EXPECT_EQ(validate::BytesRules::kIgnoreEmptyFieldNumber, 14);
  EXPECT_EQ(validate::RepeatedRules::kIgnoreEmptyFieldNumber, 5);
  EXPECT_EQ(validate::MapRules::kIgnoreEmptyFieldNumber, 6);
  EXPECT_EQ(validate::UInt32Rules::kIgnoreEmptyFieldNumber, 8);

  const Descriptor* virtual_host = Find("envoy.config.route.v3.VirtualHost");
  ASSERT_NE(virtual_host, nullptr);
  const FieldDescriptor* domains = virtual_host->FindFieldByName("domains");
  ASSERT_NE(domains, nullptr);
  EXPECT_EQ(domains->options().GetExtension(validate::rules).repeated().min_items(), 1u);
}

}  // namespace
}  // namespace sluice
