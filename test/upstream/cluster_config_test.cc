#include "source/upstream/cluster_config.h"

#include <memory>
#include <string>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/core/v3/config_source.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "source/config/config_errors.h"
#include "source/config/field_scope.h"
#include "source/stats/registry.h"
#include "source/stats/stat_cells.h"
#include "test/upstream/cluster_text.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(ClusterConfig, DefaultsAreEnvoys) {
  const ClusterSpec spec = Good("name: \"users\"");
  EXPECT_EQ(spec.name, "users");
  EXPECT_EQ(spec.stat_name, "users");
  EXPECT_EQ(spec.type, DiscoveryType::kStatic);
  EXPECT_TRUE(spec.endpoints.empty());
  EXPECT_EQ(spec.settings->connection.connect_timeout, seconds(5));
  EXPECT_EQ(spec.settings->connection_buffer_bytes_max, 1_MiB);
  EXPECT_EQ(spec.settings->breakers[0].connections_max, 1024u);
  EXPECT_EQ(spec.settings->breakers[0].retries_max, 3u);
  EXPECT_EQ(spec.settings->idle_timeout, minutes(60));
  EXPECT_EQ(spec.settings->requests_per_connection_max, 0u);
  EXPECT_EQ(spec.settings->dns_refresh, seconds(5));
  EXPECT_EQ(spec.settings->dns_family, DnsFamily::kAuto);
  EXPECT_FALSE(spec.settings->socket.keep_alive);
  EXPECT_NE(spec.stats.rq_total.index(), 0u);
}

TEST(ClusterConfig, EveryFieldArrives) {
  const ClusterSpec spec = Good(R"(
    name: "users" alt_stat_name: "u" type: STRICT_DNS
    connect_timeout { nanos: 250000000 }
    per_connection_buffer_limit_bytes { value: 32768 }
    lb_policy: ROUND_ROBIN
    circuit_breakers {
      thresholds { max_connections { value: 1 } max_pending_requests { value: 2 } track_remaining: true }
      thresholds { priority: HIGH max_requests { value: 3 } max_retries { value: 4 } }
    }
    upstream_connection_options { tcp_keepalive { keepalive_probes { value: 3 } keepalive_time { value: 30 } keepalive_interval { value: 5 } } }
    dns_lookup_family: V4_PREFERRED dns_refresh_rate { seconds: 60 } respect_dns_ttl: true
    dns_failure_refresh_rate { base_interval { seconds: 2 } max_interval { seconds: 20 } })");
  EXPECT_EQ(spec.stat_name, "u");
  EXPECT_EQ(spec.type, DiscoveryType::kStrictDns);
  EXPECT_EQ(spec.settings->connection.connect_timeout, milliseconds(250));
  EXPECT_EQ(spec.settings->connection_buffer_bytes_max, 32768u);
  EXPECT_EQ(spec.settings->breakers[0].connections_max, 1u);
  EXPECT_EQ(spec.settings->breakers[0].pending_requests_max, 2u);
  EXPECT_EQ(spec.settings->breakers[0].requests_max, 1024u);
  EXPECT_TRUE(spec.settings->breakers[0].track_remaining);
  EXPECT_EQ(spec.settings->breakers[1].requests_max, 3u);
  EXPECT_EQ(spec.settings->breakers[1].retries_max, 4u);
  EXPECT_EQ(spec.settings->breakers[1].connections_max, 1024u);
  EXPECT_TRUE(spec.settings->socket.keep_alive);
  EXPECT_EQ(spec.settings->socket.keep_alive_probes, 3);
  EXPECT_EQ(spec.settings->socket.keep_alive_time_s, 30);
  EXPECT_EQ(spec.settings->socket.keep_alive_interval_s, 5);
  EXPECT_EQ(spec.settings->dns_family, DnsFamily::kV4Preferred);
  EXPECT_EQ(spec.settings->dns_refresh, seconds(60));
  EXPECT_TRUE(spec.settings->respect_dns_ttl);
  EXPECT_EQ(spec.settings->dns_retry_first, seconds(2));
  EXPECT_EQ(spec.settings->dns_retry_max, seconds(20));
}

