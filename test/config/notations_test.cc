// The same configuration in every notation, and what is particular to each.
#include <gtest/gtest.h>

#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "test/config/load_test_support.h"

namespace sluice {
namespace {

using envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;

constexpr std::string_view kYaml = R"(
# A listener and a cluster.
node: {id: n1, cluster: "c"}
static_resources:
  listeners:
  - name: web
    address:
      socketAddress: {address: 127.0.0.1, port_value: "8080"}
    filter_chains:
    - filters:
      - name: hcm
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          codec_type: http1
          stat_prefix: web
          stream_idle_timeout: 1.5s
          use_remote_address: true
  clusters:
  - name: one
    connect_timeout: 0.25s
    type: strict-dns
    per_connection_buffer_limit_bytes: 7
)";

constexpr std::string_view kJson = R"({
  "node": {"id": "n1", "cluster": "c"},
  "staticResources": {
    "listeners": [{
      "name": "web",
      "address": {"socket_address": {"address": "127.0.0.1", "portValue": 8080}},
      "filter_chains": [{"filters": [{
        "name": "hcm",
        "typed_config": {
          "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
          "codec_type": "HTTP1",
          "stat_prefix": "web",
          "stream_idle_timeout": "1.500s",
          "use_remote_address": true
        }}]}]
    }],
    "clusters": [{
      "name": "one",
      "connect_timeout": "0.25s",
      "type": "STRICT_DNS",
      "per_connection_buffer_limit_bytes": 7.0
    }]
  }
})";

constexpr std::string_view kTextProto = R"(
# proto-message: envoy.config.bootstrap.v3.Bootstrap
node { id: "n1", cluster: 'c' };
static_resources <
  listeners: [{
    name: "w" "eb"
    address { socket_address { address: "127.0.0.1" port_value: 0x1F90 } }
    filter_chains { filters {
      name: "hcm"
      typed_config {
        [type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager] {
          codec_type: HTTP1
          stat_prefix: "web"
          stream_idle_timeout { seconds: 1 nanos: 500000000 }
          use_remote_address { value: true }
        }
      }
    } }
  }]
  clusters {
    name: "one"
    connect_timeout: { nanos: 250000000 }
    type: strict_dns
    per_connection_buffer_limit_bytes { value: 7 }
  }
>
)";

void ExpectTheConfiguration(const Reading& reading) {
  EXPECT_EQ(reading.errors(), "");
  const auto& bootstrap = reading.bootstrap;
  EXPECT_EQ(bootstrap.node().id(), "n1");
  EXPECT_EQ(bootstrap.node().cluster(), "c");
  ASSERT_EQ(bootstrap.static_resources().listeners_size(), 1);
  const auto& listener = bootstrap.static_resources().listeners(0);
  EXPECT_EQ(listener.name(), "web");
  EXPECT_EQ(listener.address().socket_address().port_value(), 8080u);
  HttpConnectionManager manager;
  ASSERT_TRUE(listener.filter_chains(0).filters(0).typed_config().UnpackTo(&manager));
  EXPECT_EQ(manager.codec_type(), HttpConnectionManager::HTTP1);
  EXPECT_EQ(manager.stat_prefix(), "web");
  EXPECT_EQ(manager.stream_idle_timeout().seconds(), 1);
  EXPECT_EQ(manager.stream_idle_timeout().nanos(), 500'000'000);
  EXPECT_TRUE(manager.use_remote_address().value());
  const auto& cluster = bootstrap.static_resources().clusters(0);
  EXPECT_EQ(cluster.connect_timeout().nanos(), 250'000'000);
  EXPECT_EQ(cluster.type(), envoy::config::cluster::v3::Cluster::STRICT_DNS);
  EXPECT_EQ(cluster.per_connection_buffer_limit_bytes().value(), 7u);
}

TEST(Notations, AllSayTheSame) {
  ExpectTheConfiguration(Reading().Yaml(kYaml));
  ExpectTheConfiguration(Reading().Json(kJson));
  ExpectTheConfiguration(Reading().Yaml(kJson));
  ExpectTheConfiguration(Reading().Text(kTextProto));
  Reading yaml;
  yaml.Yaml(kYaml);
  ExpectTheConfiguration(Reading().Read(ConfigFormat::kBinary, yaml.bootstrap.SerializeAsString()));
}

TEST(Notations, EveryFieldHasItsLine) {
  Reading yaml;
  yaml.Yaml(kYaml);
  EXPECT_EQ(yaml.lines().Find("static_resources.listeners[0].name").line, 6);
  EXPECT_EQ(yaml.lines()
                .Find("static_resources.listeners[0].filter_chains[0].filters[0].typed_config"
                      ".stat_prefix")
                .line,
            15);
  Reading json;
  json.Json(kJson);
  EXPECT_EQ(json.lines().Find("static_resources.clusters[0].type").line, 20);
  Reading text;
  text.Text(kTextProto);
  EXPECT_EQ(text.lines().Find("static_resources.clusters[0].type").line, 23);
}

