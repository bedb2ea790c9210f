// KubeNode: a place in a YAML document, for reading fields that may be missing. A value.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/config/config_text.h"

namespace control_plane {

class KubeNode {
 public:
  // Nullopt, and why, where it is no YAML.
  static std::optional<KubeNode> Parse(std::string_view yaml, std::string& error) {
    sluice::SyntaxError syntax;
    const auto node = sluice::ReadYaml(yaml, sluice::ConfigLimits(), syntax);
    if (node.has_value()) return KubeNode(*node);
    error = "line " + std::to_string(syntax.line) + " of a document: " + syntax.message;
    return std::nullopt;
  }

  KubeNode() = default;
  explicit KubeNode(const sluice::ConfigNode& node) : text_(node.text) {
    for (const sluice::ConfigNode& item : node.items) items_.emplace_back(item);
    for (const sluice::ConfigEntry& entry : node.entries) {
      fields_[entry.key] = KubeNode(entry.value);
    }
  }

  // An empty one where there is no such field.
  const KubeNode& operator[](const std::string& field) const {
    static const KubeNode none;
    const auto at = fields_.find(field);
    return at == fields_.end() ? none : at->second;
  }
  const std::string& text() const { return text_; }
  const std::vector<KubeNode>& items() const { return items_; }
  const std::map<std::string, KubeNode>& fields() const { return fields_; }

 private:
  std::string text_;
  std::vector<KubeNode> items_;
  std::map<std::string, KubeNode> fields_;
};

}  // namespace control_plane