TEST(ClusterConfig, HttpOptionsArrive) {
  const ClusterSpec spec = Good(R"(
    name: "users"
    typed_extension_protocol_options {
      key: "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
      value { [type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions] {
        common_http_protocol_options {
          idle_timeout { seconds: 30 } max_connection_duration { seconds: 300 }
          max_requests_per_connection { value: 100 } max_headers_count { value: 50 } }
        explicit_http_config { http_protocol_options {
          enable_trailers: true allow_chunked_length: true
          header_key_format { proper_case_words {} } } } } } })");
  EXPECT_EQ(spec.settings->idle_timeout, seconds(30));
  EXPECT_EQ(spec.settings->connection_duration_max, seconds(300));
  EXPECT_EQ(spec.settings->requests_per_connection_max, 100u);
  EXPECT_EQ(spec.settings->codec_limits.headers_count_max, 50u);
  EXPECT_TRUE(spec.settings->http1.enable_trailers);
  EXPECT_TRUE(spec.settings->http1.allow_chunked_length);
  EXPECT_TRUE(spec.settings->http1.proper_case_names);
}

TEST(ClusterConfig, DeprecatedHttpFieldsWorkAndGiveWay) {
  const std::string old = R"(name: "users" max_requests_per_connection { value: 7 }
    common_http_protocol_options { idle_timeout { seconds: 9 } })";
  EXPECT_EQ(Good(old).settings->requests_per_connection_max, 7u);
  EXPECT_EQ(Good(old).settings->idle_timeout, seconds(9));
  const ClusterSpec both = Good(old + R"(
    typed_extension_protocol_options {
      key: "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
      value { [type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions] {
        common_http_protocol_options { max_requests_per_connection { value: 8 } }
        use_downstream_protocol_config {} } } })");
  EXPECT_EQ(both.settings->requests_per_connection_max, 8u);
  EXPECT_EQ(both.settings->idle_timeout, seconds(9));
}

TEST(ClusterConfig, HashesSayWhatHasChanged) {
  const SpecHashes one = Good(With(Endpoint("10.0.0.1"))).hashes;
  EXPECT_EQ(one.all, Good(With(Endpoint("10.0.0.1"))).hashes.all);
  const auto changed = [&one](const std::string& more) {
    const SpecHashes other = Good(With(Endpoint("10.0.0.1"), more)).hashes;
    EXPECT_NE(other.all, one.all) << more;
    return other;
  };
  EXPECT_EQ(changed("lb_policy: RANDOM").connections, one.connections);
  EXPECT_EQ(changed("circuit_breakers {}").connections, one.connections);
  EXPECT_EQ(changed("outlier_detection {}").connections, one.connections);
  EXPECT_EQ(changed("type: STRICT_DNS").connections, one.connections);
  EXPECT_EQ(changed("connect_timeout { seconds: 9 }").health_checks, one.health_checks);
  EXPECT_NE(changed("per_connection_buffer_limit_bytes { value: 9 }").connections, one.connections);
  EXPECT_NE(changed("http2_protocol_options {}").connections, one.connections);
  EXPECT_NE(changed("alt_stat_name: \"y\"").connections, one.connections);
  EXPECT_NE(changed("upstream_connection_options { tcp_keepalive {} }").connections,
            one.connections);
  const SpecHashes checked = changed(
      "health_checks { timeout { seconds: 1 } interval { seconds: 1 } unhealthy_threshold { value: "
      "1 } healthy_threshold { value: 1 } tcp_health_check {} }");
  EXPECT_EQ(checked.connections, one.connections);
  EXPECT_NE(checked.health_checks, one.health_checks);
}

TEST(ClusterConfig, HashesAreTheSameHoweverItIsWritten) {
  const std::string a = "fields { key: \"a\" value { number_value: 1 } }";
  const std::string b = "fields { key: \"b\" value { number_value: 2 } }";
  const auto with_metadata = [](const std::string& fields) {
    return Good(With(Endpoint("10.0.0.1"),
                     "metadata { filter_metadata { key: \"k\" value { " + fields + " } } }"))
        .hashes;
  };
  EXPECT_EQ(with_metadata(a + b).all, with_metadata(b + a).all);
  EXPECT_NE(with_metadata(a + b).all, with_metadata(a).all);
  // What is packed may be written in any order, too.
  const auto with_policy = [](const std::string& url, const std::string& bytes) {
    return Good(
               "name: \"x\" load_balancing_policy { policies { typed_extension_config { "
               "typed_config { type_url: \"" +
               url + "/envoy.extensions.load_balancing_policies.maglev.v3.Maglev\" value: \"" +
               bytes + "\" } } } }")
        .hashes.all;
  };
  const std::string table = "\\x0a\\x02\\x08\\x07", hashing = "\\x12\\x02\\x08\\x01";
  const uint64_t hash = with_policy("type.googleapis.com", table + hashing);
  EXPECT_EQ(with_policy("type.googleapis.com", hashing + table), hash);
  EXPECT_EQ(with_policy("types.example", table + hashing), hash);
  EXPECT_NE(with_policy("type.googleapis.com", table), hash);
}

