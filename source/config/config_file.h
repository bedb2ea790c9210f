#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/message.h"
#include "source/config/config_errors.h"
#include "source/config/config_node.h"
#include "source/config/field_ledger.h"
#include "source/config/source_lines.h"

namespace sluice {

enum class ConfigFormat { kYaml, kJson, kTextProto, kBinary };

// By the end of the file's name: .yaml .yml, .json, .textproto .prototext .pb_text .txtpb .pbtxt,
// .pb. Nullopt for any other.
std::optional<ConfigFormat> FormatOfFile(std::string_view path);

// Where a configuration comes from: a file, a text in YAML (or JSON, which YAML includes), or the
// file with the text merged over it. Empty: not given.
struct ConfigSources {
  std::string path;
  std::string yaml;
};

struct ConfigPolicy {
  UnsupportedFields unsupported_fields = UnsupportedFields::kRefuse;
  ConfigLimits limits;
};

// Reads a static configuration into `root` and judges it: notation, fields, values, the API's
// validation rules, and what of it takes effect. Every mistake of every source goes to `errors`,
// which must have been made with &lines; `root` is to be used only when there was none. Who reads
// `root` further may add errors: those at fields that have one already are left out.
// Returns the ledger of what was set to no effect and is accepted even so, or refused as an error.
std::vector<LedgerEntry> LoadConfig(const ConfigSources& sources, const ConfigPolicy& policy,
                                    google::protobuf::Message& root, SourceLines& lines,
                                    ConfigErrors& errors);

// One text in one format, read into `root` without the judgement. `source` names it in errors.
void ReadConfigText(std::string_view text, ConfigFormat format, std::string_view source,
                    const ConfigLimits& limits, google::protobuf::Message& root, SourceLines& lines,
                    ConfigErrors& errors);

}  // namespace sluice
