#pragma once

#include <string>
#include <string_view>

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "source/config/config_file.h"

namespace sluice {

// One reading of a Bootstrap from a text, as a file of that format would be read.
class Reading {
 public:
  Reading() : errors_(&lines_) {}

  // The text only; no rules, no ledger.
  Reading& Read(ConfigFormat format, std::string_view text, std::string_view source = "f") {
    ReadConfigText(text, format, source, limits, bootstrap, lines_, errors_);
    return *this;
  }
  Reading& Yaml(std::string_view text) { return Read(ConfigFormat::kYaml, text); }
  Reading& Json(std::string_view text) { return Read(ConfigFormat::kJson, text); }
  Reading& Text(std::string_view text) { return Read(ConfigFormat::kTextProto, text); }

  // "" when all was well, else one line per error.
  std::string errors() const { return errors_.ToString(); }
  const SourceLines& lines() const { return lines_; }

  envoy::config::bootstrap::v3::Bootstrap bootstrap;
  ConfigLimits limits;

 private:
  SourceLines lines_;
  ConfigErrors errors_;
};

}  // namespace sluice