TEST(ClusterConfig, ConnectionsOfTheNextHosts) {
  EXPECT_EQ(Good("name: \"x\"").settings->connect_ahead, 0u);
  const auto with = [](const std::string& ratio, const std::string& more = "") {
    return "name: \"x\" preconnect_policy { predictive_preconnect_ratio { value: " + ratio +
           " } } " + more;
  };
  EXPECT_EQ(Good(with("1.0")).settings->connect_ahead, 0u);
  EXPECT_EQ(Good(with("1.1")).settings->connect_ahead, 1u);
  EXPECT_EQ(Good(with("2.0", "lb_policy: RANDOM")).settings->connect_ahead, 1u);
  EXPECT_EQ(Good(with("3.0")).settings->connect_ahead, 2u);
  ExpectError(with("3.1"), "preconnect_policy.predictive_preconnect_ratio: must be from 1 to 3");
  ExpectError(with("0.9"), "preconnect_policy.predictive_preconnect_ratio: must be from 1 to 3");
  // Where nobody knows who is next.
  EXPECT_EQ(Good(with("2.0", "lb_policy: LEAST_REQUEST")).settings->connect_ahead, 0u);
  EXPECT_EQ(Good(with("2.0", "lb_policy: MAGLEV")).settings->connect_ahead, 0u);
  EXPECT_EQ(Good(with("2.0", "lb_subset_config { subset_selectors { keys: \"a\" } }"))
                .settings->connect_ahead,
            0u);
}

TEST(ClusterConfig, ConnectionsMayEndWhenHostsChange) {
  EXPECT_FALSE(Good("name: \"x\"").settings->closes_on_host_change);
  EXPECT_TRUE(Good("name: \"x\" common_lb_config { close_connections_on_host_set_change: true }")
                  .settings->closes_on_host_change);
}

TEST(ClusterConfig, EachTransportHasItsLabels) {
  const std::string raw =
      "transport_socket { name: \"t\" typed_config { type_url: "
      "\"a/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer\" } } ";
  const ClusterSpec spec = Good(
      "name: \"x\" transport_socket_matches { name: \"m\" match { fields { key: \"tls\" value { "
      "bool_value: false } } } " +
      raw + "}");
  ASSERT_EQ(spec.transport_matches.size(), 1u);
  EXPECT_EQ(spec.transport_matches[0].labels, KeyValues(std::vector<KeyValue>{{"tls", "false"}}));
  EXPECT_EQ(spec.transport_matches[0].transport, nullptr);
  ExpectError("name: \"x\" transport_socket_matches { " + raw + "}",
              "c.transport_socket_matches[0].name: is required");
  ExpectError("name: \"x\" transport_socket_matches { name: \"m\" }",
              "c.transport_socket_matches[0].transport_socket: is required");
  ExpectError(
      "name: \"x\" transport_socket_matches { name: \"m\" transport_socket { name: \"t\" "
      "typed_config { type_url: \"a/b.C\" } } }",
      "c.transport_socket_matches[0].transport_socket.typed_config: is not built in");
}

TEST(ClusterConfig, ConnectionsAhead) {
  EXPECT_EQ(Good("name: \"x\"").settings->preconnect_ratio, 1.0);
  const auto with = [](const std::string& ratio) {
    return "name: \"x\" preconnect_policy { per_upstream_preconnect_ratio { value: " + ratio +
           " } }";
  };
  EXPECT_EQ(Good(with("1.5")).settings->preconnect_ratio, 1.5);
  ExpectError(with("3.1"), "preconnect_policy.per_upstream_preconnect_ratio: must be from 1 to 3");
}

TEST(ClusterConfig, WithoutANameThereIsNoCluster) { ExpectError("", "c.name: is required"); }

