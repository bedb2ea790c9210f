// Files as users give them: what is read, what is refused, and in which words.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "test/config/load_test_support.h"

namespace sluice {
namespace {

// A file of this test alone.
class ConfigFiles : public testing::Test {
 protected:
  std::string Write(const std::string& name, std::string_view text) {
    std::string path = testing::TempDir() + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  // The errors of a load, with the folder's name cut out.
  std::string Load(const ConfigSources& sources, ConfigPolicy policy = {}) {
    SourceLines lines;
    ConfigErrors errors(&lines);
    bootstrap_.Clear();
    ledger_ = LoadConfig(sources, policy, bootstrap_, lines, errors);
    std::string text = errors.ToString();
    for (size_t at; (at = text.find(testing::TempDir() + "/")) != std::string::npos;) {
      text.erase(at, testing::TempDir().size() + 1);
    }
    return text;
  }

  envoy::config::bootstrap::v3::Bootstrap bootstrap_;
  std::vector<LedgerEntry> ledger_;
};

TEST_F(ConfigFiles, FormatsByName) {
  EXPECT_EQ(FormatOfFile("a.yaml"), ConfigFormat::kYaml);
  EXPECT_EQ(FormatOfFile("a.YML"), ConfigFormat::kYaml);
  EXPECT_EQ(FormatOfFile("a.yaml.json"), ConfigFormat::kJson);
  for (const char* name : {"a.textproto", "a.prototext", "a.pb_text", "a.txtpb", "a.pbtxt"}) {
    EXPECT_EQ(FormatOfFile(name), ConfigFormat::kTextProto) << name;
  }
  EXPECT_EQ(FormatOfFile("a.pb"), ConfigFormat::kBinary);
  EXPECT_EQ(FormatOfFile("a.conf"), std::nullopt);
  EXPECT_EQ(FormatOfFile("yaml"), std::nullopt);
}

TEST_F(ConfigFiles, ThatCannotBeRead) {
  EXPECT_EQ(Load({}),
            "no configuration is given; name a file with -c, or a text with --config-yaml\n");
  EXPECT_EQ(Load({.path = "/nonexistent/a.yaml"}),
            "cannot read \"/nonexistent/a.yaml\": No such file or directory\n");
  EXPECT_EQ(Load({.path = Write("a.conf", "{}")}),
            "a.conf: the name does not say which format this is; it must end in .yaml, .yml, "
            ".json, .textproto, .pb_text, .prototext, .txtpb or .pb\n");
  EXPECT_EQ(Load({.path = Write("empty.yaml", "")}), "empty.yaml: is empty\n");
  EXPECT_EQ(Load({.path = Write("empty.pb", "")}), "empty.pb: is empty\n");
  EXPECT_EQ(Load({.path = Write("cut.json", "{\"node\":\n{\"id\": \"a")}),
            "cut.json:2: not JSON: ends inside of a string\n");
  EXPECT_EQ(Load({.path = Write("cut.pb", "\x0a\x05x")}),
            "cut.pb: does not hold a whole envoy.config.bootstrap.v3.Bootstrap in binary form; a "
            "text proto ends in .textproto or .pb_text\n");
  std::string folder = testing::TempDir() + "/folder.yaml";
  ASSERT_EQ(system(("mkdir -p " + folder).c_str()), 0);
  EXPECT_EQ(Load({.path = folder}), "cannot read \"folder.yaml\": it is a folder\n");
}

TEST_F(ConfigFiles, LongerThanTheLimit) {
  ConfigPolicy policy;
  policy.limits.file_bytes_max = 10;
  std::string path = Write("long.yaml", "node: {} # x");
  EXPECT_EQ(Load({.path = path}, policy), "cannot read \"long.yaml\": longer than 10 bytes\n");
  policy.limits.file_bytes_max = 12;
  EXPECT_EQ(Load({.path = path}, policy), "");
}

TEST_F(ConfigFiles, ErrorsOfEveryKindAtOnce) {
  EXPECT_EQ(Load({.path = Write("bad.yaml", R"(node: {id: a}
static_resources:
  listeners:
  - name: web
    adress: {}
    filter_chain_matcher: {}
  clusters:
  - connect_timeout: 0s
    type: STRICT_DMS
hds_config: {}
stats_config: {use_all_default_tags: false}
)")}),
            "bad.yaml:5: static_resources.listeners[0].adress: unknown field; did you mean "
            "\"address\"?\n"
            "bad.yaml:9: static_resources.clusters[0].type: unknown DiscoveryType \"STRICT_DMS\"; "
            "did you mean \"STRICT_DNS\"?\n"
            "bad.yaml:8: static_resources.clusters[0].name: must not be empty; rule "
            "string.min_len: 1\n"
            "bad.yaml:8: static_resources.clusters[0].connect_timeout: must be more than 0s, is "
            "0s; rule duration.gt: 0s\n"
            "bad.yaml:6: static_resources.listeners[0].filter_chain_matcher: is not supported, and "
            "ignoring it would weaken security\n"
            "bad.yaml:11: stats_config.use_all_default_tags: does not support false, only true\n"
            "bad.yaml:10: hds_config: is not supported\n");
}

TEST_F(ConfigFiles, WhatCouldNotBeReadIsNotMissingToo) {
  EXPECT_EQ(
      Load({.path = Write("port.yaml",
                          "admin: {address: {socket_address: {address: a, port_value: x}}}")}),
      "port.yaml:1: admin.address.socket_address.port_value: must be a whole number from 0 "
      "to 4294967295, is \"x\"\n");
}

TEST_F(ConfigFiles, UnsupportedFieldsMayBeToleratedButNotThoseThatGuard) {
  std::string path = Write("warn.yaml",
                           "hds_config: {}\n"
                           "stats_flush_interval: 1s\n"
                           "static_resources: {listeners: [{filter_chains: [{use_proxy_proto: "
                           "true}]}]}\n");
  ConfigPolicy warn{.unsupported_fields = UnsupportedFields::kWarn};
  EXPECT_EQ(Load({.path = path}, warn),
            "warn.yaml:3: static_resources.listeners[0].filter_chains[0].use_proxy_proto: is not "
            "supported, and ignoring it would weaken security\n");
  EXPECT_EQ(ledger_.size(), 3u);
}

TEST_F(ConfigFiles, YamlOptionIsMergedOverTheFile) {
  std::string path = Write("base.textproto", "node { id: \"a\" cluster: \"c\" }");
  EXPECT_EQ(Load({.path = path, .yaml = "{node: {id: b}}"}), "");
  EXPECT_EQ(bootstrap_.node().id(), "b");
  EXPECT_EQ(bootstrap_.node().cluster(), "c");
  EXPECT_EQ(Load({.yaml = "node: {id: x}"}), "");
  EXPECT_EQ(bootstrap_.node().id(), "x");
  EXPECT_EQ(Load({.path = path, .yaml = "node: {idd: b}"}),
            "--config-yaml:1: node.idd: unknown field; did you mean \"id\"?\n");
  EXPECT_EQ(Load({.path = path, .yaml = "node: [\n"}).substr(0, 26), "--config-yaml:2: not YAML:");
  EXPECT_EQ(Load({.path = "/nonexistent/a.yaml", .yaml = "node: {idd: b}"}),
            "cannot read \"/nonexistent/a.yaml\": No such file or directory\n"
            "--config-yaml:1: node.idd: unknown field; did you mean \"id\"?\n");
}

TEST_F(ConfigFiles, EveryFormatFromAFile) {
  EXPECT_EQ(Load({.path = Write("a.json", R"({"node": {"id": "a"}})")}), "");
  EXPECT_EQ(Load({.path = Write("a.yml", "node: {id: a}")}), "");
  EXPECT_EQ(Load({.path = Write("a.pb_text", "node { id: 'a' }")}), "");
  std::string binary = bootstrap_.SerializeAsString();
  EXPECT_EQ(Load({.path = Write("a.pb", binary)}), "");
  EXPECT_EQ(bootstrap_.node().id(), "a");
}

}  // namespace
}  // namespace sluice
