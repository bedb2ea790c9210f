// /v3/discovery:client_status: what of a request is understood, which node it means, and that no
// secret gets out. What is said of live resources: test/scenario/client_status_test.cc.
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/tls.pb.h"
#include "envoy/service/status/v3/csds.pb.h"
#include "google/protobuf/util/json_util.h"
#include "test/server/admin_fixture.h"

namespace sluice {
namespace {

using envoy::service::status::v3::ClientConfig;
using envoy::service::status::v3::ClientStatusRequest;
using envoy::service::status::v3::ClientStatusResponse;

constexpr char kPath[] = "/v3/discovery:client_status";
constexpr char kBootstrap[] = R"pb(
  static_resources {
    clusters { name: "users" }
    secrets {
      name: "own"
      tls_certificate {
        certificate_chain { inline_string: "PUBLIC CHAIN" }
        private_key { inline_string: "TOPSECRET" }
      }
    }
    listeners {
      name: "main"
      filter_chains {
        filters {
          typed_config {
            [type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3
                 .HttpConnectionManager] { route_config { name: "local_route" } }
          }
        }
      }
    }
  }
)pb";

class AdminClientStatus : public AdminFixture {
 protected:
  AdminClientStatus() {
    SetBootstrap(kBootstrap);
    google::protobuf::TextFormat::ParseFromString(
        R"pb(id: "proxy-7"
             metadata {
               fields {
                 key: "zone"
                 value { string_value: "b" }
               }
               fields {
                 key: "weight"
                 value { number_value: 3 }
               }
               fields {
                 key: "canary"
                 value { bool_value: true }
               }
               fields {
                 key: "nothing"
                 value { null_value: NULL_VALUE }
               }
               fields {
                 key: "roles"
                 value {
                   list_value {
                     values { string_value: "edge" }
                     values { number_value: 1 }
                   }
                 }
               }
               fields {
                 key: "app"
                 value {
                   struct_value {
                     fields {
                       key: "name"
                       value { string_value: "shop" }
                     }
                   }
                 }
               }
             })pb",
        &server.node);
  }
  ClientStatusResponse Ask(absl::string_view body) {
    const AdminResponse answer = Post(kPath, body);
    EXPECT_EQ(answer.status, 200) << answer.body;
    ClientStatusResponse response;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(answer.body, &response).ok())
        << answer.body;
    return response;
  }
  // Whether this NodeMatcher means the node.
  bool Means(absl::string_view matcher) {
    return Ask(absl::StrCat("{\"node_matchers\": [", matcher, "]}")).config_size() == 1;
  }
  bool MeansWith(absl::string_view key, absl::string_view value) {
    return Means(absl::StrCat("{\"node_metadatas\": [{\"path\": [{\"key\": \"", key,
                              "\"}], \"value\": {", value, "}}]}"));
  }
};

TEST_F(AdminClientStatus, AnEmptyBodyAsksForAllThereIs) {
  for (absl::string_view body : {"", " \n", "{}"}) {
    const ClientStatusResponse response = Ask(body);
    ASSERT_EQ(response.config_size(), 1);
    std::string entries;
    for (const auto& entry : response.config(0).generic_xds_configs()) {
      absl::StrAppend(&entries, entry.type_url().substr(entry.type_url().rfind('.') + 1), " ",
                      entry.name(), "\n");
      EXPECT_TRUE(entry.is_static_resource());
      EXPECT_EQ(entry.client_status(), envoy::admin::v3::UNKNOWN);
      EXPECT_EQ(entry.last_updated().seconds(), 1);
      EXPECT_EQ(entry.xds_config().type_url(), entry.type_url());
    }
    EXPECT_EQ(entries,
              "Listener main\nCluster users\nRouteConfiguration local_route\nSecret own\n");
  }
}