TEST(ClusterConfig, WhatIsNotBuiltInIsRefusedByName) {
  ExpectError("name: \"x\" lb_policy: CLUSTER_PROVIDED",
              "c.lb_policy: CLUSTER_PROVIDED is for type ORIGINAL_DST only");
  ExpectError("name: \"x\" lb_policy: LOAD_BALANCING_POLICY_CONFIG",
              "c.load_balancing_policy: is required");
  ExpectError("name: \"x\" transport_socket { name: \"tls\" }", "c.transport_socket");
}

std::string WithOptions(const std::string& options, const std::string& more = "") {
  return "name: \"x\" typed_extension_protocol_options { key: "
         "\"envoy.extensions.upstreams.http.v3.HttpProtocolOptions\" value { "
         "[type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions] { " +
         options + " } } } " + more;
}

TEST(ClusterConfig, WhichHttpIsSpoken) {
  EXPECT_EQ(Good("name: \"x\"").settings->protocol, UpstreamProtocol::kHttp1);
  EXPECT_EQ(Good("name: \"x\"").stats.http2, nullptr);
  const ClusterSpec http2 = Good(WithOptions(
      "explicit_http_config { http2_protocol_options { max_concurrent_streams { value: 7 } } }"));
  EXPECT_EQ(http2.settings->protocol, UpstreamProtocol::kHttp2);
  EXPECT_EQ(http2.settings->http2.concurrent_streams_max, 7u);
  EXPECT_NE(http2.stats.http2, nullptr);
  EXPECT_EQ(Good("name: \"x\" http2_protocol_options {}").settings->protocol,
            UpstreamProtocol::kHttp2);
  EXPECT_EQ(Good("name: \"x\" protocol_selection: USE_DOWNSTREAM_PROTOCOL").settings->protocol,
            UpstreamProtocol::kUseDownstream);
  EXPECT_EQ(Good(WithOptions("use_downstream_protocol_config {}")).settings->protocol,
            UpstreamProtocol::kUseDownstream);
  // What replaces a field wins over it.
  EXPECT_EQ(Good(WithOptions("explicit_http_config { http_protocol_options {} }",
                             "http2_protocol_options {}"))
                .settings->protocol,
            UpstreamProtocol::kHttp1);
}

TEST(ClusterConfig, ProtocolsThatCannotBeAreRefused) {
  ExpectError(WithOptions("explicit_http_config { http3_protocol_options {} }"),
              "explicit_http_config.http3_protocol_options: has no effect");
  ExpectError(WithOptions("auto_config {}"), "auto_config: needs TLS");
  ExpectError(WithOptions(""), "must say which protocol");
  ExpectError("name: \"x\" typed_extension_protocol_options { key: \"y\" value {} }",
              "unknown protocol options");
}

TEST(ClusterConfig, ServerNameOfTheRequest) {
  EXPECT_FALSE(Good("name: \"x\"").settings->auto_sni);
  const ClusterSpec spec = Good(WithOptions(
      "explicit_http_config { http_protocol_options {} } upstream_http_protocol_options { "
      "auto_sni: true auto_san_validation: true override_auto_sni_header: \"X-Name\" }"));
  EXPECT_TRUE(spec.settings->auto_sni);
  EXPECT_TRUE(spec.settings->auto_san_validation);
  EXPECT_EQ(spec.settings->auto_sni_header, "x-name");
  EXPECT_TRUE(
      Good("name: \"x\" upstream_http_protocol_options { auto_sni: true }").settings->auto_sni);
}

TEST(ClusterConfig, TheTransportIsThatOfItsExtension) {
  struct Nothing final : ClientTransportFactory {
    std::unique_ptr<TransportSocket> Create(WorkerContext&,
                                            const ClientTransportArgs&) const override {
      return nullptr;
    }
  };
  envoy::config::cluster::v3::Cluster cluster;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      WithOptions("auto_config { http2_protocol_options {} }",
                  "transport_socket { name: \"t\" typed_config { type_url: \"a/x.Tls\" } } "
                  "alt_stat_name: \"n:1\""),
      &cluster));
  StatsRegistry registry;
  ConfigErrors errors;
  std::string asked;
  const auto parse = [&](const google::protobuf::Any& any, const std::string& prefix,
                         const FieldScope&) -> std::unique_ptr<const ClientTransportFactory> {
    asked = any.type_url() + " " + prefix;
    return std::make_unique<Nothing>();
  };
  const auto spec =
      ParseCluster(cluster, FieldScope(errors, "c"), {.stats = registry, .parse_transport = parse});
  ASSERT_NE(spec, nullptr) << errors.ToString();
  EXPECT_EQ(asked, "a/x.Tls cluster.n_1.");
  EXPECT_NE(spec->transport, nullptr);
  EXPECT_EQ(spec->settings->protocol, UpstreamProtocol::kAuto);
}

