#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "source/config/config_node.h"

namespace sluice {

// The three notations a configuration may be written in, each read into ConfigNodes. Pure. Reading
// ends at the first syntax error: no node, and `error` says what and where.

struct SyntaxError {
  int line = 0;
  std::string message;
};

// YAML 1.2: anchors and aliases, one document. A field under the key tag "!ignore" is left out (a
// place for anchors), as in Envoy. A key that stands twice in one map is an error.
std::optional<ConfigNode> ReadYaml(std::string_view text, const ConfigLimits& limits,
                                   SyntaxError& error);

// JSON (RFC 8259). A key that stands twice in one object is an error.
std::optional<ConfigNode> ReadJson(std::string_view text, const ConfigLimits& limits,
                                   SyntaxError& error);

// The text format of protocol buffers. A key may repeat (that is how it writes lists); the name of
// a message inside an Any ("[type.googleapis.com/x.Y]") becomes a key with its brackets.
std::optional<ConfigNode> ReadTextProto(std::string_view text, const ConfigLimits& limits,
                                        SyntaxError& error);

}  // namespace sluice
