#include "source/server/options.h"

#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "source/server/option_table.h"

namespace sluice {
namespace {

// The options of a good command line.
Options Good(std::vector<std::string_view> arguments) {
  ParsedOptions parsed = ParseOptions(arguments);
  EXPECT_TRUE(parsed.options.has_value()) << parsed.text;
  return parsed.options.value_or(Options());
}

// What a wrong one is answered with, without the last line that is always the same.
std::string Wrong(std::vector<std::string_view> arguments) {
  ParsedOptions parsed = ParseOptions(arguments);
  EXPECT_FALSE(parsed.options.has_value());
  EXPECT_EQ(parsed.exit_code, 2);
  constexpr std::string_view kLast = "\nsluice --help lists the options\n";
  EXPECT_TRUE(parsed.text.ends_with(kLast)) << parsed.text;
  return parsed.text.substr(0, parsed.text.size() - kLast.size());
}

TEST(Options, Defaults) {
  Options options = Good({"-c", "a.yaml"});
  EXPECT_EQ(options.config_path, "a.yaml");
  EXPECT_EQ(options.mode, RunMode::kServe);
  EXPECT_EQ(options.concurrency, std::nullopt);
  EXPECT_EQ(options.log_level, LogLevel::kInfo);
  EXPECT_EQ(options.drain_time, std::chrono::seconds(600));
  EXPECT_FALSE(options.drain_at_once);
  EXPECT_EQ(options.unsupported_fields, UnsupportedFields::kRefuse);
  EXPECT_TRUE(options.without_effect.empty());
}

TEST(Options, EveryEffectiveOne) {
  Options options = Good({"--config-path",
                          "a.yaml",
                          "--config-yaml",
                          "{node: {id: a=b}}",
                          "--mode=validate",
                          "--unsupported-fields=warn",
                          "--concurrency",
                          "3",
                          "-l",
                          "debug",
                          "--component-log-level",
                          "upstream:trace,http:warn",
                          "--log-path",
                          "/tmp/l",
                          "--service-node",
                          "n",
                          "--service-cluster=c",
                          "--service-zone",
                          "z",
                          "--drain-time-s",
                          "5",
                          "--drain-strategy",
                          "immediate",
                          "--admin-address-path",
                          "/tmp/a"});
  EXPECT_EQ(options.config_yaml, "{node: {id: a=b}}");
  EXPECT_EQ(options.mode, RunMode::kValidate);
  EXPECT_EQ(options.unsupported_fields, UnsupportedFields::kWarn);
  EXPECT_EQ(options.concurrency, 3u);
  EXPECT_EQ(options.log_level, LogLevel::kDebug);
  ASSERT_EQ(options.component_log_levels.size(), 2u);
  EXPECT_EQ(options.component_log_levels[0],
            std::make_pair(LogComponent::kUpstream, LogLevel::kTrace));
  EXPECT_EQ(options.component_log_levels[1],
            std::make_pair(LogComponent::kHttp, LogLevel::kWarning));
  EXPECT_EQ(options.log_path, "/tmp/l");
  EXPECT_EQ(options.service_node, "n");
  EXPECT_EQ(options.service_cluster, "c");
  EXPECT_EQ(options.service_zone, "z");
  EXPECT_EQ(options.drain_time, std::chrono::seconds(5));
  EXPECT_EQ(options.admin_address_path, "/tmp/a");
  EXPECT_EQ(Good({"-c=a", "--concurrency=0"}).concurrency, 1u);
}

// What Envoy Gateway and Istio pass to the proxy they start.
TEST(Options, CommandLinesOfControlPlanes) {
  Options gateway =
      Good({"--service-cluster", "default", "--service-node", "$(ENVOY_POD_NAME)", "--config-yaml",
            "admin: {}", "--log-level", "warn", "--component-log-level", "misc:error",
            "--cpuset-threads", "--drain-strategy", "immediate", "--drain-time-s", "60"});
  EXPECT_EQ(gateway.without_effect.size(), 1u);
  EXPECT_TRUE(gateway.drain_at_once);
  Options istio =
      Good({"-c", "etc/istio/proxy/envoy-rev.json", "--drain-time-s", "45", "--drain-strategy",
            "immediate", "--local-address-ip-version", "v4", "--file-flush-interval-msec", "1000",
            "--disable-hot-restart", "--allow-unknown-static-fields", "-l", "warning",
            "--component-log-level", "misc:error", "--skip-deprecated-logs", "--concurrency", "2"});
  EXPECT_EQ(istio.without_effect,
            (std::vector<std::string>{
                "--local-address-ip-version: only labels this host's own address",
                "--file-flush-interval-msec: access log lines are written within a second",
                "--disable-hot-restart: there is no hot restart",
                "--allow-unknown-static-fields: fields that are not known are always refused",
                "--skip-deprecated-logs: deprecated fields are not logged"}));
}

TEST(Options, DrainsAreGradualUnlessAskedToBeImmediate) {
  EXPECT_FALSE(Good({"-c", "a"}).drain_at_once);
  EXPECT_FALSE(Good({"-c", "a", "--drain-strategy", "gradual"}).drain_at_once);
  EXPECT_TRUE(Good({"-c", "a", "--drain-strategy", "immediate"}).drain_at_once);
  EXPECT_EQ(Wrong({"-c", "a", "--drain-strategy", "slow"}),
            "--drain-strategy must be gradual or immediate, is \"slow\"");
}

TEST(Options, MistakesAreAllNamed) {
  EXPECT_EQ(Wrong({}),
            "no configuration is given; name a file with -c, or a text with --config-yaml");
  EXPECT_EQ(Wrong({"-c", "a", "--concurency", "3", "--mode", "check", "--log-level"}),
            "unknown option --concurency; did you mean \"--concurrency\"?\n"
            "--mode must be serve or validate, is \"check\"\n"
            "--log-level needs a value: --log-level <level>");
  EXPECT_EQ(Wrong({"-c", "a", "-c", "b"}), "--config-path is given twice");
  EXPECT_EQ(Wrong({"bootstrap.yaml", "-c", "a"}),
            "\"bootstrap.yaml\" is not an option; a configuration is named with -c");
  EXPECT_EQ(Wrong({"-c", "a", "--disable-hot-restart=yes"}),
            "--disable-hot-restart takes no value");
  EXPECT_EQ(Wrong({"-c", "a", "--zzzzzzzzzz"}), "unknown option --zzzzzzzzzz");
  EXPECT_EQ(Wrong({"-c", "a", "--component-log-level", "http"}).substr(0, 84),
            "--component-log-level must be component:level with commas (upstream:debug,http:trace");
}

TEST(Options, NumbersOutOfRange) {
  for (std::string_view bad : {"-1", "1025", "x", "", "1.5", " 1", "99999999999999999999"}) {
    EXPECT_EQ(
        Wrong({"-c", "a", "--concurrency", bad}),
        absl::StrCat("--concurrency must be a whole number from 0 to 1024, is \"", bad, "\""));
  }
  EXPECT_EQ(Good({"-c", "a", "--concurrency", "1024"}).concurrency, 1024u);
  EXPECT_EQ(Wrong({"-c", "a", "--drain-time-s", "31536001"}),
            "--drain-time-s must be a whole number from 0 to 31536000, is \"31536001\"");
}

TEST(Options, HelpAndVersionAnswer) {
  for (const char* name : {"--help", "-h"}) {
    ParsedOptions help = ParseOptions({name});
    EXPECT_FALSE(help.options.has_value());
    EXPECT_EQ(help.exit_code, 0);
    for (const OptionRow& row : OptionTable()) {
      EXPECT_NE(help.text.find(row.name), std::string::npos) << row.name;
    }
  }
  ParsedOptions version = ParseOptions({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_EQ(version.text, VersionLine() + "\n");
}

TEST(OptionTable, NamesDifferAndEachSaysSomething) {
  std::set<std::string_view> names;
  for (const OptionRow& row : OptionTable()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_TRUE(row.short_name.empty() || names.insert(row.short_name).second) << row.name;
    EXPECT_FALSE(row.meaning.empty()) << row.name;
  }
}

}  // namespace
}  // namespace sluice