TEST(ClusterConfig, PlaintextTransportIsWhatThereIs) {
  Good(
      "name: \"x\" transport_socket { name: \"raw\" typed_config { "
      "[type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer] {} } }");
}

TEST(ClusterConfig, AllErrorsAreReportedAtOnce) {
  const Parsed parsed = Parse(With(Endpoint("users.example", 0),
                                   "lb_policy: CLUSTER_PROVIDED cluster_type { name: \"y\" }"));
  EXPECT_NE(parsed.errors.find("c.cluster_type"), std::string::npos);
  EXPECT_NE(parsed.errors.find("c.lb_policy"), std::string::npos);
  EXPECT_NE(parsed.errors.find("port_value"), std::string::npos);
}

TEST(ClusterConfig, RangesAreChecked) {
  ExpectError("name: \"x\" connect_timeout {}", "c.connect_timeout");
  ExpectError("name: \"x\" dns_refresh_rate { nanos: 1 }", "c.dns_refresh_rate");
  ExpectError("name: \"x\" dns_failure_refresh_rate {}", "base_interval: is required");
  ExpectError(
      "name: \"x\" dns_failure_refresh_rate { base_interval { seconds: 3 } max_interval { "
      "seconds: 2 } }",
      "max_interval: must be at least base_interval");
  ExpectError(
      "name: \"x\" upstream_connection_options { tcp_keepalive { keepalive_time { value: "
      "40000 } } }",
      "c.upstream_connection_options.tcp_keepalive.keepalive_time");
}

TEST(ClusterConfig, StatNamesAreEnvoys) {
  StatsRegistry registry;
  StatCells cells;
  registry.AddCells(cells);
  envoy::config::cluster::v3::Cluster cluster;
  cluster.set_name("users:8080");
  ConfigErrors errors;
  const FieldScope scope(errors);
  const auto spec = ParseCluster(cluster, scope, {.stats = registry});
  ASSERT_NE(spec, nullptr);
  spec->stats.rq_2xx.Add(cells);
  spec->stats.cx_active.Add(cells, 2);
  EXPECT_EQ(registry.Value("cluster.users_8080.upstream_rq_2xx"), 1);
  EXPECT_EQ(registry.Value("cluster.users_8080.upstream_cx_active"), 2);
}