TEST_F(AdminClientStatus, ContentsAreLeftOutOnRequest) {
  auto& refused = *client.add_generic_xds_configs();
  refused.set_name("refused");
  const ClientStatusResponse response = Ask(R"({"exclude_resource_contents": true})");
  ASSERT_EQ(response.config_size(), 1);
  EXPECT_EQ(response.config(0).generic_xds_configs_size(), 5);
  for (const auto& entry : response.config(0).generic_xds_configs()) {
    EXPECT_FALSE(entry.has_xds_config()) << entry.name();
  }
}

TEST_F(AdminClientStatus, SecretsNeverGetOut) {
  auto& refused = *client.add_generic_xds_configs()->mutable_error_state();
  refused.mutable_failed_configuration()->PackFrom(bootstrap.static_resources().secrets(0));
  const std::string body = Post(kPath).body;
  EXPECT_FALSE(absl::StrContains(body, "TOPSECRET")) << body;
  EXPECT_TRUE(absl::StrContains(body, "PUBLIC CHAIN"));
  const auto by_call = handler().CallClientStatus("");
  ASSERT_TRUE(by_call.ok()) << by_call.status();
  EXPECT_FALSE(absl::StrContains(*by_call, "TOPSECRET"));
  EXPECT_TRUE(absl::StrContains(*by_call, "PUBLIC CHAIN"));
}

TEST_F(AdminClientStatus, WhatCannotBeReadInARefusedResourceIsNamed) {
  auto& refused = *client.add_generic_xds_configs()->mutable_error_state();
  envoy::config::cluster::v3::Cluster cluster;
  cluster.set_name("odd");
  cluster.mutable_transport_socket()->mutable_typed_config()->set_type_url("x.org/not.BuiltIn");
  cluster.mutable_transport_socket()->mutable_typed_config()->set_value("12345");
  refused.mutable_failed_configuration()->PackFrom(cluster);
  auto& garbage = *client.add_generic_xds_configs()->mutable_error_state();
  garbage.mutable_failed_configuration()->set_type_url(
      "type.googleapis.com/envoy.config.cluster.v3.Cluster");
  garbage.mutable_failed_configuration()->set_value("\xff\xff");
  const AdminResponse answer = Post(kPath);
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_TRUE(absl::StrContains(answer.body, "\"type_url\": \"x.org/not.BuiltIn\""));
  EXPECT_TRUE(absl::StrContains(answer.body, "\"unreadable_bytes\": 5"));
  EXPECT_TRUE(absl::StrContains(answer.body, "\"unreadable_bytes\": 2"));
}

TEST_F(AdminClientStatus, ARequestThatCannotBeReadIsRefusedWithItsPlace) {
  struct Case {
    absl::string_view body, says;
  };
  const Case cases[] = {
      {"{", "request:1"},
      {"[]", "request:1"},
      {"{\n\"node_matcher\": []}", "request:2: node_matcher: unknown field; did you mean"},
      {R"({"exclude_resource_contents": "maybe"})", "exclude_resource_contents"},
      {R"({"node_matchers": [{}, {"node_id": {}}]})", "node_matchers[1].node_id"},
      {R"({"node_matchers": [{"node_id": {"safe_regex": {"regex": "("}}}]})",
       "node_matchers[0].node_id.safe_regex"},
      {R"({"node_matchers": [{"node_metadatas": [{"value": {"bool_match": true}}]}]})",
       "node_matchers[0].node_metadatas[0].path"},
      {R"({"node_matchers": [{"node_metadatas": [{"path": [{"key": "none"}],
           "value": {"list_match": {"one_of": {"string_match": {"safe_regex": {"regex": "("}}}}}}]}]})",
       "node_matchers[0].node_metadatas[0].value.list_match.one_of.string_match.safe_regex"},
  };
  for (const Case& test : cases) {
    const AdminResponse answer = Post(kPath, test.body);
    EXPECT_EQ(answer.status, 400) << test.body;
    EXPECT_TRUE(absl::StrContains(answer.body, test.says)) << answer.body;
  }
}