// Cut anywhere, a text is refused with a message, or says less; never a crash.
TEST(Notations, CutAtEveryByte) {
  for (size_t size = 0; size < kJson.size(); ++size) {
    EXPECT_NE(Reading().Json(kJson.substr(0, size)).errors(), "") << size;
  }
  for (size_t size = 0; size < kYaml.size(); ++size) Reading().Yaml(kYaml.substr(0, size));
  size_t last_field = kTextProto.rfind('>');
  for (size_t size = kTextProto.find('<') + 1; size <= last_field; ++size) {
    EXPECT_NE(Reading().Text(kTextProto.substr(0, size)).errors(), "") << size;
  }
  Reading whole;
  whole.Yaml(kYaml);
  std::string binary = whole.bootstrap.SerializeAsString();
  for (size_t size = 0; size < binary.size(); ++size) {
    Reading().Read(ConfigFormat::kBinary, std::string_view(binary).substr(0, size));
  }
}

TEST(Json, SyntaxErrorsSayWhere) {
  EXPECT_EQ(Reading().Json("{\n\"node\": {\n").errors(),
            "f:3: not JSON: expected a field name in quotes, found the end\n");
  EXPECT_EQ(Reading().Json("{\"node\": {},}").errors(),
            "f:1: not JSON: expected a field name in quotes, found '}'\n");
  EXPECT_EQ(Reading().Json("{\"node\" {}}").errors(), "f:1: not JSON: expected ':', found '{'\n");
  EXPECT_EQ(Reading().Json("{\"node\": {} \"admin\"}").errors(),
            "f:1: not JSON: expected ',' or '}', found '\"'\n");
  EXPECT_EQ(Reading().Json("{\"node\": {}} x").errors(),
            "f:1: not JSON: 'x' after the end of the configuration\n");
  EXPECT_EQ(Reading().Json("{\"node\": nul}").errors(),
            "f:1: not JSON: expected a value, found 'n'\n");
  EXPECT_EQ(Reading().Json("{\"header_prefix\": \"a\nb\"}").errors(),
            "f:1: not JSON: a string holds a control character or does not end\n");
  EXPECT_EQ(Reading().Json("{\"node\": {},\n \"node\": {}}").errors(),
            "f:2: \"node\" is set twice (first in line 1)\n");
}

TEST(Json, StringEscapes) {
  Reading reading;
  reading.Json(R"({"header_prefix": "a\u00e9\ud83d\ude00\n\t\"\\\/\b\f\r"})");
  EXPECT_EQ(reading.errors(), "");
  EXPECT_EQ(reading.bootstrap.header_prefix(), "a\xc3\xa9\xf0\x9f\x98\x80\n\t\"\\/\b\f\r");
  for (const char* bad :
       {R"({"header_prefix": "\ud83d"})", R"({"header_prefix": "\ud83dx"})",
        R"({"header_prefix": "\ud83d\u0041"})", R"({"header_prefix": "\ude00"})"}) {
    EXPECT_EQ(Reading().Json(bad).errors(), "f:1: not JSON: half of a character\n") << bad;
  }
  for (const char* bad : {R"({"header_prefix": "\x"})", R"({"header_prefix": "\u00g0"})",
                          R"({"header_prefix": "\u00)"}) {
    EXPECT_EQ(Reading().Json(bad).errors(), "f:1: not JSON: bad escape in a string\n") << bad;
  }
}

TEST(Yaml, SyntaxErrorsSayWhere) {
  EXPECT_EQ(Reading().Yaml("node:\n  id: [a\n").errors().substr(0, 14), "f:3: not YAML:");
  EXPECT_EQ(Reading().Yaml("node: {id: a}\nnode: {id: b}\n").errors(),
            "f:2: \"node\" is set twice (first in line 1)\n");
  EXPECT_EQ(Reading().Yaml("node: {id: a}\n---\nnode: {id: b}\n").errors(),
            "f:2: a second YAML document starts here; a configuration is one\n");
  EXPECT_EQ(Reading().Yaml("? [a]\n: b\n").errors(),
            "f:1: the name of a field must be text, not a list or a map\n");
  EXPECT_EQ(Reading().Yaml("node: !secret x\n").errors(), "f:1: unknown tag \"!secret\"\n");
  EXPECT_EQ(Reading().Yaml("# nothing\n").errors(), "f: holds no configuration\n");
  EXPECT_EQ(Reading().Yaml("- node\n").errors(), "f:1: must be a message (Bootstrap), is a list\n");
}

TEST(Yaml, AnchorsAliasesAndIgnoredFields) {
  Reading reading;
  reading.Yaml(R"(
!ignore templates:
  unheard_of: &address {socket_address: {address: 10.0.0.1, port_value: 1}}
admin: {address: *address}
static_resources:
  listeners: [{name: &n web, address: *address}, {name: *n}]
)");
  EXPECT_EQ(reading.errors(), "");
  EXPECT_EQ(reading.bootstrap.admin().address().socket_address().address(), "10.0.0.1");
  EXPECT_EQ(reading.bootstrap.static_resources().listeners(1).name(), "web");
}

