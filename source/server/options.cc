#include "source/server/options.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "source/config/suggest.h"
#include "source/server/option_table.h"
#include "source/server/version.h"

namespace sluice {
namespace {

// Envoy's own is 1; 2 tells a wrong command line from a wrong configuration.
constexpr int kUsageExitCode = 2;

// An argument, with its value taken off when it is written "--name=value".
struct Given {
  std::string_view name;
  std::optional<std::string_view> value;
};

Given Split(std::string_view argument) {
  size_t equals = argument.find('=');
  if (equals == std::string_view::npos) return {argument, std::nullopt};
  return {argument.substr(0, equals), argument.substr(equals + 1)};
}

const OptionRow* Find(std::string_view name) {
  for (const OptionRow& row : OptionTable()) {
    if (name == row.name || (!row.short_name.empty() && name == row.short_name)) return &row;
  }
  return nullptr;
}

class CommandLine {
 public:
  explicit CommandLine(const std::vector<std::string_view>& arguments) : arguments_(arguments) {}

  ParsedOptions Parse() {
    while (next_ < arguments_.size() && !answer_) ReadOne();
    if (answer_) return {std::nullopt, 0, *answer_};
    if (mistakes_.empty() && options_.config_path.empty() && options_.config_yaml.empty()) {
      mistakes_.push_back(
          "no configuration is given; name a file with -c, or a text with "
          "--config-yaml");
    }
    if (mistakes_.empty()) return {std::move(options_), 0, ""};
    return {std::nullopt, kUsageExitCode,
            absl::StrCat(absl::StrJoin(mistakes_, "\n"), "\nsluice --help lists the options\n")};
  }

 private:
  void ReadOne() {
    Given given = Split(arguments_[next_++]);
    const OptionRow* row = Find(given.name);
    if (row == nullptr) return Unknown(given);
    bool twice = std::find(seen_.begin(), seen_.end(), row) != seen_.end();
    if (twice && row->set != nullptr) {
      mistakes_.push_back(absl::StrCat(row->name, " is given twice"));
    }
    seen_.push_back(row);
    std::string_view value;
    if (row->value_name.empty()) {
      if (given.value) return mistakes_.push_back(absl::StrCat(row->name, " takes no value"));
    } else if (given.value) {
      value = *given.value;
    } else if (next_ < arguments_.size()) {
      value = arguments_[next_++];
    } else {
      return mistakes_.push_back(
          absl::StrCat(row->name, " needs a value: ", row->name, " ", row->value_name));
    }
    Apply(*row, value);
  }

  void Apply(const OptionRow& row, std::string_view value) {
    if (row.set == nullptr) {
      options_.without_effect.push_back(absl::StrCat(row.name, ": ", row.meaning));
      return;
    }
    std::string wrong;
    if (row.name == "--help") {
      answer_ = HelpText();
    } else if (row.name == "--version") {
      answer_ = VersionLine() + "\n";
    } else if (!row.set(value, options_, wrong)) {
      mistakes_.push_back(absl::StrCat(row.name, " must be ", wrong, ", is \"", value, "\""));
    }
  }

  void Unknown(const Given& given) {
    if (!given.name.starts_with('-')) {
      return mistakes_.push_back(
          absl::StrCat("\"", given.name, "\" is not an option; a configuration is named with -c"));
    }
    std::vector<std::string_view> names;
    for (const OptionRow& row : OptionTable()) names.push_back(row.name);
    std::string hint = DidYouMean(given.name, names);
    mistakes_.push_back(
        absl::StrCat("unknown option ", given.name, hint.empty() ? "" : "; ", hint));
    // What follows an unknown option is its value more likely than another mistake.
    if (!given.value && next_ < arguments_.size() && !arguments_[next_].starts_with('-')) ++next_;
  }

  const std::vector<std::string_view>& arguments_;
  size_t next_ = 0;
  Options options_;
  std::vector<const OptionRow*> seen_;
  std::vector<std::string> mistakes_;
  std::optional<std::string> answer_;
};

}  // namespace

ParsedOptions ParseOptions(const std::vector<std::string_view>& arguments) {
  return CommandLine(arguments).Parse();
}

std::string VersionLine() { return absl::StrCat("sluice ", kVersion); }

}  // namespace sluice
