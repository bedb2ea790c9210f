#include "source/server/bootstrap_config.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

Options FromYaml(std::string_view yaml) {
  Options options;
  options.config_yaml = yaml;
  return options;
}

TEST(BootstrapConfig, NodeOptionsReplaceTheNode) {
  Options options = FromYaml("node: {id: a, cluster: b, locality: {region: r, zone: z}}");
  options.service_node = "id";
  options.service_zone = "zone";
  auto loaded = LoadBootstrap(options);
  EXPECT_TRUE(loaded->errors.empty()) << loaded->errors.ToString();
  EXPECT_EQ(loaded->proto.node().id(), "id");
  EXPECT_EQ(loaded->proto.node().cluster(), "b");
  EXPECT_EQ(loaded->proto.node().locality().region(), "r");
  EXPECT_EQ(loaded->proto.node().locality().zone(), "zone");
  EXPECT_FALSE(LoadBootstrap(FromYaml("admin: {}"))->proto.has_node());
}

TEST(BootstrapConfig, NamesMustDiffer) {
  auto loaded = LoadBootstrap(FromYaml(
      "static_resources:\n"
      "  clusters:\n  - {name: a}\n  - {name: b}\n  - {name: a}\n"
      "  listeners:\n  - {address: {pipe: {path: /a}}}\n  - {address: {pipe: {path: /b}}}\n"));
  EXPECT_EQ(loaded->errors.ToString(),
            "--config-yaml:5: static_resources.clusters[2].name: \"a\" is taken by clusters[0]; "
            "names must differ\n");
}

TEST(BootstrapConfig, ReportOfAGoodConfiguration) {
  Options options = FromYaml("{stats_flush_interval: 5s}");
  options.without_effect.push_back("--base-id: there is no hot restart");
  EXPECT_EQ(BootstrapReport(*LoadBootstrap(options), options),
            "option without effect: --base-id: there is no hot restart\n"
            "field without effect: --config-yaml:1: stats_flush_interval: has no effect: there is "
            "no sink to flush to; the admin port shows live values\n");
  options = FromYaml("node: {id: a}");
  options.mode = RunMode::kValidate;
  EXPECT_EQ(BootstrapReport(*LoadBootstrap(options), options),
            "configuration '--config-yaml' OK\n");
}

TEST(BootstrapConfig, ReportOfARefusedConfiguration) {
  Options options = FromYaml("hds_config: {}\nnode: {idd: a}");
  EXPECT_EQ(BootstrapReport(*LoadBootstrap(options), options),
            "--config-yaml:2: node.idd: unknown field; did you mean \"id\"?\n"
            "--config-yaml:1: hds_config: is not supported\n"
            "the configuration is refused: 2 errors, 1 of which --unsupported-fields=warn passes "
            "over\n");
  options = FromYaml("hds_config: {}");
  options.unsupported_fields = UnsupportedFields::kWarn;
  EXPECT_EQ(BootstrapReport(*LoadBootstrap(options), options),
            "field without effect: --config-yaml:1: hds_config: is not supported\n");
}

}  // namespace
}  // namespace sluice
