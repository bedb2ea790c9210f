#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sluice {

struct ConfigEntry;

// What a configuration file says, before anyone asks what it means: scalars, lists and maps with
// the line each stands on. YAML, JSON and text protos all become this, so that one reader
// (node_to_proto.h) fills messages and words the errors for all of them.
struct ConfigNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  // kPlain: 5, true, AUTO, and in YAML any text without quotes. kQuoted: "5", always a string.
  enum class Quote { kPlain, kQuoted };

  Kind kind = Kind::kNull;
  Quote quote = Quote::kPlain;
  int line = 0;
  std::string text;                  // of a scalar, escapes resolved
  std::vector<ConfigNode> items;     // of a list
  std::vector<ConfigEntry> entries;  // of a map, in file order; keys may repeat

  bool is_null() const { return kind == Kind::kNull; }
  bool is_scalar() const { return kind == Kind::kScalar; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_map() const { return kind == Kind::kMap; }
  bool is_plain() const { return kind == Kind::kScalar && quote == Quote::kPlain; }
};

struct ConfigEntry {
  std::string key;
  int line = 0;
  ConfigNode value;
};

// What no configuration file exceeds. A YAML alias costs as many nodes as what it stands for.
struct ConfigLimits {
  // A fleet of 10,000 clusters with 10 endpoints each, in YAML, is about 20 MB.
  size_t file_bytes_max = 64 << 20;
  size_t nodes_max = 4'000'000;
  // Envoy's deepest configurations nest about 40 levels.
  int depth_max = 100;
};

}  // namespace sluice