TEST(ClusterConfig, UpgradesHaveALimitInTheMetadata) {
  EXPECT_EQ(Good(With(Endpoint("10.0.0.1"))).settings->breakers[0].upgrades_max, 1'000'000u);
  const auto with = [](const std::string& fields) {
    return With(
        Endpoint("10.0.0.1"),
        "metadata { filter_metadata { key: 'sluice.upgrade' value { " + fields +
            " } } "
            "filter_metadata { key: 'another' value { fields { key: 'x' value { null_value: "
            "NULL_VALUE } } } } }");
  };
  const ClusterSpec spec =
      Good(with("fields { key: 'max_upgrades' value { number_value: 50000 } }"));
  EXPECT_EQ(spec.settings->breakers[0].upgrades_max, 50'000u);
  EXPECT_EQ(spec.settings->breakers[1].upgrades_max, 50'000u);
  EXPECT_EQ(Good(with("")).settings->breakers[0].upgrades_max, 1'000'000u);
  ExpectError(with("fields { key: 'max_upgrade' value { number_value: 1 } }"),
              "c.metadata.filter_metadata[\"sluice.upgrade\"].max_upgrade: ");
  ExpectError(with("fields { key: 'max_upgrades' value { number_value: -1 } }"),
              "c.metadata.filter_metadata[\"sluice.upgrade\"].max_upgrades: ");
  ExpectError(with("fields { key: 'max_upgrades' value { string_value: 'many' } }"),
              "c.metadata.filter_metadata[\"sluice.upgrade\"].max_upgrades: ");
}

TEST(ClusterConfig, ConnectionsAreBoundAsIsSaid) {
  const ClusterSpec spec = Good(R"(name: "x" upstream_bind_config {
    source_address { address: "10.0.0.1" port_value: 0 } freebind { value: true }
    socket_options { level: 1 name: 2 int_value: 3 state: STATE_BOUND }
    extra_source_addresses { address { address: "::1" port_value: 0 }
      socket_options { socket_options { level: 4 name: 5 buf_value: "six" } } }
    extra_source_addresses { address { address: "10.0.0.2" port_value: 0 } } })");
  const SocketOptions& socket = spec.settings->socket;
  EXPECT_TRUE(socket.freebind);
  const int three = 3;
  EXPECT_EQ(socket.raw,
            (std::vector<RawSocketOption>{
                {1, 2, std::string(reinterpret_cast<const char*>(&three), sizeof(three)),
                 RawSocketOption::When::kBeforeListen}}));
  ASSERT_EQ(socket.sources.size(), 3u);
  EXPECT_EQ(socket.SourceFor(Address::FromIp("10.9.9.9", 1).value()), &socket.sources[0]);
  EXPECT_EQ(socket.SourceFor(Address::FromIp("::9", 1).value()), &socket.sources[1]);
  EXPECT_FALSE(socket.sources[0].raw.has_value());
  EXPECT_EQ(socket.sources[1].raw, (std::vector<RawSocketOption>{{4, 5, "six"}}));
  EXPECT_EQ(SocketOptions().SourceFor(Address::FromIp("::9", 1).value()), nullptr);
}

TEST(ClusterConfig, WhatMakesNoSenseOfABindingIsRefused) {
  const auto with = [](const std::string& text) {
    return "name: \"x\" upstream_bind_config { " + text + " }";
  };
  ExpectError(with("extra_source_addresses { address { address: \"::1\" port_value: 0 } }"),
              "c.upstream_bind_config.extra_source_addresses: needs a source_address");
  ExpectError(with("socket_options { level: 1 name: 2 int_value: 3 state: STATE_LISTENING }"),
              "c.upstream_bind_config.socket_options[0].state: is about listening");
  ExpectError(with("source_address { address: \"nobody\" port_value: 0 }"),
              "c.upstream_bind_config.source_address");
}

TEST(ClusterSettingsShared, AreHeldOnceByClustersThatSayTheSame) {
  StatsRegistry registry;
  ClusterSettingsPool pool;
  const auto read = [&](const std::string& text) {
    envoy::config::cluster::v3::Cluster cluster;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &cluster)) << text;
    ConfigErrors errors;
    auto spec =
        ParseCluster(cluster, FieldScope(errors, "c"), {.stats = registry, .settings = &pool});
    EXPECT_NE(spec, nullptr) << errors.ToString();
    return spec;
  };
  const std::string same = R"( connect_timeout { seconds: 7 } type: EDS
    eds_cluster_config { eds_config { ads {} } service_name: "s" })";
  const auto one = read("name: \"one\"" + same);
  const auto two = read("name: \"two\" alt_stat_name: \"other\"" + same);
  const auto three = read("name: \"three\" connect_timeout { seconds: 8 }");
  const auto limited = read("name: \"four\"" + same + R"(
    metadata { filter_metadata { key: "sluice.upgrade" value { fields {
      key: "max_upgrades" value { number_value: 5 } } } } })");
  EXPECT_EQ(one->settings, two->settings);
  EXPECT_EQ(one->settings->connection.connect_timeout, seconds(7));
  EXPECT_NE(one->settings, three->settings);
  EXPECT_EQ(limited->settings->breakers[0].upgrades_max, 5u);
}

TEST(ClusterSettingsShared, AreForgottenWhenNobodyHasThem) {
  ClusterSettingsPool pool;
  const auto kept = pool.Share(1, std::make_shared<const ClusterSettings>());
  for (uint64_t hash = 2; hash < 1000; ++hash)
    pool.Share(hash, std::make_shared<const ClusterSettings>());
  EXPECT_LT(pool.size(), 70u);
  EXPECT_EQ(pool.Share(1, nullptr), kept);
}

}  // namespace
}  // namespace sluice
