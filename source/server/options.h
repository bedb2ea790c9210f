#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/base/log.h"
#include "source/config/field_ledger.h"

namespace sluice {

// The command line as values. Names and meanings are Envoy's; what Sluice adds is
// --unsupported-fields. Const after parsing.
enum class RunMode { kServe, kValidate };

struct Options {
  std::string config_path;
  std::string config_yaml;  // merged over the file
  RunMode mode = RunMode::kServe;
  UnsupportedFields unsupported_fields = UnsupportedFields::kRefuse;

  // Worker threads; unset: as many as the CPUs this process may use.
  std::optional<uint32_t> concurrency;

  LogLevel log_level = LogLevel::kInfo;
  std::vector<std::pair<LogComponent, LogLevel>> component_log_levels;
  std::string log_path;  // empty: stderr

  // These replace what the bootstrap's node says.
  std::string service_node;
  std::string service_cluster;
  std::string service_zone;

  std::chrono::seconds drain_time{600};
  bool drain_at_once = false;

  // Where the admin listener's address is written once it is bound; empty: nowhere.
  std::string admin_address_path;

  // What was given and does nothing: "--base-id: there is no hot restart". Said at start.
  std::vector<std::string> without_effect;
};

// What comes of a command line: options to run with, or a text to print and an exit code (--help
// and --version: 0, to stdout; a mistake: 2, to stderr, one line per mistake).
struct ParsedOptions {
  std::optional<Options> options;
  int exit_code = 0;
  std::string text;
};

// `arguments` without the program's name. Every mistake is reported, not only the first.
ParsedOptions ParseOptions(const std::vector<std::string_view>& arguments);

// "sluice 0.1.0": what --version prints, without the newline.
std::string VersionLine();

}  // namespace sluice
