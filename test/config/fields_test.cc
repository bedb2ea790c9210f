// What is said about fields: unknown ones, wrong values, hints. One wording for every notation.
#include <gtest/gtest.h>

#include <limits>

#include "source/config/suggest.h"
#include "test/config/load_test_support.h"

namespace sluice {
namespace {

TEST(Suggest, NearestNameWithinAThird) {
  std::vector<std::string_view> names = {"address", "additional_addresses", "name"};
  EXPECT_EQ(DidYouMean("adress", names), "did you mean \"address\"?");
  EXPECT_EQ(DidYouMean("adrdess", names), "did you mean \"address\"?");
  EXPECT_EQ(DidYouMean("AdditionalAddresses", names), "did you mean \"additional_addresses\"?");
  EXPECT_EQ(DidYouMean("nmae", names), "did you mean \"name\"?");
  EXPECT_EQ(DidYouMean("filter_chains", names), "");
  EXPECT_EQ(DidYouMean("x", names), "");
  EXPECT_EQ(DidYouMean("", names), "");
  EXPECT_EQ(DidYouMean("x", {}), "");
  EXPECT_EQ(DidYouMean(std::string(100'000, 'a'), names), "");
}

TEST(Fields, UnknownOnesInEveryNotation) {
  EXPECT_EQ(Reading().Yaml("static_resources:\n  listeners:\n  - adress: {}\n").errors(),
            "f:3: static_resources.listeners[0].adress: unknown field; "
            "did you mean \"address\"?\n");
  EXPECT_EQ(
      Reading().Json("{\"static_resources\": {\n\"listeners\": [{\"adress\": {}}]}}").errors(),
      "f:2: static_resources.listeners[0].adress: unknown field; "
      "did you mean \"address\"?\n");
  EXPECT_EQ(Reading().Text("static_resources {\nlisteners {\nadress { } } }").errors(),
            "f:3: static_resources.listeners[0].adress: unknown field; "
            "did you mean \"address\"?\n");
  EXPECT_EQ(Reading().Yaml("node: {zzzzzz: 1}").errors(),
            "f:1: node.zzzzzz: unknown field; envoy.config.core.v3.Node has no field of that "
            "name\n");
  // JSON names are not names in text protos.
  EXPECT_EQ(Reading().Text("staticResources { }").errors(),
            "f:1: staticResources: unknown field; did you mean \"static_resources\"?\n");
}

TEST(Fields, YamlMergeKeys) {
  EXPECT_EQ(Reading().Yaml("!ignore a: &a {id: x}\nnode:\n  <<: *a\n").errors(),
            "f:3: node.<<: unknown field; merge keys are no part of YAML 1.2; use aliases for "
            "values\n");
}

// Hints cost a comparison with every name: not for errors that nobody will see.
TEST(Fields, AHundredThousandUnknownFields) {
  std::string text = "{";
  for (int i = 0; i < 100'000; ++i) text += "\"nod" + std::to_string(i) + "\": 1,";
  text.back() = '}';
  std::string errors = Reading().Json(text).errors();
  EXPECT_TRUE(errors.ends_with("and 99900 more errors\n"));
}

TEST(Fields, AllErrorsOfAFileAtOnce) {
  EXPECT_EQ(
      Reading()
          .Yaml(R"(
node: {id: 5, clutser: a}
admin: []
static_resources:
  clusters:
  - {name: a, type: STRICT_DMS, connect_timeout: 5}
  - {lb_policy: 77, per_connection_buffer_limit_bytes: -1, dns_refresh_rate: 10ms}
  listeners: x
)")
          .errors(),
      "f:2: node.id: must be text, is the number 5; put it in quotes: \"5\"\n"
      "f:2: node.clutser: unknown field; did you mean \"cluster\"?\n"
      "f:3: admin: must be a message (Admin), is a list; remove the list around it\n"
      "f:6: static_resources.clusters[0].type: unknown DiscoveryType \"STRICT_DMS\"; "
      "did you mean \"STRICT_DNS\"?\n"
      "f:6: static_resources.clusters[0].connect_timeout: must be a duration in seconds such "
      "as \"0.25s\", is the number 5; did you mean \"5s\"?\n"
      "f:7: static_resources.clusters[1].lb_policy: unknown LbPolicy \"77\"; one of "
      "ROUND_ROBIN, LEAST_REQUEST, RING_HASH, RANDOM, MAGLEV, CLUSTER_PROVIDED, "
      "LOAD_BALANCING_POLICY_CONFIG\n"
      "f:7: static_resources.clusters[1].per_connection_buffer_limit_bytes: must be a whole number "
      "from 0 to 4294967295, is the number -1\n"
      "f:7: static_resources.clusters[1].dns_refresh_rate: must be a duration in seconds "
      "such as \"0.25s\", is \"10ms\"; did you mean \"0.01s\"?\n"
      "f:8: static_resources.listeners[0]: must be a message (Listener), is \"x\"\n");
}

TEST(Fields, NullIsNotSetAndEmptyMessagesAre) {
  Reading reading;
  reading.Yaml("node:\nadmin: {}\nheader_prefix: ~\nstatic_resources: {listeners: null}\n");
  EXPECT_EQ(reading.errors(), "");
  EXPECT_FALSE(reading.bootstrap.has_node());
  EXPECT_TRUE(reading.bootstrap.has_admin());
  EXPECT_EQ(Reading().Yaml("static_resources:\n  listeners:\n  -\n").errors(),
            "f:4: static_resources.listeners[0]: is empty; remove it, or write {} for a message of "
            "defaults\n");
}

TEST(Fields, MembersOfAOneofExcludeEachOther) {
  std::string expected =
      "f:1: admin.address.pipe: excludes \"socket_address\", which is set too; keep one of them\n";
  EXPECT_EQ(Reading().Yaml("admin: {address: {socket_address: {}, pipe: {}}}").errors(), expected);
  EXPECT_EQ(Reading().Text("admin { address { socket_address { } pipe { } } }").errors(), expected);
  EXPECT_EQ(Reading().Json(R"({"node": {"user_agent_name": "a", "userAgentName": "b"}})").errors(),
            "f:1: node.user_agent_name: is set twice\n");
}

TEST(Fields, Numbers) {
  Reading good;
  good.Yaml(
      "static_resources: {clusters: [{per_connection_buffer_limit_bytes: 1e3}, "
      "{per_connection_buffer_limit_bytes: 0x10}, {per_connection_buffer_limit_bytes: "
      "'4294967295'}]}");
  EXPECT_EQ(good.errors(), "");
  const auto& clusters = good.bootstrap.static_resources().clusters();
  EXPECT_EQ(clusters[0].per_connection_buffer_limit_bytes().value(), 1000u);
  EXPECT_EQ(clusters[1].per_connection_buffer_limit_bytes().value(), 16u);
  EXPECT_EQ(clusters[2].per_connection_buffer_limit_bytes().value(), 4294967295u);
  for (const char* bad : {"4294967296", "-1", "1.5", "abc", "''", "1e99", "true", "[]", "''"}) {
    std::string text =
        std::string("static_resources: {clusters: [{per_connection_buffer_limit_bytes: ") + bad +
        "}]}";
    EXPECT_NE(Reading().Yaml(text).errors(), "") << bad;
  }
  EXPECT_EQ(Reading().Text("admin { socket_options { level: \"1\" } }").errors(),
            "f:1: admin.socket_options[0].level: must be a whole number from -9223372036854775808 "
            "to 9223372036854775807, is the text \"1\"\n");
  Reading octal;
  octal.Text("admin { socket_options { level: 010 name: -0x10 } }");
  EXPECT_EQ(octal.bootstrap.admin().socket_options(0).level(), 8);
  EXPECT_EQ(octal.bootstrap.admin().socket_options(0).name(), -16);
}

TEST(Fields, TextWithoutQuotesInYaml) {
  for (const char* text : {"7f", "a1", "1.2.3.4", "1-2", "infinity", "on", "y", "~x", "a: b"}) {
    Reading reading;
    reading.Yaml(std::string("node: {id: ") + (text == std::string("a: b") ? "'a: b'" : text) +
                 "}");
    EXPECT_EQ(reading.errors(), "") << text;
    EXPECT_EQ(reading.bootstrap.node().id(), text);
  }
  for (const char* text : {"7", "-1", "1.5", "1e5", "0x1F", "true"}) {
    EXPECT_NE(Reading().Yaml(std::string("node: {id: ") + text + "}").errors(), "") << text;
  }
}

TEST(Fields, RealNumbers) {
  auto number = [](ConfigFormat format, std::string_view text) {
    Reading reading;
    reading.Read(format, text);
    EXPECT_EQ(reading.errors(), "") << text;
    return reading.bootstrap.static_resources()
        .clusters(0)
        .common_lb_config()
        .healthy_panic_threshold()
        .value();
  };
  auto yaml = [&](const std::string& value) {
    return number(ConfigFormat::kYaml,
                  "static_resources: {clusters: [{common_lb_config: "
                  "{healthy_panic_threshold: {value: " +
                      value + "}}}]}");
  };
  auto text = [&](const std::string& value) {
    return number(ConfigFormat::kTextProto,
                  "static_resources { clusters { common_lb_config { "
                  "healthy_panic_threshold { value: " +
                      value + "}}}}");
  };
  EXPECT_EQ(yaml(".5"), 0.5);
  EXPECT_EQ(yaml("-1e-3"), -0.001);
  EXPECT_EQ(yaml("'2.5'"), 2.5);
  EXPECT_EQ(yaml("-.inf"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(text("1.5f"), 1.5);
  EXPECT_EQ(text("-inf"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(text("7"), 7);
}

TEST(Fields, BooleansAndTheirYamlWords) {
  Reading yaml;
  yaml.Yaml("stats_flush_on_admin: yes\nenable_dispatcher_stats: On\n");
  EXPECT_EQ(yaml.errors(), "");
  EXPECT_TRUE(yaml.bootstrap.stats_flush_on_admin());
  EXPECT_EQ(Reading().Json("{\"enable_dispatcher_stats\": 1}").errors(),
            "f:1: enable_dispatcher_stats: must be true or false, is the number 1\n");
  EXPECT_EQ(Reading().Json("{\"enable_dispatcher_stats\": \"maybe\"}").errors(),
            "f:1: enable_dispatcher_stats: must be true or false, is the text \"maybe\"\n");
  EXPECT_EQ(Reading().Text("enable_dispatcher_stats: \"true\"").errors(),
            "f:1: enable_dispatcher_stats: must be true or false, is the text \"true\"\n");
}

TEST(Fields, BytesAreBase64InJsonAndYaml) {
  auto yaml = [](std::string_view bytes) {
    return "static_resources: {secrets: [{generic_secret: {secret: {inline_bytes: " +
           std::string(bytes) + "}}}]}";
  };
  Reading good;
  good.Yaml(yaml("AP8="));
  EXPECT_EQ(good.errors(), "");
  EXPECT_EQ(good.bootstrap.static_resources().secrets(0).generic_secret().secret().inline_bytes(),
            std::string("\0\xff", 2));
  EXPECT_EQ(Reading().Yaml(yaml("'%%'")).errors(),
            "f:1: static_resources.secrets[0].generic_secret.secret.inline_bytes: must be bytes in "
            "base64, is the text \"%%\"\n");
}

TEST(Fields, Durations) {
  auto timeout = [](std::string_view text) {
    Reading reading;
    reading.Json("{\"stats_flush_interval\": \"" + std::string(text) + "\"}");
    const auto& duration = reading.bootstrap.stats_flush_interval();
    return reading.errors().empty()
               ? std::to_string(duration.seconds()) + "/" + std::to_string(duration.nanos())
               : "refused";
  };
  EXPECT_EQ(timeout("5s"), "5/0");
  EXPECT_EQ(timeout("0.000000001s"), "0/1");
  EXPECT_EQ(timeout("-1.5s"), "-1/-500000000");
  EXPECT_EQ(timeout("315576000000s"), "315576000000/0");
  EXPECT_EQ(
      Reading().Yaml("stats_flush_interval: 5m").errors(),
      "f:1: stats_flush_interval: must be a duration in seconds such as \"0.25s\", is \"5m\"; "
      "did you mean \"300s\"?\n");
  for (const char* bad : {"315576000001s", "5", "s", ".5s", "1.s", "1.0000000001s", "1.-5s", "+1s",
                          "1 s", "--1s", "5m", ""}) {
    EXPECT_EQ(timeout(bad), "refused") << bad;
  }
}

TEST(Fields, OneElementIsAListOfOne) {
  Reading reading;
  reading.Yaml(
      "static_resources: {listeners: {name: a}}\n"
      "node: {client_features: b, listening_addresses: {pipe: {path: /x}}}\n");
  EXPECT_EQ(reading.errors(), "");
  ASSERT_EQ(reading.bootstrap.static_resources().listeners_size(), 1);
  EXPECT_EQ(reading.bootstrap.static_resources().listeners(0).name(), "a");
  ASSERT_EQ(reading.bootstrap.node().client_features_size(), 1);
  EXPECT_EQ(reading.bootstrap.node().client_features(0), "b");
  Reading json;
  json.Json(R"({"node": {"client_features": "b"}})");
  EXPECT_EQ(json.errors(), "");
  EXPECT_EQ(json.bootstrap.node().client_features_size(), 1);
}

TEST(Fields, OneElementIsReadAsAnElement) {
  EXPECT_EQ(Reading().Yaml("node: {client_features: {a: b}}").errors(),
            "f:1: node.client_features[0]: must be text, is a message\n");
  EXPECT_EQ(Reading().Yaml("static_resources: {listeners: {nmae: a}}").errors(),
            "f:1: static_resources.listeners[0].nmae: unknown field; did you mean \"name\"?\n");
  EXPECT_EQ(Reading().Yaml("static_resources: {clusters: x}").errors(),
            "f:1: static_resources.clusters[0]: must be a message (Cluster), is \"x\"\n");
}

TEST(Fields, ListsInListsAreOneList) {
  Reading reading;
  reading.Yaml("node: {client_features: [a, [b, [c]], []]}");
  EXPECT_EQ(reading.errors(), "");
  EXPECT_EQ(reading.bootstrap.node().client_features_size(), 3);
  EXPECT_EQ(Reading().Yaml("node: {client_features: [[{}]]}").errors(),
            "f:1: node.client_features[0]: must be text, is a message\n");
}

TEST(Fields, TypesWithAFormOfTheirOwnMayBeSpeltOut) {
  Reading reading;
  reading.Yaml(
      "stats_flush_interval: {seconds: 1, nanos: 500000000}\n"
      "static_resources: {clusters: [{per_connection_buffer_limit_bytes: {value: 7}}]}\n");
  EXPECT_EQ(reading.errors(), "");
  EXPECT_EQ(reading.bootstrap.stats_flush_interval().seconds(), 1);
  EXPECT_EQ(reading.bootstrap.stats_flush_interval().nanos(), 500000000);
  const auto& cluster = reading.bootstrap.static_resources().clusters(0);
  EXPECT_EQ(cluster.per_connection_buffer_limit_bytes().value(), 7);
  EXPECT_EQ(Reading().Json(R"({"stats_flush_interval": {"nanos": 5}})").errors(), "");
}

TEST(Fields, WhatIsSpeltOutIsReadFieldByField) {
  EXPECT_EQ(Reading().Yaml("stats_flush_interval: {millis: 5}").errors(),
            "f:1: stats_flush_interval.millis: unknown field; google.protobuf.Duration has no "
            "field of that name\n");
  EXPECT_EQ(Reading().Yaml("stats_flush_interval: {nanos: 0.5}").errors(),
            "f:1: stats_flush_interval.nanos: must be a whole number from -2147483648 to "
            "2147483647, is the number 0.5\n");
  EXPECT_EQ(Reading().Yaml("stats_flush_interval: [1s]").errors(),
            "f:1: stats_flush_interval: must be a duration in seconds such as \"0.25s\", is a "
            "list\n");
}

TEST(Fields, FreeFormData) {
  Reading reading;
  reading.Yaml("node: {metadata: {a: 1, b: on, c: [x, ~, {d: '7'}], e: 1.1.1.1}}");
  EXPECT_EQ(reading.errors(), "");
  const auto& fields = reading.bootstrap.node().metadata().fields();
  EXPECT_EQ(fields.at("a").number_value(), 1);
  EXPECT_TRUE(fields.at("b").bool_value());
  EXPECT_EQ(fields.at("c").list_value().values(0).string_value(), "x");
  EXPECT_TRUE(fields.at("c").list_value().values(1).has_null_value());
  EXPECT_EQ(fields.at("c").list_value().values(2).struct_value().fields().at("d").string_value(),
            "7");
  EXPECT_EQ(fields.at("e").string_value(), "1.1.1.1");
  EXPECT_EQ(Reading().Yaml("node: {metadata: [a]}").errors(),
            "f:1: node.metadata: must be a message, is a list\n");
}

TEST(Fields, Anys) {
  auto any = [](std::string_view config) {
    return "stats_sinks: [{name: a, typed_config: " + std::string(config) + "}]";
  };
  EXPECT_EQ(Reading().Yaml(any("{a: 1}")).errors(),
            "f:1: stats_sinks[0].typed_config: lacks \"@type\"; write \"@type\": "
            "type.googleapis.com/ and the full name of a message\n");
  EXPECT_EQ(Reading().Yaml(any("{\"@type\": type.googleapis.com/}")).errors(),
            "f:1: stats_sinks[0].typed_config: names no type\n");
  Reading unknown;
  unknown.Yaml(any("{\"@type\": type.googleapis.com/envoy.no.Such, some: thing}"));
  EXPECT_EQ(unknown.errors(), "");
  EXPECT_EQ(unknown.bootstrap.stats_sinks(0).typed_config().type_url(),
            "type.googleapis.com/envoy.no.Such");
  EXPECT_EQ(
      Reading()
          .Yaml(any("{\"@type\": type.googleapis.com/envoy.config.metrics.v3.HystrixSink, bukets: "
                    "1}"))
          .errors(),
      "f:1: stats_sinks[0].typed_config.bukets: unknown field; "
      "envoy.config.metrics.v3.HystrixSink has no field of that name\n");
  Reading wrapped;
  wrapped.Yaml(any("{\"@type\": type.googleapis.com/google.protobuf.Duration, value: 3s}"));
  EXPECT_EQ(wrapped.errors(), "");
  google::protobuf::Duration duration;
  ASSERT_TRUE(wrapped.bootstrap.stats_sinks(0).typed_config().UnpackTo(&duration));
  EXPECT_EQ(duration.seconds(), 3);
  Reading nested;
  nested.Yaml(
      any("{\"@type\": type.googleapis.com/google.protobuf.Any, value: {\"@type\": "
          "type.googleapis.com/google.protobuf.Any}}"));
  EXPECT_EQ(nested.errors(), "");
}

TEST(Fields, MergedOver) {
  Reading reading;
  reading.Yaml(
      "node: {id: a, cluster: c, metadata: {x: 1, y: 1}}\n"
      "admin: {address: {socket_address: {address: 10.0.0.1, port_value: 1}}}\n"
      "stats_flush_interval: 1.5s\n"
      "static_resources: {listeners: [{name: one}]}\n");
  reading.Read(ConfigFormat::kYaml,
               "node: {id: b, metadata: {y: 2}}\n"
               "admin: {address: {pipe: {path: /x}}}\n"
               "stats_flush_interval: 7s\n"
               "static_resources: {listeners: [{name: two, adress: {}}]}\n",
               "--config-yaml");
  EXPECT_EQ(reading.errors(),
            "--config-yaml:4: static_resources.listeners[1].adress: unknown field; "
            "did you mean \"address\"?\n");
  const auto& bootstrap = reading.bootstrap;
  EXPECT_EQ(bootstrap.node().id(), "b");
  EXPECT_EQ(bootstrap.node().cluster(), "c");
  EXPECT_EQ(bootstrap.node().metadata().fields().at("x").number_value(), 1);
  EXPECT_EQ(bootstrap.node().metadata().fields().at("y").number_value(), 2);
  EXPECT_EQ(bootstrap.admin().address().pipe().path(), "/x");
  EXPECT_EQ(bootstrap.stats_flush_interval().nanos(), 0);
  EXPECT_EQ(bootstrap.static_resources().listeners(1).name(), "two");
  EXPECT_EQ(reading.lines().Find("static_resources.listeners[0].name").source, "f");
  EXPECT_EQ(reading.lines().Find("static_resources.listeners[1].name").source, "--config-yaml");
}

}  // namespace
}  // namespace sluice
