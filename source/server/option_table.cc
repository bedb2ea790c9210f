#include "source/server/option_table.h"

#include <limits>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace sluice {
namespace {

constexpr uint32_t kConcurrencyMax = 1024;
constexpr uint32_t kSecondsMax = 365 * 24 * 3600;

bool ReadNumber(std::string_view text, uint32_t max, uint32_t& number, std::string& wrong) {
  uint32_t value = 0;
  bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  if (!digits || !absl::SimpleAtoi(text, &value) || value > max) {
    wrong = absl::StrCat("a whole number from 0 to ", max);
    return false;
  }
  number = value;
  return true;
}

bool SetMode(std::string_view value, Options& options, std::string& wrong) {
  wrong = "serve or validate";
  options.mode = value == "validate" ? RunMode::kValidate : RunMode::kServe;
  return value == "serve" || value == "validate";
}

bool SetUnsupportedFields(std::string_view value, Options& options, std::string& wrong) {
  wrong = "refuse or warn";
  options.unsupported_fields =
      value == "warn" ? UnsupportedFields::kWarn : UnsupportedFields::kRefuse;
  return value == "refuse" || value == "warn";
}

// Envoy takes 0 as 1.
bool SetConcurrency(std::string_view value, Options& options, std::string& wrong) {
  uint32_t workers = 0;
  if (!ReadNumber(value, kConcurrencyMax, workers, wrong)) return false;
  options.concurrency = workers == 0 ? 1 : workers;
  return true;
}

bool SetLogLevel(std::string_view value, Options& options, std::string& wrong) {
  std::optional<LogLevel> level = ParseLogLevel(value);
  wrong = "trace, debug, info, warning, error, critical or off";
  if (level) options.log_level = *level;
  return level.has_value();
}

// "upstream:debug,http:trace".
bool SetComponentLogLevels(std::string_view value, Options& options, std::string& wrong) {
  for (std::string_view pair : absl::StrSplit(value, ',', absl::SkipEmpty())) {
    std::pair<std::string_view, std::string_view> parts =
        absl::StrSplit(pair, absl::MaxSplits(':', 1));
    std::optional<LogComponent> component = ParseLogComponent(parts.first);
    std::optional<LogLevel> level = ParseLogLevel(parts.second);
    if (!component || !level) {
      wrong = "component:level with commas (upstream:debug,http:trace); components are ";
      for (size_t i = 0; i < kLogComponents; ++i) {
        absl::StrAppend(&wrong, i == 0 ? "" : " ", LogComponentName(static_cast<LogComponent>(i)));
      }
      return false;
    }
    options.component_log_levels.emplace_back(*component, *level);
  }
  return true;
}

bool SetDrainTime(std::string_view value, Options& options, std::string& wrong) {
  uint32_t seconds = 0;
  if (!ReadNumber(value, kSecondsMax, seconds, wrong)) return false;
  options.drain_time = std::chrono::seconds(seconds);
  return true;
}

bool SetDrainStrategy(std::string_view value, Options& options, std::string& wrong) {
  wrong = "gradual or immediate";
  options.drain_at_once = value == "immediate";
  return value == "gradual" || value == "immediate";
}

template <std::string Options::*kField>
bool SetText(std::string_view value, Options& options, std::string&) {
  options.*kField = value;
  return true;
}

// --help and --version answer instead of running.
bool Answered(std::string_view, Options&, std::string&) { return true; }

constexpr std::string_view kNoHotRestart = "there is no hot restart";
constexpr std::string_view kStaticOnly = "fields that are not known are always refused";
constexpr std::string_view kFlushes = "access log lines are written within a second";

constexpr OptionRow kTable[] = {
    {"--config-path", "-c", "<file>", "the bootstrap: .yaml .json .textproto .pb_text .pb",
     SetText<&Options::config_path>},
    {"--config-yaml", "", "<text>", "YAML merged over the file of -c",
     SetText<&Options::config_yaml>},
    {"--mode", "", "serve|validate",
     "validate reads the configuration, says what it makes of it, "
     "and exits",
     SetMode},
    {"--unsupported-fields", "", "refuse|warn",
     "what to do with fields that have no effect here (refuse); those that guard security are "
     "always refused",
     SetUnsupportedFields},
    {"--concurrency", "", "<number>", "worker threads (one for each CPU)", SetConcurrency},
    {"--log-level", "-l", "<level>", "trace debug info warning error critical off (info)",
     SetLogLevel},
    {"--component-log-level", "", "<list>", "levels of parts, as upstream:debug,http:trace",
     SetComponentLogLevels},
    {"--log-path", "", "<file>", "where the server's log goes (stderr)",
     SetText<&Options::log_path>},
    {"--service-node", "", "<id>", "node.id", SetText<&Options::service_node>},
    {"--service-cluster", "", "<name>", "node.cluster", SetText<&Options::service_cluster>},
    {"--service-zone", "", "<name>", "node.locality.zone", SetText<&Options::service_zone>},
    {"--drain-time-s", "", "<seconds>", "how long a drain lasts at most (600)", SetDrainTime},
    {"--drain-strategy", "", "gradual|immediate",
     "whether the connections of a changed listener are told to end one after another (gradual), "
     "or "
     "all at once; those of a process that ends always are",
     SetDrainStrategy},
    {"--admin-address-path", "", "<file>", "where to write the admin listener's address",
     SetText<&Options::admin_address_path>},
    {"--version", "", "", "print the version", Answered},
    {"--help", "-h", "", "print this", Answered},

    // Accepted without effect.
    {"--allow-unknown-static-fields", "", "", kStaticOnly},
    {"--reject-unknown-dynamic-fields", "", "", "there is no dynamic configuration"},
    {"--ignore-unknown-dynamic-fields", "", "", "there is no dynamic configuration"},
    {"--skip-deprecated-logs", "", "", "deprecated fields are not logged"},
    {"--bootstrap-version", "", "<number>", "the v3 API is the only one"},
    {"--parent-shutdown-time-s", "", "<seconds>", kNoHotRestart},
    {"--disable-hot-restart", "", "", kNoHotRestart},
    {"--restart-epoch", "", "<number>", kNoHotRestart},
    {"--base-id", "", "<number>", kNoHotRestart},
    {"--base-id-path", "", "<file>", kNoHotRestart},
    {"--use-dynamic-base-id", "", "", kNoHotRestart},
    {"--skip-hot-restart-on-no-parent", "", "", kNoHotRestart},
    {"--skip-hot-restart-parent-stats", "", "", kNoHotRestart},
    {"--socket-path", "", "<file>", kNoHotRestart},
    {"--socket-mode", "", "<mode>", kNoHotRestart},
    {"--file-flush-interval-msec", "", "<number>", kFlushes},
    {"--file-flush-min-size-kb", "", "<number>", kFlushes},
    {"--log-format", "", "<format>", "the server's log has one format"},
    {"--log-format-escaped", "", "", "control characters are always escaped"},
    {"--enable-fine-grain-logging", "", "", "log levels are set by component"},
    {"--cpuset-threads", "", "", "only the CPUs that this process may use are counted anyway"},
    {"--local-address-ip-version", "", "v4|v6", "only labels this host's own address"},
    {"--enable-core-dump", "", "", "core dumps are the system's affair"},
    {"--enable-mutex-tracing", "", "", "there are no locks on the request path to trace"},
    {"--disable-extensions", "", "<list>", "extensions that no configuration names do not run"},
    {"--stats-tag", "", "<tag>", "there is no sink that tags would be sent to"},
};

}  // namespace

absl::Span<const OptionRow> OptionTable() { return kTable; }

std::string HelpText() {
  constexpr size_t kColumn = 34;
  std::string text = "usage: sluice -c <file> [options]\n\n";
  bool without_effect = false;
  for (const OptionRow& row : OptionTable()) {
    if (row.set == nullptr && !without_effect) {
      without_effect = true;
      absl::StrAppend(&text, "\nAccepted without effect:\n");
    }
    std::string left =
        absl::StrCat("  ", row.short_name.empty() ? "" : absl::StrCat(row.short_name, ", "),
                     row.name, row.value_name.empty() ? "" : " ", row.value_name);
    left.resize(std::max(left.size() + 2, kColumn), ' ');
    absl::StrAppend(&text, left, row.meaning, "\n");
  }
  return text;
}

}  // namespace sluice