TEST(Yaml, AliasBombsAreDefused) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    std::string name = "a" + std::to_string(i), ref = "*a" + std::to_string(i - 1);
    bomb += name + ": &" + name + " [" + ref;
    for (int j = 0; j < 9; ++j) bomb += ", " + ref;
    bomb += "]\n";
  }
  Reading reading;
  reading.limits.nodes_max = 100'000;
  EXPECT_EQ(reading.Yaml(bomb).errors(),
            "f:5: more than 100000 values, counting what aliases stand for\n");
  EXPECT_EQ(Reading().Yaml("node: &a {metadata: *a}\n").errors(),
            "f:1: an alias inside of what it stands for has no end\n");
}

TEST(Limits, DepthAndCountAndBytes) {
  EXPECT_EQ(Reading().Json(std::string(200, '[')).errors(), "f:1: nested more than 100 deep\n");
  std::string list, text;
  for (int i = 0; i < 200; ++i) {
    list += "- ";
    text += "a { ";
  }
  EXPECT_EQ(Reading().Yaml(list + "x").errors(), "f:1: nested more than 100 deep\n");
  EXPECT_EQ(Reading().Text(text).errors(), "f:1: nested more than 100 deep\n");
  Reading yaml, json, proto, bytes;
  yaml.limits.nodes_max = json.limits.nodes_max = proto.limits.nodes_max = 3;
  EXPECT_EQ(yaml.Yaml("stats_sinks: [{}, {}, {}]").errors(),
            "f:1: more than 3 values, counting what aliases stand for\n");
  EXPECT_EQ(json.Json("{\"stats_sinks\": [{}, {}, {}]}").errors(), "f:1: more than 3 values\n");
  EXPECT_EQ(proto.Text("stats_sinks { } stats_sinks: [{}, {}, {}]").errors(),
            "f:1: more than 3 values\n");
  bytes.limits.file_bytes_max = 8;
  EXPECT_EQ(bytes.Yaml("node: {} ").errors(), "f: is longer than 8 bytes\n");
  EXPECT_EQ(bytes.Yaml("node: {}").errors(), "f: is longer than 8 bytes\n");
}

TEST(TextProto, SyntaxErrorsSayWhere) {
  EXPECT_EQ(Reading().Text("node {\n id: \"a\n}").errors(),
            "f:2: not a text proto: String literals cannot cross line boundaries\n");
  EXPECT_EQ(Reading().Text("node {\n id 5\n}").errors(),
            "f:2: not a text proto: expected ':' or '{', found '5'\n");
  EXPECT_EQ(Reading().Text("node { id: }").errors(),
            "f:1: not a text proto: expected a value, found '}'\n");
  EXPECT_EQ(Reading().Text("node {").errors(),
            "f:1: not a text proto: expected '}', found the end\n");
  EXPECT_EQ(Reading().Text("node { } }").errors(),
            "f:1: not a text proto: expected a field name, found '}'\n");
  EXPECT_EQ(Reading().Text("stats_sinks: [{} {}]").errors(),
            "f:1: not a text proto: expected ',' or ']', found '{'\n");
  EXPECT_EQ(Reading().Text("[a.b \"c\"] {}").errors(),
            "f:1: not a text proto: expected a type name, found '\"c\"'\n");
}

TEST(TextProto, MapsBytesAndAny) {
  Reading reading;
  reading.Text(R"(
    node { metadata { fields { key: "a" value { number_value: -1.5 } } } }
    static_resources { clusters { typed_extension_protocol_options {
      key: "x" value { type_url: "type.googleapis.com/google.protobuf.Empty" value: "" } } } }
    static_resources { secrets { generic_secret { secret { inline_bytes: "\000\377" } } } }
  )");
  EXPECT_EQ(reading.errors(), "f:5: static_resources: is set twice\n");
  EXPECT_EQ(reading.bootstrap.node().metadata().fields().at("a").number_value(), -1.5);
  EXPECT_EQ(reading.bootstrap.static_resources()
                .clusters(0)
                .typed_extension_protocol_options()
                .at("x")
                .type_url(),
            "type.googleapis.com/google.protobuf.Empty");
  EXPECT_EQ(Reading().Text("node { metadata { fields { key: \"a\" kei: 1 } } }").errors(),
            "f:1: node.metadata.fields: a map entry has one key and one value\n");
}

TEST(AnyFormat, NotUtf8IsRefusedWithItsLine) {
  for (auto format : {ConfigFormat::kYaml, ConfigFormat::kJson, ConfigFormat::kTextProto}) {
    EXPECT_EQ(Reading().Read(format, "\n\n\xff").errors(), "f:3: is not text in UTF-8\n");
    EXPECT_EQ(Reading().Read(format, " \n").errors(), "f: is empty\n");
  }
  EXPECT_EQ(Reading().Json("\xEF\xBB\xBF{}").errors(), "");
  EXPECT_EQ(Reading().Text("header_prefix: \"\\377\"").errors(),
            "f:1: header_prefix: is not valid UTF-8: \"\\xff\"\n");
}

}  // namespace
}  // namespace sluice