TEST_F(AdminClientStatus, ALongBodyIsRefusedAsSuch) {
  std::string body(AdminRequest::kBodyBytesMax - 2, ' ');
  body += "{}";
  EXPECT_EQ(Post(kPath, body).status, 200);
  EXPECT_EQ(Post(kPath, body + " ").status, 413);
  EXPECT_EQ(Post("/healthcheck/ok", body + " ").status, 200) << "which does not look at it";
}

TEST_F(AdminClientStatus, AMessageThatIsNoneIsAnInvalidArgument) {
  const auto answer = handler().CallClientStatus("\xff\xff");
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kInvalidArgument);
  ClientStatusRequest request;
  request.add_node_matchers()->mutable_node_id();
  const auto refused = handler().CallClientStatus(request.SerializeAsString());
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(refused.status().message(), "node_matchers[0].node_id"));
}

TEST_F(AdminClientStatus, OneMatcherMustMeanTheNode) {
  EXPECT_TRUE(Means("{}"));
  EXPECT_TRUE(Means(R"({"node_id": {"exact": "proxy-7"}})"));
  EXPECT_FALSE(Means(R"({"node_id": {"exact": "proxy-8"}})"));
  EXPECT_TRUE(Means(R"({"node_id": {"exact": "proxy-8"}}, {"node_id": {"prefix": "proxy-"}})"));
  EXPECT_TRUE(Means(R"({"node_id": {"safe_regex": {"regex": "proxy-\\d"}}})"));
}

TEST_F(AdminClientStatus, AMatcherWantsTheIdAndAllOfTheMetadata) {
  const std::string zone =
      R"({"path": [{"key": "zone"}], "value": {"string_match": {"exact": "b"}}})";
  const std::string heavy =
      R"({"path": [{"key": "weight"}], "value": {"double_match": {"exact": 4}}})";
  EXPECT_TRUE(
      Means(absl::StrCat(R"({"node_id": {"exact": "proxy-7"}, "node_metadatas": [)", zone, "]}")));
  EXPECT_FALSE(
      Means(absl::StrCat(R"({"node_id": {"exact": "proxy-8"}, "node_metadatas": [)", zone, "]}")));
  EXPECT_FALSE(Means(absl::StrCat("{\"node_metadatas\": [", zone, ", ", heavy, "]}")));
}

TEST_F(AdminClientStatus, MetadataIsMatchedByKind) {
  EXPECT_TRUE(MeansWith("weight", R"("double_match": {"range": {"start": 3, "end": 4}})"));
  EXPECT_FALSE(MeansWith("weight", R"("double_match": {"range": {"start": 2, "end": 3}})"));
  EXPECT_FALSE(MeansWith("zone", R"("double_match": {"exact": 0})"));
  EXPECT_TRUE(MeansWith("canary", R"("bool_match": true)"));
  EXPECT_FALSE(MeansWith("canary", R"("bool_match": false)"));
  EXPECT_TRUE(MeansWith("nothing", R"("null_match": {})"));
  EXPECT_FALSE(MeansWith("zone", R"("null_match": {})"));
  EXPECT_TRUE(MeansWith("zone", R"("present_match": true)"));
  EXPECT_FALSE(MeansWith("app", R"("present_match": true)"));
  EXPECT_FALSE(MeansWith("none", R"("present_match": true)"));
  EXPECT_TRUE(
      MeansWith("roles", R"("list_match": {"one_of": {"string_match": {"exact": "edge"}}})"));
  EXPECT_FALSE(MeansWith("roles", R"("list_match": {"one_of": {"bool_match": true}})"));
  EXPECT_TRUE(MeansWith(
      "zone",
      R"("or_match": {"value_matchers": [{"bool_match": true}, {"present_match": true}]})"));
  EXPECT_TRUE(MeansWith("app\"}, {\"key\": \"name", R"("string_match": {"suffix": "op"})"));
  EXPECT_FALSE(MeansWith("zone\"}, {\"key\": \"name", R"("present_match": true)"));
}

}  // namespace
}  // namespace sluice
