#include "source/server/admin/runtime_page.h"

#include <string>
#include <utility>

#include "absl/container/btree_set.h"
#include "absl/strings/str_cat.h"
#include "source/base/json_text.h"

namespace sluice {
namespace {

void AddEntry(const std::string& key, const std::vector<RuntimeLayerFacts>& layers,
              std::string& out) {
  std::string final_value;
  AppendJsonString(key, out);
  out += ": {\n   \"layer_values\": [";
  for (size_t i = 0; i < layers.size(); ++i) {
    const auto at = layers[i].values.find(key);
    const std::string value = at == layers[i].values.end() ? "" : at->second;
    if (!value.empty()) final_value = value;
    if (i > 0) out += ", ";
    AppendJsonString(value, out);
  }
  out += "],\n   \"final_value\": ";
  AppendJsonString(final_value, out);
  out += "\n  }";
}

}  // namespace

AdminResponse RuntimePage(const std::vector<RuntimeLayerFacts>& layers) {
  AdminResponse response{200, AdminResponse::kJson, "{\n \"layers\": ["};
  absl::btree_set<std::string> keys;
  for (size_t i = 0; i < layers.size(); ++i) {
    if (i > 0) response.body += ", ";
    AppendJsonString(layers[i].name, response.body);
    for (const auto& [key, value] : layers[i].values) keys.insert(key);
  }
  response.body += "],\n \"entries\": {";
  const char* between = "\n  ";
  for (const std::string& key : keys) {
    response.body += std::exchange(between, ",\n  ");
    AddEntry(key, layers, response.body);
  }
  response.body += "\n }\n}\n";
  return response;
}

AdminResponse ModifyRuntime(const AdminView& view, const AdminQuery& query) {
  if (query.parameters().empty()) {
    return {400, AdminResponse::kText,
            "usage: /runtime_modify?key1=value1&key2=value2&keyN=valueN\n"
            "use an empty value to remove a previously added override\n"};
  }
  const absl::Status status = view.modify_runtime(query.parameters());
  if (!status.ok()) return {503, AdminResponse::kText, absl::StrCat(status.message(), "\n")};
  return {200, AdminResponse::kText, "OK\n"};
}

}  // namespace sluice
