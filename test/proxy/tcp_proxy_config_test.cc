#include "source/proxy/tcp_proxy_config.h"

#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "source/config/config_errors.h"
#include "test/harness/sim_world.h"

namespace sluice {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class TcpProxyConfigTest : public testing::Test {
 protected:
  // Null: errors_ says why.
  std::shared_ptr<const TcpProxyConfig> Parse(const std::string& fields,
                                              const std::string& stat_prefix = "t") {
    envoy::extensions::filters::network::tcp_proxy::v3::TcpProxy proto;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(fields, &proto)) << fields;
    proto.set_stat_prefix(stat_prefix);
    ConfigErrors errors;
    auto config =
        ParseTcpProxy(proto, {.stats = world_.stats(), .access_logs = logs_}, FieldScope(errors));
    errors_ = errors.ToString();
    EXPECT_EQ(config == nullptr, !errors.empty());
    return config;
  }
  void ExpectError(const std::string& fields, const std::string& part) {
    EXPECT_EQ(Parse(fields), nullptr) << fields;
    EXPECT_TRUE(absl::StrContains(errors_, part)) << errors_;
  }

  SimWorld world_;
  AccessLogFactory logs_{{&world_.worker()}, world_.main()};
  std::string errors_;
};

TEST_F(TcpProxyConfigTest, DefaultsAreEnvoys) {
  const auto config = Parse("cluster: 'c'");
  ASSERT_NE(config, nullptr) << errors_;
  EXPECT_EQ(config->ChooseCluster(12345), "c");
  EXPECT_EQ(config->idle_timeout, hours(1));
  EXPECT_EQ(config->connection_duration_max, Duration(0));
  EXPECT_EQ(config->connect_attempts_max, 1u);
  EXPECT_EQ(config->log_interval, Duration(0));
  EXPECT_FALSE(config->log_when_connected);
}

TEST_F(TcpProxyConfigTest, EveryField) {
  const auto config = Parse(
      "cluster: 'c' idle_timeout {} max_downstream_connection_duration { seconds: 7 } "
      "max_connect_attempts { value: 4 } access_log_options { access_log_flush_interval { seconds: "
      "2 } flush_access_log_on_connected: true }");
  ASSERT_NE(config, nullptr) << errors_;
  EXPECT_EQ(config->idle_timeout, Duration(0));
  EXPECT_EQ(config->connection_duration_max, seconds(7));
  EXPECT_EQ(config->connect_attempts_max, 4u);
  EXPECT_EQ(config->log_interval, seconds(2));
  EXPECT_TRUE(config->log_when_connected);
}

TEST_F(TcpProxyConfigTest, OlderLogFieldsCountWhereTheNewerAreNotThere) {
  const std::string older =
      "cluster: 'c' access_log_flush_interval { nanos: 5000000 } flush_access_log_on_connected: "
      "true ";
  const auto alone = Parse(older);
  ASSERT_NE(alone, nullptr) << errors_;
  EXPECT_EQ(alone->log_interval, milliseconds(5));
  EXPECT_TRUE(alone->log_when_connected);
  const auto both =
      Parse(older + "access_log_options { access_log_flush_interval { seconds: 1 } }");
  ASSERT_NE(both, nullptr) << errors_;
  EXPECT_EQ(both->log_interval, seconds(1));
  EXPECT_FALSE(both->log_when_connected);
}

TEST_F(TcpProxyConfigTest, WeightsAreSharesOfTheirSum) {
  const auto config = Parse(
      "weighted_clusters { clusters { name: 'a' weight: 1 } clusters { name: 'b' weight: 3 } "
      "clusters { name: 'c' weight: 4294967295 } }");
  ASSERT_NE(config, nullptr) << errors_;
  EXPECT_EQ(config->ChooseCluster(0), "a");
  EXPECT_EQ(config->ChooseCluster(1), "b");
  EXPECT_EQ(config->ChooseCluster(3), "b");
  EXPECT_EQ(config->ChooseCluster(4), "c");
  EXPECT_EQ(config->ChooseCluster(4294967298), "c");
  EXPECT_EQ(config->ChooseCluster(4294967299), "a");
}

TEST_F(TcpProxyConfigTest, ATunnelIsAskedForByConnectOrByPost) {
  EXPECT_EQ(Parse("cluster: 'c'")->tunneling, nullptr);
  const auto connect = Parse("cluster: 'c' tunneling_config { hostname: 'a.b:443' }");
  ASSERT_NE(connect, nullptr) << errors_;
  EXPECT_EQ(connect->tunneling->hostname.constant_text(), "a.b:443");
  EXPECT_FALSE(connect->tunneling->use_post);
  const auto post = Parse("cluster: 'c' tunneling_config { hostname: 'a' use_post: true }");
  ASSERT_NE(post, nullptr) << errors_;
  EXPECT_EQ(post->tunneling->post_path, "/");
  const auto path =
      Parse("cluster: 'c' tunneling_config { hostname: 'a' use_post: true post_path: '/t' }");
  ASSERT_NE(path, nullptr) << errors_;
  EXPECT_EQ(path->tunneling->post_path, "/t");
  const auto tunneling = [](const std::string& fields) {
    return "cluster: 'c' tunneling_config { " + fields + " }";
  };
  ExpectError(tunneling(""), "tunneling_config.hostname: is required");
  ExpectError(tunneling("hostname: 'a.b'"), "tunneling_config.hostname: is no host with a port");
  ExpectError(tunneling("hostname: '%NOPE%'"), "tunneling_config.hostname: ");
  ExpectError(tunneling("hostname: 'a:1' post_path: '/'"), "tunneling_config.post_path: ");
  ExpectError(tunneling("hostname: 'a:1' use_post: true post_path: 'x'"),
              "tunneling_config.post_path: must begin with '/'");
  ExpectError(tunneling("hostname: 'a:1' headers_to_add { header { key: 'x' value: '%NOPE%' } }"),
              "tunneling_config.headers_to_add[0].header.value: ");
}

TEST_F(TcpProxyConfigTest, WhatCannotBe) {
  ExpectError("", "cluster: is required");
  ExpectError("cluster: ''", "cluster: is required");
  ExpectError("weighted_clusters {}", "weighted_clusters.clusters: ");
  EXPECT_EQ(Parse("cluster: 'c'", ""), nullptr);
  EXPECT_TRUE(absl::StrContains(errors_, "stat_prefix: is required")) << errors_;
  ExpectError("cluster: 'c' idle_timeout { seconds: -1 }", "idle_timeout: ");
  ExpectError("cluster: 'c' max_downstream_connection_duration { nanos: 999999 }",
              "max_downstream_connection_duration: ");
  ExpectError("cluster: 'c' max_connect_attempts { value: 0 }", "max_connect_attempts: ");
  ExpectError("cluster: 'c' access_log {}", "access_log[0].typed_config: is required");
}

}  // namespace
}  // namespace sluice
