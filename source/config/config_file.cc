#include "source/config/config_file.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "google/protobuf/stubs/common.h"
#include "source/config/bounded_file.h"
#include "source/config/check_rules.h"
#include "source/config/config_text.h"
#include "source/config/field_scope.h"
#include "source/config/node_to_proto.h"

namespace sluice {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kYamlOption = "--config-yaml";

struct Ending {
  std::string_view text;
  ConfigFormat format;
};

constexpr Ending kEndings[] = {
    {".yaml", ConfigFormat::kYaml},           {".yml", ConfigFormat::kYaml},
    {".json", ConfigFormat::kJson},           {".textproto", ConfigFormat::kTextProto},
    {".prototext", ConfigFormat::kTextProto}, {".pb_text", ConfigFormat::kTextProto},
    {".txtpb", ConfigFormat::kTextProto},     {".pbtxt", ConfigFormat::kTextProto},
    {".pb", ConfigFormat::kBinary},
};

bool IsUtf8(std::string_view text) {
  return google::protobuf::internal::IsStructurallyValidUTF8(text.data(),
                                                             static_cast<int>(text.size()));
}

// The line of the first byte that is not UTF-8; 0 when all are.
int FirstLineThatIsNotUtf8(std::string_view text) {
  if (IsUtf8(text)) return 0;
  int line = 1;
  while (true) {
    size_t end = text.find('\n');
    if (!IsUtf8(text.substr(0, end)) || end == std::string_view::npos) return line;
    text.remove_prefix(end + 1);
    ++line;
  }
}

void ReadBinary(std::string_view text, std::string_view source, google::protobuf::Message& root,
                ConfigErrors& errors) {
  if (root.ParseFromArray(text.data(), static_cast<int>(text.size()))) return;
  errors.AddAt(
      {source, 0}, "",
      absl::StrCat("does not hold a whole ", root.GetDescriptor()->full_name(), " in binary form"),
      "a text proto ends in .textproto or .pb_text");
}

std::optional<ConfigNode> ReadNotation(std::string_view text, ConfigFormat format,
                                       const ConfigLimits& limits, SyntaxError& error) {
  if (format == ConfigFormat::kYaml) return ReadYaml(text, limits, error);
  if (format == ConfigFormat::kJson) return ReadJson(text, limits, error);
  return ReadTextProto(text, limits, error);
}

Notation NotationOf(ConfigFormat format) {
  if (format == ConfigFormat::kYaml) return Notation::kYaml;
  return format == ConfigFormat::kJson ? Notation::kJson : Notation::kTextProto;
}

void ReadFile(const std::string& path, const ConfigLimits& limits, google::protobuf::Message& root,
              SourceLines& lines, ConfigErrors& errors) {
  std::optional<ConfigFormat> format = FormatOfFile(path);
  if (!format) {
    errors.AddAt({path, 0}, "", "the name does not say which format this is",
                 "it must end in .yaml, .yml, .json, .textproto, .pb_text, .prototext, .txtpb or "
                 ".pb");
    return;
  }
  std::string text;
  absl::Status read = ReadBoundedFile(path, limits.file_bytes_max, text);
  if (!read.ok()) {
    errors.AddAt({}, "", read.message());
    return;
  }
  ReadConfigText(text, *format, path, limits, root, lines, errors);
}

// A field that could not be read is not missing too: broken rules around and inside of fields with
// an error already are left out.
void AddUnlessReported(const ConfigErrors& found, ConfigErrors& errors) {
  std::vector<std::string> reported;
  for (const ConfigError& error : errors.errors()) reported.push_back(error.path);
  for (const ConfigError& error : found.errors()) {
    bool known = std::any_of(reported.begin(), reported.end(), [&](const std::string& path) {
      return !path.empty() && (IsWithin(path, error.path) || IsWithin(error.path, path));
    });
    if (!known) errors.AddAt({error.source, error.line}, error.path, error.message, error.hint);
  }
}

}  // namespace

std::optional<ConfigFormat> FormatOfFile(std::string_view path) {
  std::string lower = absl::AsciiStrToLower(path);
  for (const Ending& ending : kEndings) {
    if (absl::EndsWith(lower, ending.text)) return ending.format;
  }
  return std::nullopt;
}

void ReadConfigText(std::string_view text, ConfigFormat format, std::string_view source,
                    const ConfigLimits& limits, google::protobuf::Message& root, SourceLines& lines,
                    ConfigErrors& errors) {
  lines.StartSource(source);
  if (text.size() > limits.file_bytes_max) {
    return errors.AddAt({source, 0}, "",
                        absl::StrCat("is longer than ", limits.file_bytes_max, " bytes"));
  }
  if (format == ConfigFormat::kBinary) {
    if (text.empty()) return errors.AddAt({source, 0}, "", "is empty");
    return ReadBinary(text, source, root, errors);
  }
  text = absl::StripPrefix(text, kByteOrderMark);
  if (absl::StripAsciiWhitespace(text).empty()) return errors.AddAt({source, 0}, "", "is empty");
  if (int line = FirstLineThatIsNotUtf8(text)) {
    return errors.AddAt({source, line}, "", "is not text in UTF-8");
  }
  SyntaxError error;
  std::optional<ConfigNode> node = ReadNotation(text, format, limits, error);
  if (!node) return errors.AddAt({source, error.line}, "", error.message);
  if (node->is_null()) return errors.AddAt({source, 0}, "", "holds no configuration");
  if (!node->is_map()) {
    return errors.AddAt({source, node->line}, "",
                        absl::StrCat("must be a message (", root.GetDescriptor()->name(), "), is ",
                                     Describe(*node)));
  }
  ReadMessage(*node, NotationOf(format), root, FieldScope(errors), &lines);
}

std::vector<LedgerEntry> LoadConfig(const ConfigSources& sources, const ConfigPolicy& policy,
                                    google::protobuf::Message& root, SourceLines& lines,
                                    ConfigErrors& errors) {
  if (sources.path.empty() && sources.yaml.empty()) {
    errors.Add("", "no configuration is given",
               "name a file with -c, or a text with --config-yaml");
    return {};
  }
  if (!sources.path.empty()) ReadFile(sources.path, policy.limits, root, lines, errors);
  if (!sources.yaml.empty()) {
    ReadConfigText(sources.yaml, ConfigFormat::kYaml, kYamlOption, policy.limits, root, lines,
                   errors);
  }
  // A source that could not be read at all says nothing about what is missing.
  bool unreadable = std::any_of(errors.errors().begin(), errors.errors().end(),
                                [](const ConfigError& error) { return error.path.empty(); });
  if (unreadable) return {};
  ConfigErrors broken_rules(&lines);
  CheckRules(root, FieldScope(broken_rules));
  AddUnlessReported(broken_rules, errors);
  errors.StartPhase();
  std::vector<LedgerEntry> ledger = BuildFieldLedger(root, FieldScope(errors), &lines);
  RefuseUnsupported(ledger, policy.unsupported_fields, errors);
  errors.StartPhase();
  return ledger;
}

}  // namespace sluice
